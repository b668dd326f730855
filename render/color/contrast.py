"""Contrast and sharpness: what many passes through a model wear away."""

from __future__ import annotations

import torch
from kornia.filters import gaussian_blur2d
from torch import Tensor


def adjust_contrast(picture: Tensor, amount: float, *, pivot: float = 0.5) -> Tensor:
    """`(picture - pivot) * amount + pivot`, cut to [0, 1]. `picture` (B, 3, H, W); `amount` 1 returns the
    same tensor.

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


def unsharp(
    picture: Tensor, *, amount: float, kernel: int = 5, sigma: float = 1.0, threshold: float = 0.0
) -> Tensor:
    """Sharpen by adding `amount` times what a Gaussian blur takes away, cut to [0, 1].

    `picture + amount * (picture - blur)` wherever `|picture - blur| >= threshold`, else the picture, each
    channel by itself: Deforum's anti-blur. `picture` (B, 3, H, W); `amount` 0 returns the same tensor.

    Convention: `kernel` is the side of the Gaussian in pixels; it has a middle pixel, so an even one becomes the next
    odd one. `sigma` in pixels; `threshold` in [0,
    1] (Deforum counts it in grey levels, 255 times as many). Beyond the picture its edge pixels go on.

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
