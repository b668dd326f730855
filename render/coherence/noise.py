"""Grain for the diffusion model to turn into detail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from render.coherence.randomness import generator

Noise = Literal["normal", "perlin"]
NOISES: tuple[Noise, ...] = get_args(Noise)


def add_noise(
    picture: Tensor,
    *,
    kind: Noise,
    amount: float,
    seeds: Sequence[int],
    frame: int,
    octaves: int = 4,
    persistence: float = 0.5,
    cells: int = 8,
) -> Tensor:
    """Add zero-mean noise of standard deviation `amount` to `picture` (B, 3, H, W), then cut to [0, 1].

    Convention: `amount` in picture units, 0.02 is about 5 of 255 grey levels; 0 returns the same tensor.
    `seeds` has one number for each picture. The noise depends on seed, frame, kind and size alone.

    Deforum blends with a grey noise image instead, `(1 - a) * picture + a * image`, which also fades the
    picture toward grey. Its noise image has a standard deviation of 0.36 ("uniform", which is normal) or
    0.24 ("perlin"), so its `noise` value a corresponds to an `amount` of 0.36 a or 0.24 a.

    Raises ValueError for what `make_noise` refuses, a negative amount, and a number of seeds that is not
    the number of pictures.
    """
    if not amount >= 0:
        raise ValueError(f"noise is a standard deviation of 0 or more, e.g. 0.02; got {amount}")
    if amount == 0:
        return picture
    if len(seeds) != len(picture):
        raise ValueError(f"{len(picture)} pictures need {len(picture)} seeds, got {len(seeds)}")
    size = (picture.shape[-1], picture.shape[-2])
    noise = make_noise(
        kind, seeds=seeds, frame=frame, size=size, octaves=octaves, persistence=persistence, cells=cells
    )
    noise = noise.to(picture.device, picture.dtype, non_blocking=True)
    return torch.add(picture, noise, alpha=amount).clamp_(0, 1)


def make_noise(
    kind: Noise,
    *,
    seeds: Sequence[int],
    frame: int,
    size: tuple[int, int],
    octaves: int = 4,
    persistence: float = 0.5,
    cells: int = 8,
) -> Tensor:
    """Noise of mean 0 and standard deviation 1 in every channel: (B, 3, H, W), float32, on the CPU.

    `normal` is white. `perlin` is white noise under a Perlin field, `white * (field + 1) / 2`: grain that
    is strong in some places and weak in others, as Deforum has it. Both are centred and scaled per channel,
    so that a thousand frames of noise neither brighten nor darken.

    Convention: `size` is (width, height). For `octaves`, `persistence`, `cells` see `perlin_field`.
    Raises ValueError for an unknown kind, octaves or cells below 1, or a persistence that is not above 0.
    """
    if kind not in NOISES:
        raise ValueError(f"noise kind {kind!r} is not known; it is one of {', '.join(NOISES)}")
    width, height = size
    sources = [generator(seed, frame, f"noise/{kind}") for seed in seeds]
    noise = torch.stack([torch.randn(3, height, width, generator=source) for source in sources])
    if kind == "perlin":
        fields = [perlin_field(source, size, octaves, persistence, cells) for source in sources]
        noise *= torch.stack(fields).add_(1).mul_(0.5).unsqueeze(1)
    noise -= noise.mean((-2, -1), keepdim=True)
    spread = noise.square().mean((-2, -1), keepdim=True).sqrt_()  # std() is 25 times slower on the CPU
    return noise.div_(spread.clamp(min=1e-6))  # one pixel alone has no spread, and no noise


def perlin_field(
    source: torch.Generator, size: tuple[int, int], octaves: int, persistence: float, cells: int
) -> Tensor:
    """Perlin noise summed over octaves, sum of persistence^o * sqrt(2) * perlin_o: (H, W), float32, on the
    CPU.

    Ken Perlin, "Improving Noise" (SIGGRAPH 2002): gradients of length 1 on a lattice, faded by
    6 t^5 - 15 t^4 + 10 t^3; sqrt(2) brings one octave to [-1, 1].

    Convention: `size` is (width, height); `cells` lattice cells along the shorter side in the first octave,
    twice as many in each next one. Cells are square and need not divide the size. Pixel i lies at (i +
    0.5).

    How: the fade weights are a product of one of x and one of y, and so is each half of the gradient's dot
    product. A whole octave is two pairs of matrix products.
    """
    if octaves < 1 or cells < 1 or not persistence > 0:
        raise ValueError(
            f"Perlin noise needs octaves >= 1, cells >= 1 and persistence > 0, "
            f"got {octaves}, {cells} and {persistence}; usual are 4, 8 and 0.5"
        )
    width, height = size
    field = torch.zeros(height, width)
    for octave in range(octaves):
        cell = min(size) / (cells * 2**octave)
        near_x, slope_x = _lattice(width, cell)
        near_y, slope_y = _lattice(height, cell)
        angle = torch.rand(near_y.shape[1], near_x.shape[1], generator=source) * (2 * math.pi)
        octave_field = near_y @ angle.cos() @ slope_x.T + slope_y @ angle.sin() @ near_x.T
        field += octave_field * (math.sqrt(2) * persistence**octave)
    return field


def _lattice(length: int, cell: float) -> tuple[Tensor, Tensor]:
    """The weight of each lattice point for each pixel, and the weight times the distance: (length,
    points)."""
    at = (torch.arange(length, dtype=torch.float64) + 0.5) / cell
    points = torch.arange(int(length / cell) + 2, dtype=torch.float64)
    distance = at[:, None] - points
    t = (1 - distance.abs()).clamp(0, 1)
    weight = t**3 * (t * (t * 6 - 15) + 10)
    return weight.float(), (weight * distance).float()
