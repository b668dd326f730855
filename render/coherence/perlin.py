"""Perlin's field: smooth noise with hills of several sizes."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

_BAND = 64  # rows of pixels


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
    product. So an octave is two pairs of matrix products, and all octaves together are one, between what
    the lattices' rows are at each x and the weights of those rows at each y. Near a pixel there are but two
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
        near, slope = _lattice(width, cell)
        angle = torch.rand(_points(height, cell), _points(width, cell), generator=source) * (2 * math.pi)
        strength = math.sqrt(2) * persistence**octave
        at_x += [(angle.cos() * strength) @ slope, (angle.sin() * strength) @ near]
    rows, weights = _bands(height, min(size), octaves, cells)
    needed = torch.cat(at_x).index_select(0, rows.flatten()).view(*rows.shape, width)
    return torch.bmm(weights, needed).view(-1, width)[:height]


@lru_cache(maxsize=4)
def _bands(height: int, shorter: int, octaves: int, cells: int) -> tuple[Tensor, Tensor]:
    """For each band of pixels which rows of all lattices it needs, (bands, K), and how much of each for each
    row of pixels, (bands, _BAND, K); filled up with nothing of row 0.

    The rows of all lattices are counted octave by octave, each octave's twice: once with its gradients' x,
    weighted by nearness alone, and once with their y, weighted by slope.
    """
    tops = range(0, height, _BAND)
    rows: list[list[int]] = [[] for _ in tops]
    weights: list[list[Tensor]] = [[] for _ in tops]
    begin = 0
    for octave in range(octaves):
        cell = _cell(shorter, cells, octave)
        points = _points(height, cell)
        for each in _lattice(len(tops) * _BAND, cell):
            for band, top in enumerate(tops):
                first, last = int((top + 0.5) / cell), min(int((top + _BAND - 0.5) / cell) + 2, points)
                rows[band] += range(begin + first, begin + last)
                weights[band].append(each[first:last, top : top + _BAND])
            begin += points
    needed = pad_sequence([torch.tensor(each) for each in rows], batch_first=True)
    how_much = pad_sequence([torch.cat(each) for each in weights], batch_first=True)
    return needed, how_much.transpose(1, 2).contiguous()


@lru_cache(maxsize=32)
def _lattice(length: int, cell: float) -> tuple[Tensor, Tensor]:
    """The weight of each lattice point for each pixel, and the weight times the distance: (points,
    length)."""
    at = (torch.arange(length, dtype=torch.float64) + 0.5) / cell
    points = torch.arange(_points(length, cell), dtype=torch.float64)
    distance = at - points[:, None]
    t = (1 - distance.abs()).clamp(0, 1)
    weight = t**3 * (t * (t * 6 - 15) + 10)
    return weight.float(), (weight * distance).float()


def _cell(shorter: int, cells: int, octave: int) -> float:
    """The side of a lattice cell in pixels."""
    return float(shorter / (cells * 2**octave))


def _points(length: int, cell: float) -> int:
    """How many lattice points lie along a side."""
    return int(length / cell) + 2
