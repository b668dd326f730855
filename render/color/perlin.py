"""Perlin's field: smooth noise with hills of several sizes."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

_BAND = 32  # rows of pixels


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
    product. So the lattices' rows are first brought to each x, two points a pixel; then all octaves together
    are one matrix product between those rows and their weights at each y. Near a pixel there are but two
    lattice rows of each octave, so it is done in bands of pixels, each with the rows that it needs.

    Raises ValueError for octaves or cells below 1, or a persistence that is not above 0.
    """
    if octaves < 1 or cells < 1 or not persistence > 0:
        raise ValueError(
            f"Perlin noise needs octaves >= 1, cells >= 1 and persistence > 0, "
            f"got {octaves}, {cells} and {persistence}; usual are 4, 8 and 0.5"
        )
    width, height = size
    at_x = []
    for octave in range(octaves):
        cell = _cell(min(size), cells, octave)
        angle = torch.rand(_points(height, cell), _points(width, cell), generator=source) * (2 * math.pi)
        strength = math.sqrt(2) * persistence**octave
        points, near, slope = _columns(width, cell)
        for gradient, weight in ((angle.cos(), slope), (angle.sin(), near)):
            left, right = (
                gradient.index_select(1, at) * each for at, each in zip(points, weight, strict=True)
            )
            at_x.append(left.add_(right).mul_(strength))
    rows, weights = _bands(height, min(size), octaves, cells)
    needed = torch.cat(at_x).index_select(0, rows.flatten()).view(*rows.shape, width)
    return torch.bmm(weights, needed).view(-1, width)[:height]


@lru_cache(maxsize=4)
def _bands(height: int, shorter: int, octaves: int, cells: int) -> tuple[Tensor, Tensor]:
    """For each band of pixels which rows of all lattices it needs, (bands, K), and how much of each for each
    row of pixels, (bands, _BAND, K).

    The rows of all lattices are counted octave by octave, each octave's twice: once with its gradients' x,
    weighted by nearness alone, and once with their y, weighted by slope.
    """
    rows, weights = [], []
    begin, count = 0, -(-height // _BAND)
    for octave in range(octaves):
        cell = _cell(shorter, cells, octave)
        at = ((torch.arange(count * _BAND, dtype=torch.float64) + 0.5) / cell).view(count, _BAND, 1)
        points = at[:, :1, 0].long() + torch.arange(int(_BAND / cell) + 3)
        within = points.clamp(max=_points(height, cell) - 1)  # those beyond weigh nothing
        for weight in _weights(at - points[:, None]):
            rows.append(within + begin)
            weights.append(weight)
            begin += _points(height, cell)
    return torch.cat(rows, 1), torch.cat(weights, 2)


@lru_cache(maxsize=32)
def _columns(length: int, cell: float) -> tuple[Tensor, Tensor, Tensor]:
    """The two lattice points beside each pixel, their weights, and the weights times the distances: (2, length)
    each.
    """
    at = (torch.arange(length, dtype=torch.float64) + 0.5) / cell
    points = at.long() + torch.tensor(((0,), (1,)))
    return points, *_weights(at - points)


def _weights(distance: Tensor) -> tuple[Tensor, Tensor]:
    """The weight of lattice points at these distances, in cells, and the weight times the distance."""
    t = (1 - distance.abs()).clamp(0, 1)
    weight = t * t * t * (t * (t * 6 - 15) + 10)  # t**3 takes ten times as long
    return weight.float(), (weight * distance).float()


def _cell(shorter: int, cells: int, octave: int) -> float:
    """The side of a lattice cell in pixels."""
    return float(shorter / (cells * 2**octave))


def _points(length: int, cell: float) -> int:
    """How many lattice points lie along a side."""
    return int(length / cell) + 2
