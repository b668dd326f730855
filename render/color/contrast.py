"""Contrast, colourfulness, sharpness and detail: what many passes through a model wear away, or pile up.

The colours of a picture say nothing of its detail. So its brightness is taken apart into bands, differences of Gaussian
blurs (Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983, without the halving), and each band's
root mean square is brought to the reference's.
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


def adjust_contrast(picture: Tensor, amount: float, *, pivot: float = 0.5) -> Tensor:
    """`(picture - pivot) * amount + pivot`, cut to [0, 1], for `picture` (B, 3, H, W); 1 returns the same tensor.

    Convention: `amount` is a factor: above 1 spreads tones away from `pivot`, below 1 draws them to it, 0
    leaves flat `pivot`. The default keeps middle grey where it is. Deforum multiplies the picture, which
    also makes it brighter or darker: that is `pivot=0`.

    Raises ValueError for a negative amount (it would give the negative of the picture) and for NaN.
    """
    if not amount >= 0:
        raise ValueError(f"contrast is a factor of 0 or more, e.g. 1.0 (as it is) or 1.05; got {amount}")
    if amount == 1:
        return picture
    return (picture - pivot).mul_(amount).add_(pivot).clamp_(0, 1)


def saturate(picture: Tensor, amount: float) -> Tensor:
    """`luma + amount * (picture - luma)`, cut to [0, 1], for `picture` (B, 3, H, W); 1 returns the same tensor.

    Raises ValueError for a negative amount and for NaN.
    """
    if not amount >= 0:
        raise ValueError(f"saturation is a factor of 0 or more, e.g. 1.0 (as it is) or 1.1; got {amount}")
    if amount == 1:
        return picture
    grey = (picture * picture.new_tensor(_LUMA).view(3, 1, 1)).sum(1, keepdim=True)
    return torch.lerp(grey.expand_as(picture), picture, amount).clamp_(0, 1)


def unsharp(
    picture: Tensor, *, amount: float, kernel: int = 5, sigma: float = 1.0, threshold: float = 0.0
) -> Tensor:
    """Sharpen by adding `amount` times what a Gaussian blur takes away, cut to [0, 1].

    `picture + amount * (picture - blur)` wherever `|picture - blur| >= threshold`, else the picture, each
    channel by itself: Deforum's anti-blur. `picture` (B, 3, H, W); `amount` 0 returns the same tensor.

    Convention: `kernel` is the side of the Gaussian in pixels; it has a middle pixel, so an even one becomes the next
    odd one. `sigma` in pixels; `threshold` in [0, 1] (Deforum counts it in grey levels). Beyond the picture its edge
    pixels continue.

    Raises ValueError for a negative amount, a kernel below 1, or a sigma that is not above 0.
    """
    if not amount >= 0:
        raise ValueError(f"sharpening is 0 or more, e.g. 0.35; got {amount}")
    if kernel < 1:
        raise ValueError(f"the kernel is a width of 1 pixel or more, e.g. 5; got {kernel}")
    if not sigma > 0:
        raise ValueError(f"sigma is a width above 0 in pixels, e.g. 1.0; got {sigma}")
    if amount == 0:
        return picture
    side = kernel | 1
    lost = picture - gaussian_blur2d(picture, (side, side), (sigma, sigma), border_type="replicate")
    if threshold > 0:
        lost *= lost.abs() >= threshold
    return torch.add(picture, lost, alpha=amount).clamp_(0, 1)


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
