"""What pictures are pulled by: how far they are from a text, and how rough, out of range or unlike another they are.

Pictures are (B, 3, H, W), RGB in [-1, 1]; a loss is (B,), a number for each of them. All but the pyramid are those of
Disco Diffusion 5.7 (and of Crowson's notebooks before it), so that its scales mean what they meant.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

_FINEST, _COARSEST = 1, 16  # sides in pixels of what the pyramid compares
_FARTHEST = 1 - 1e-6  # opposite directions have no gradient


def spherical(pictures: Tensor, texts: Tensor) -> Tensor:
    """Half the squared angle between unit vectors (..., D): 0 for the same, pi^2 / 2 for opposite ones.

    2 asin(|u - v| / 2)^2, as the chord between them is 2 sin(angle / 2).
    """
    half = (pictures - texts).norm(dim=-1) / 2
    return 2 * torch.asin(half.clamp(max=_FARTHEST)).square()


def total_variation(pictures: Tensor) -> Tensor:
    """Mean squared difference of neighbours, across and down (the L2 form, as in Mahendran & Vedaldi 2015,
    arXiv:1412.0035)."""
    wider = pad(pictures, (0, 1, 0, 1), mode="replicate")
    across = wider[..., :-1, 1:] - wider[..., :-1, :-1]
    down = wider[..., 1:, :-1] - wider[..., :-1, :-1]
    return (across.square() + down.square()).mean((1, 2, 3))


def out_of_range(pictures: Tensor) -> Tensor:
    """Mean square of what is beyond [-1, 1]."""
    return (pictures - pictures.clamp(-1, 1)).square().mean((1, 2, 3))


def saturation(pictures: Tensor) -> Tensor:
    """Mean of what is beyond [-1, 1]."""
    return (pictures - pictures.clamp(-1, 1)).abs().mean((1, 2, 3))


def unlike(pictures: Tensor, others: Tensor) -> Tensor:
    """Mean squared difference, as means of squares of 1, 2, 4, 8 and 16 pixels, averaged: coarse differences count
    at each size, fine ones once. It stands where Disco Diffusion has LPIPS, a network of its own.
    """
    difference, side = pictures - others, _FINEST
    sizes = []
    while side <= min(_COARSEST, *pictures.shape[-2:]):
        sizes.append(avg_pool2d(difference, side).square().mean((1, 2, 3)))
        side *= 2
    return torch.stack(sizes).mean(0)
