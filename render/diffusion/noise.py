"""Noise as a function of a frame's seed: drawn on the CPU, so that all devices get the same."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from render.diffusion.job import Travel
from render.randomness import generator

START, STEPS = "diffusion start", "diffusion steps"


def start_noise(seed: int, shape: Sequence[int]) -> Tensor:
    """Return normal noise (1, *shape), float32, on the CPU."""
    return torch.randn(tuple(shape), generator=generator(seed, 0, START))[None]


def travelled_noise(seed: int, travel: Travel, shape: Sequence[int]) -> Tensor:
    """Return noise (1, *shape) on the way from the seed's noise to that of `travel`.

    The way is the great circle through both (slerp: Shoemake, "Animating rotation with quaternion curves",
    SIGGRAPH 1985), so that the noise between them is as strong as they are. On a straight line it would be 0.7 times
    as strong half way, and paint mud.
    """
    start, end = start_noise(seed, shape), start_noise(travel.seed, shape)
    return _slerp(start.double(), end.double(), travel.share).float()


def _slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    between = (a.flatten() @ b.flatten()) / (a.norm() * b.norm())
    angle = torch.arccos(between.clamp(-1.0, 1.0))
    if angle < 1e-4:  # the same noise
        return a + (b - a) * share
    return (torch.sin((1.0 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)


def step_generator(seed: int) -> torch.Generator:
    """Return the generator for samplers that add noise at each step."""
    return generator(seed, 0, STEPS)
