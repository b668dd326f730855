"""Keeping how much fine detail a film has: giving one picture as much of it as another.

Many passes through a model pile detail up or wear it away, and the colours of a picture say nothing of it. So its
brightness is taken apart into bands, differences of Gaussian blurs (Burt and Adelson, "The Laplacian Pyramid as a
Compact Image Code", 1983, without the halving), and each band's root mean square is brought to the reference's.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from kornia.filters import gaussian_blur2d
from torch import Tensor

# widths of the blurs in pixels: the finest band is what the first takes away
SIGMAS = (1.0, 2.0, 4.0)
_LUMA = (0.2126, 0.7152, 0.0722)  # Rec. 709
_LEAST = 0.5 / 255
_MOST = 2.0


def detail_of(picture: Tensor) -> Tensor:
    """Root mean square of each band of the brightness of `picture` (B, 3, H, W), RGB in [0, 1].

    Returns (B, 3), the finest band first.
    """
    return _size(_bands(picture))


def match_detail(picture: Tensor, goal: Tensor, *, amount: float = 1.0) -> Tensor:
    """Give `picture` (B, 3, H, W) as much detail in each band as `goal` (B or 1, 3), of `detail_of`, cut to [0, 1].

    What a band's brightness gains or loses is added to all three channels, so colours stay. A gain lies between a
    half and two, and a band counts as no less than half a grey level, so that noise is not blown up.

    Convention: RGB in [0, 1] in and out. `amount` in [0, 1] is the share of the change; 0 returns the same tensor.

    Raises ValueError for an amount outside [0, 1].
    """
    if not 0 <= amount <= 1:
        raise ValueError(f"amount is a share from 0 (as it is) to 1 (matched), got {amount}")
    if amount == 0:
        return picture
    bands = _bands(picture)
    own, goal = _size(bands).clamp(min=_LEAST), goal.to(picture).clamp(min=_LEAST)
    gains = (goal / own).clamp(1 / _MOST, _MOST) - 1
    change = (bands * gains[:, :, None, None]).sum(1, keepdim=True)
    return torch.add(picture, change, alpha=amount).clamp_(0, 1)


def _size(bands: Tensor) -> Tensor:
    return bands.square().mean((2, 3)).sqrt()


def _bands(picture: Tensor) -> Tensor:
    """What each blur takes away from the one before, of the brightness: (B, 3, H, W), finest first."""
    red, green, blue = picture.unbind(1)
    levels = [(_LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue).unsqueeze(1)]
    for sigma in SIGMAS:
        side = 2 * round(3 * sigma) + 1
        levels.append(gaussian_blur2d(levels[0], (side, side), (sigma, sigma), border_type="replicate"))
    return torch.cat([fine - coarse for fine, coarse in pairwise(levels)], 1)
