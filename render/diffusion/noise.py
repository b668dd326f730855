"""Noise as a function of a frame's seed: drawn on the CPU, so that all devices get the same."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from render.coherence.randomness import generator

START, STEPS = "diffusion start", "diffusion steps"


def start_noise(seeds: Sequence[int], shape: Sequence[int]) -> Tensor:
    """Return normal noise (B, *shape), float32, on the CPU: row b depends on seeds[b] alone.

    A frame's seed is resolved before (`seed_behavior`): with a fixed one, every frame gets the same noise.
    """
    return torch.stack([torch.randn(tuple(shape), generator=generator(seed, 0, START)) for seed in seeds])


def travelled_noise(
    seeds: Sequence[int], others: Sequence[int], shares: Sequence[float], shape: Sequence[int]
) -> Tensor:
    """Return noise (B, *shape) on the way from that of seeds[b] to that of others[b]: shares[b] of it, 0 to 1.

    The way is the great circle through both (slerp: Shoemake, "Animating rotation with quaternion curves",
    SIGGRAPH 1985), so that what is between them is as strong as they are; a straight line would be 0.7 times as
    strong half way, and paint mud.
    """
    from_, to = start_noise(seeds, shape), start_noise(others, shape)
    pairs = zip(from_, to, shares, strict=True)
    return torch.stack([_slerp(a.double(), b.double(), share).float() for a, b, share in pairs])


def _slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    between = (a.flatten() @ b.flatten()) / (a.norm() * b.norm())
    angle = torch.arccos(between.clamp(-1.0, 1.0))
    if angle < 1e-4:  # the same noise
        return a + (b - a) * share
    return (torch.sin((1.0 - share) * angle) * a + torch.sin(share * angle) * b) / torch.sin(angle)


def step_generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """Return one generator for each chain, for samplers which add noise at each step."""
    return [generator(seed, 0, STEPS) for seed in seeds]
