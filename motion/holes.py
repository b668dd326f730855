"""What the camera uncovered: colours for it, grown from the pixels around it, and how deep a pixel lies in it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d

# How fast a pixel of the next coarser level counts as known: 1 would fade holes to the picture's mean colour,
# 4 would draw what lies nearest out into patches.
_TRUST = 2.0


def fill(picture: Tensor, coverage: Tensor) -> Tensor:
    """The `picture` (B, C, H, W) with its holes filled smoothly, on its device: (B, C, H, W).

    Push-pull (Gortler et al. 1996, "The Lumigraph", section 3.4.3): the covered pixels are averaged to ever
    coarser pictures, until none has a hole; then each level's holes are filled from the coarser one, enlarged.
    The result is smooth and without direction: no streaks, nothing repeated. It is a start for painting, not a
    picture.

    Convention: `coverage` (B, 1, H, W) in [0, 1], as in `Warped`. Where it is 1 the pixel comes back bit for
    bit; between 0 and 1 it is mixed with the filling by its share. Values stay within the range of the
    picture's own. A picture without any coverage becomes its mean colour.

    Raises ValueError where the shapes do not belong together.
    """
    if picture.dim() != 4 or coverage.shape != (len(picture), 1, *picture.shape[2:]):
        shapes = f"{tuple(picture.shape)} and {tuple(coverage.shape)}"
        raise ValueError(f"a picture (B, C, H, W) is filled by a coverage (B, 1, H, W), got {shapes}")
    color, weight = picture * coverage, coverage
    levels = []
    while max(color.shape[2:]) > 1:
        levels.append((color, weight))
        color, weight = _coarser(color, weight)
    mean = picture.mean((2, 3), keepdim=True)
    filled = torch.where(weight > 0, color / weight.clamp(min=1e-12), mean)
    for color, weight in reversed(levels):
        larger = interpolate(filled, color.shape[2:], mode="bilinear", align_corners=False)
        filled = color + (1 - weight) * larger
    return filled


def _coarser(color: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Colours, already times their weights, and weights at half the size, rounded up."""
    mean = avg_pool2d(weight, 2, ceil_mode=True)
    trusted = (_TRUST * mean).clamp(max=1)
    return avg_pool2d(color, 2, ceil_mode=True) * (trusted / mean.clamp(min=1e-12)), trusted


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
