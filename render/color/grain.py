"""Grain for the diffusion model to turn into detail."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Literal, get_args

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from render.randomness import bit_source, generator

Noise = Literal["normal", "perlin"]
NOISES: tuple[Noise, ...] = get_args(Noise)
Image = NDArray[np.float32]

_VALUES = 2**16  # of white noise
_OCTAVES, _PERSISTENCE, _CELLS = 4, 0.5, 8  # of the Perlin field, as in Deforum
_BAND = 32  # rows of pixels that Perlin's field is made for at once


def add_noise(picture: Tensor, *, kind: Noise, amount: float, seed: int, frame: int) -> Tensor:
    """Add zero-mean noise of standard deviation `amount` to `picture` (1, 3, H, W), then cut to [0, 1].

    Convention: `amount` in picture units, 0.02 is about 5 of 255 grey levels; 0 returns the same tensor.
    The noise depends on seed, frame, kind and size alone.

    Deforum blends with a grey noise image instead, `(1 - a) * picture + a * image`, which also fades the
    picture toward grey. Its noise image has a standard deviation of 0.36 ("uniform", which is normal) or
    0.24 ("perlin"), so its `noise` value a corresponds to an `amount` of 0.36 a or 0.24 a.

    Raises ValueError for an unknown kind and a negative amount.
    """
    if not amount >= 0:
        raise ValueError(f"noise is a standard deviation of 0 or more, e.g. 0.02; got {amount}")
    if amount == 0:
        return picture
    noise = _scaled(kind, seed, frame, (picture.shape[-1], picture.shape[-2]), amount)
    return noise.to(picture.device, picture.dtype, non_blocking=True).add_(picture).clamp_(0, 1)


def make_noise(kind: Noise, *, seed: int, frame: int, size: tuple[int, int]) -> Tensor:
    """Noise of mean 0 and standard deviation 1 in every channel: (1, 3, H, W), float32, on the CPU.

    `normal` is white. `perlin` is white noise under a Perlin field, `white * (field + 1) / 2`: grain that
    is strong in some places and weak in others, as Deforum has it. Both are centred and scaled per channel,
    so that a thousand frames of noise neither brighten nor darken.

    Convention: `size` is (width, height). In memory the channels lie last.
    Raises ValueError for an unknown kind.
    """
    return _scaled(kind, seed, frame, size, 1.0)


def white(bits: np.random.SFC64, shape: tuple[int, ...]) -> Image:
    """Independent normal numbers of mean 0 and standard deviation 1, float32.

    How: 16 bits choose one of 65,536 equally likely values, the normal distribution's quantiles (n + 0.5) / 65,536. So
    nothing lies beyond 4.33 deviations, where 12 of the numbers of a 512 x 512 picture would.
    """
    count = int(np.prod(shape))
    chosen = bits.random_raw(-(-count // 4)).astype("<u8", copy=False).view("<u2")[:count]
    return np.asarray(cv2.LUT(chosen.reshape(shape[0], -1), _quantiles()), np.float32).reshape(shape)


def _scaled(kind: Noise, seed: int, frame: int, size: tuple[int, int], deviation: float) -> Tensor:
    """The noise with this standard deviation, (1, 3, H, W)."""
    if kind not in NOISES:
        raise ValueError(f"noise kind {kind!r} is not known; it is one of {', '.join(NOISES)}")
    width, height = size
    image = white(bit_source(seed, frame, f"noise/{kind}"), (height, width, 3))
    if kind == "perlin":
        field = perlin_field(generator(seed, frame, "noise/perlin"), size, _OCTAVES, _PERSISTENCE, _CELLS)
        strength = (field + 1).numpy()
        image = np.asarray(cv2.multiply(image, cv2.merge([strength] * 3)))
    mean, spread = (measured[:, 0] for measured in cv2.meanStdDev(image))
    gain = deviation / spread.clip(1e-6)  # one pixel alone has no spread, and no noise
    scaled = cv2.transform(image, np.column_stack((np.diag(gain), -mean * gain)))
    return torch.from_numpy(np.asarray(scaled))[None].permute(0, 3, 1, 2)


@cache
def _quantiles() -> Image:
    share = (torch.arange(_VALUES, dtype=torch.float64) + 0.5) / _VALUES
    return np.asarray(torch.special.ndtri(share).float())[None]


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
