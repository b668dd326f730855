"""RAFT without torchvision: what a network is shown, what becomes of its answer, what is said where it is not here."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import pytest
import torch
from torch import Tensor

from motion import optical_flow
from motion.optical_flow import flow_by


class Still:
    """A network that answers with each pixel's own place, and keeps what it was shown."""

    def __init__(self) -> None:
        self.shown: tuple[Tensor, ...] = ()

    def __call__(self, first: Tensor, second: Tensor) -> Sequence[Tensor]:
        self.shown = (first, second)
        y, x = torch.meshgrid(*(torch.arange(float(side)) for side in first.shape[-2:]), indexing="ij")
        flow = torch.stack((x, y)).expand(len(first), -1, -1, -1)
        return [flow * 0, flow]


@pytest.mark.parametrize(("height", "width"), [(128, 136), (130, 257), (64, 200), (16, 16)])
def test_pictures_are_shown_as_raft_wants_them(height: int, width: int) -> None:
    network, picture = Still(), torch.rand(2, 3, height, width)
    found = flow_by(network, picture, 1 - picture)
    first, second = network.shown
    assert first.shape == second.shape
    assert all(side % 8 == 0 and side >= 128 for side in first.shape[-2:])
    assert found.shape == (2, 2, height, width)
    left, top = int(found[0, 0, 0, 0]), int(found[0, 1, 0, 0])
    assert float(found[0, 0, 0, -1]) == left + width - 1, "the flow of the very pixels of the picture"
    seen = first[..., top : top + height, left : left + width]
    torch.testing.assert_close(seen, picture * 2 - 1)
    torch.testing.assert_close(second, -first)
    assert torch.equal(first[..., :1, left], first[..., top : top + 1, left]), "the edge is repeated"


def test_grey_pictures_are_shown_as_three_channels() -> None:
    network = Still()
    flow_by(network, torch.rand(1, 1, 128, 128), torch.rand(1, 1, 128, 128))
    assert network.shown[0].shape == (1, 3, 128, 128)


@pytest.mark.skipif(find_spec("torchvision") is not None, reason="torchvision is installed")
def test_without_its_package() -> None:
    with pytest.raises(ImportError, match="torchvision"):
        optical_flow(torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128), method="raft")
