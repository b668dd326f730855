"""Pictures between two pictures, by optical flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from projects.png import Picture

if TYPE_CHECKING:
    from torch import Tensor


def pictures_between(first: Picture, second: Picture, shares: list[float]) -> Iterator[Picture]:
    """The pictures at `shares` (0 to 1) of the way from `first` to `second`, uint8 (H, W, 3).

    What both show moves along its flow; what only one of them shows is taken from that one. The flow as seen from
    between is put together from the flows there and back: Jiang et al., "Super SloMo" (CVPR 2018), eq. 4.
    """
    inner = [share for share in shares if share > 0]
    if not inner or (first == second).all():
        yield from (first for _ in shares)
        return
    import torch

    from motion.optical_flow import SMALLEST, consistent, optical_flow

    from ..tensors import to_picture, to_tensor

    device = torch.device("cpu")
    a, b = to_tensor(first, device), to_tensor(second, device)
    if min(a.shape[-2:]) < SMALLEST:  # too small for a search
        yield from (first if share == 0 else to_picture(a + (b - a) * share) for share in shares)
        return
    with torch.inference_mode():
        there, back = optical_flow(a, b), optical_flow(b, a)
        trusted = consistent(there, back, blur=1), consistent(back, there, blur=1)
        for share in shares:
            if share == 0:
                yield first
            else:
                yield to_picture(_mixed((a, b), (there, back), trusted, share))


def _mixed(
    ends: tuple[Tensor, Tensor], flows: tuple[Tensor, Tensor], trusted: tuple[Tensor, Tensor], share: float
) -> Tensor:
    """(1, 3, H, W): both ends, moved to the moment `share` and mixed by how near and how trusted they are."""
    import torch

    from motion.optical_flow import along

    rest, (there, back) = 1.0 - share, flows
    paths = (
        share * share * back - rest * share * there,  # from the moment back to the first
        rest * rest * there - share * rest * back,  # and on to the second
    )
    total, weights = torch.zeros_like(ends[0]), torch.full_like(trusted[0], 1e-6)
    for end, path, trust, near in zip(ends, paths, trusted, (rest, share), strict=True):
        weight = near * (0.05 + along(trust, path).picture)
        total += weight * along(end, path).picture
        weights += weight
    return total / weights
