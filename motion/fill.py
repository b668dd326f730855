"""Colours for what the camera uncovered, grown from the pixels round the hole."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

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
