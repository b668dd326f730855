"""RAFT: optical flow by a network, as torchvision has it (an optional extra: `pip install "reverie[raft]"`).

Teed and Deng, RAFT: Recurrent All-Pairs Field Transforms for Optical Flow, ECCV 2020. Its weights are torchvision's,
which fetches them to torch's own cache; here they are only read, and only as plain tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

WEIGHTS = "raft_large_C_T_SKHT_V2-ff5fadd5.pth"  # torchvision's Raft_Large_Weights.C_T_SKHT_V2
UPDATES = 32  # as often as it was asked when its error was measured
SMALLEST, MULTIPLE = 128, 8

Network = Callable[[Tensor, Tensor], Sequence[Tensor]]


def raft_flow(first: Tensor, second: Tensor) -> Tensor:
    """The flow from `first` to `second`, both (B, 3, H, W) or (B, 1, H, W) in [0, 1]: (B, 2, H, W), float32.

    Convention: as `optical_flow`. Memory grows with the square of the pixels: 1 GiB for 1024 x 1024.
    Raises ImportError without torchvision, OSError without its weights.
    """
    with torch.no_grad():
        return flow_by(_network(str(first.device)), first, second)


def flow_by(network: Network, first: Tensor, second: Tensor) -> Tensor:
    """The last of a network's flows. It gets pictures in [-1, 1] whose sides are 128 pixels at least and multiples of
    8; the edge is repeated up to that, on both sides alike.
    """
    height, width = first.shape[-2:]
    below, across = _missing(height), _missing(width)
    left, top = across // 2, below // 2
    shown = [
        pad(
            picture.float().expand(-1, 3, -1, -1) * 2 - 1,
            (left, across - left, top, below - top),
            "replicate",
        )
        for picture in (first, second)
    ]
    return network(*shown)[-1][..., top : top + height, left : left + width].float().contiguous()


def _missing(side: int) -> int:
    wanted = max(SMALLEST, -(-side // MULTIPLE) * MULTIPLE)
    return wanted - side


@lru_cache(maxsize=1)
def _network(device: str) -> Network:
    """RAFT (large) on a device, loaded once."""
    from torchvision.models.optical_flow import raft_large

    weights = Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS
    model: Any = raft_large(weights=None)
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return partial(model.to(device).eval(), num_flow_updates=UPDATES)
