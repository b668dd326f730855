"""How deep a pixel lies in what the camera uncovered."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d


def hole_depth(coverage: Tensor, *, reach: int, feather: int) -> Tensor:
    """How much of each pixel must be repainted: (B, 1, H, W) in [0, 1], on the coverage's device.

    Neighbours say a lot about a pixel at the edge of a hole and nothing about one deep inside. So the share rises
    into the hole, from 0 at its edge to 1 `reach` pixels in, and a move that uncovers little asks for little: a strip
    of a quarter of a pixel counts a quarter of a pixel. Outside the hole the share falls off within `feather` pixels.

    Convention: `coverage` (B, 1, H, W) in [0, 1], as in `Warped`. Distances are counted in steps to any of the
    eight neighbours (Chebyshev). What lies beyond the picture is not known either.

    How: the coverage is dilated by one pixel, `reach` times; a pixel's depth is what was missing at it, summed.

    Raises ValueError for a reach below 1 or a feather below 0.
    """
    if reach < 1 or feather < 0:
        raise ValueError(
            f"reach is {reach} and feather {feather}; allowed are 1 or more and 0 or more pixels"
        )
    missing = torch.zeros_like(coverage)
    known = coverage
    for step in range(reach):
        known = known if step == 0 else _grown(known)
        missing += 1 - known
    share = missing / reach
    for _ in range(feather):
        share = torch.maximum(share, _grown(share) - 1 / (feather + 1))
    return share


def _grown(plane: Tensor) -> Tensor:
    """Each pixel the largest of itself and its eight neighbours."""
    return max_pool2d(plane, 3, stride=1, padding=1)
