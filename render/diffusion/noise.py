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


def step_generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """Return one generator for each chain, for samplers which add noise at each step."""
    return [generator(seed, 0, STEPS) for seed in seeds]
