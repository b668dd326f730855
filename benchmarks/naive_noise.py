"""Perlin grain as it is usually written: the gradients of a lattice repeated over the pixels of its cells."""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from torch import Tensor

from projects import Picture

_OCTAVES, _PERSISTENCE, _CELLS = 4, 0.5, 8


def noisy(picture: Picture, amount: float, seed: int) -> Picture:
    """`picture` (H, W, 3) blended with a grey image of white noise under a Perlin field, on the CPU and in 8 bits."""
    height, width = picture.shape[:2]
    torch.manual_seed(seed)
    white = torch.randn(3, height, width)
    field = sum(
        (_octave(height, width, _CELLS * 2**octave) * _PERSISTENCE**octave for octave in range(_OCTAVES)),
        torch.zeros(height, width),
    )
    grain = (white * ((field + torch.ones(height, width)) / 2)).permute(1, 2, 0).numpy()
    image = ((grain * 0.5 + 0.5).clip(0, 1) * 255).astype(np.uint8)
    return np.asarray(cv2.addWeighted(picture, 1 - amount, image, amount, 0), np.uint8)


def _octave(height: int, width: int, cells: int) -> Tensor:
    """One octave; the sides are multiples of `cells`."""
    steps = torch.meshgrid(
        torch.arange(0, cells, cells / height)[:height],
        torch.arange(0, cells, cells / width)[:width],
        indexing="ij",
    )
    grid = torch.stack(steps, -1) % 1
    angles = 2 * math.pi * torch.rand(cells + 1, cells + 1)
    gradients = torch.stack((angles.cos(), angles.sin()), -1)

    def dot(down: int, across: int) -> Tensor:
        part = gradients[down : cells + down, across : cells + across]
        tiled = part.repeat_interleave(height // cells, 0).repeat_interleave(width // cells, 1)
        return ((grid - torch.tensor([down, across])) * tiled).sum(-1)

    fade = 6 * grid**5 - 15 * grid**4 + 10 * grid**3
    above = torch.lerp(dot(0, 0), dot(1, 0), fade[..., 0])
    below = torch.lerp(dot(0, 1), dot(1, 1), fade[..., 0])
    return math.sqrt(2) * torch.lerp(above, below, fade[..., 1])
