"""Noise as a function of seed and frame: drawn on the CPU, so that all devices get the same."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from render.coherence.randomness import generator

START, STEPS = "diffusion start", "diffusion steps"


def start_noise(seeds: Sequence[int], frame: int, shape: Sequence[int]) -> Tensor:
    """Return normal noise (B, *shape), float32, on the CPU: row b depends on seeds[b] and the frame only."""
    return torch.stack([torch.randn(tuple(shape), generator=generator(seed, frame, START)) for seed in seeds])


def step_generators(seeds: Sequence[int], frame: int) -> list[torch.Generator]:
    """Return one generator for each chain, for samplers which add noise at each step."""
    return [generator(seed, frame, STEPS) for seed in seeds]
