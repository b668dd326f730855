"""Grain for the diffusion model to turn into detail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion.quick import image_of, serves
from render.coherence.perlin import perlin_field
from render.coherence.randomness import bit_source, generator

Noise = Literal["normal", "perlin"]
NOISES: tuple[Noise, ...] = get_args(Noise)
Image = NDArray[np.float32]

_VALUES = 2**16  # of white noise


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
    how = _How(kind=kind, octaves=octaves, persistence=persistence, cells=cells)
    size = (picture.shape[-1], picture.shape[-2])
    if serves(picture):
        each = [
            _added(one, _draw(how, seed, frame, size), amount)
            for one, seed in zip(picture.detach(), seeds, strict=True)
        ]
        return _tensor(each, size)
    noise = _noise(how, seeds, frame, size).to(picture.device, picture.dtype, non_blocking=True)
    return torch.add(picture, noise, alpha=amount, out=noise).clamp_(0, 1)


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

    Convention: `size` is (width, height). In memory the channels lie last. For `octaves`, `persistence`,
    `cells` see `perlin_field`.
    Raises ValueError for an unknown kind, octaves or cells below 1, or a persistence that is not above 0.
    """
    return _noise(_How(kind=kind, octaves=octaves, persistence=persistence, cells=cells), seeds, frame, size)


def white(bits: np.random.SFC64, out: Image) -> Image:
    """Fill `out`, float32, of any shape, with independent normal numbers of mean 0 and deviation 1; returns it.

    How: 16 bits choose one of 65,536 equally likely values, the normal distribution's quantiles (n + 0.5) / 65,536. So
    nothing lies beyond 4.33 deviations, where 12 of the numbers of a 512 x 512 picture would.
    """
    _fill(bits, np.empty((0, 0), np.float32), out.reshape(len(out), -1))
    return out


@dataclass(frozen=True, kw_only=True)
class _How:
    """What noise: see `make_noise`."""

    kind: Noise
    octaves: int
    persistence: float
    cells: int

    def __post_init__(self) -> None:
        if self.kind not in NOISES:
            raise ValueError(f"noise kind {self.kind!r} is not known; it is one of {', '.join(NOISES)}")


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    """Noise as it was drawn, (H, W * 3), and the gain and the shift that make it normal, per channel."""

    image: Image
    gain: NDArray[np.float64]
    shift: NDArray[np.float64]

    def rows(self, amount: float = 1.0) -> tuple[Image, Image]:
        """Gain and shift for each number of a row, for noise of this deviation."""
        width = self.image.shape[1] // 3
        gain, shift = (np.tile(amount * value, width).astype(np.float32) for value in (self.gain, self.shift))
        return gain, shift


def _draw(how: _How, seed: int, frame: int, size: tuple[int, int]) -> _Drawn:
    width, height = size
    field = np.empty((0, 0), np.float32)
    if how.kind == "perlin":
        source = generator(seed, frame, "noise/perlin")
        field = perlin_field(source, size, how.octaves, how.persistence, how.cells).numpy()
    image = np.empty((height, 3 * width), np.float32)
    sums = _fill(bit_source(seed, frame, f"noise/{how.kind}"), field, image, channels=3)
    mean, square = sums.sum(0).T / (width * height)
    gain = 1 / np.sqrt(square - mean**2).clip(1e-6)  # one pixel alone has no spread, and no noise
    return _Drawn(image=image, gain=gain, shift=-mean * gain)


def _fill(bits: np.random.SFC64, field: Image, out: Image, channels: int = 1) -> NDArray[np.float64]:
    """Draw numbers into `out` (H, W * channels); their sums and their squares' by block of rows and channel."""
    from motion.kernels.bands import over_rows
    from motion.kernels.grain import BLOCK, draw

    raw = bits.random_raw(-(-out.size // 4)).astype("<u8", copy=False).view("<u2")[: out.size]
    blocks = -(-len(out) // BLOCK)
    sums = np.empty((blocks, channels, 2))
    work = partial(draw, raw.reshape(out.shape), _quantiles(), field, out, sums)
    over_rows(work, blocks, BLOCK * out.shape[1] // channels)
    return sums


def _noise(how: _How, seeds: Sequence[int], frame: int, size: tuple[int, int]) -> Tensor:
    from motion.kernels.bands import over_rows
    from motion.kernels.grain import scale

    each = [_draw(how, seed, frame, size) for seed in seeds]
    for one in each:
        work = partial(scale, one.image, *one.rows())
        over_rows(work, size[1], size[0])
    return _tensor([one.image for one in each], size)


def _added(picture: Tensor, noise: _Drawn, amount: float) -> Image:
    """`picture` (3, H, W) with noise, as (H, W * 3): in the memory of the noise."""
    from motion.kernels.bands import over_rows
    from motion.kernels.grain import add

    work = partial(add, image_of(picture), noise.image, *noise.rows(amount))
    over_rows(work, picture.shape[1], picture.shape[2])
    return noise.image


def _tensor(images: list[Image], size: tuple[int, int]) -> Tensor:
    """Images (H, W * 3) as (B, 3, H, W), with channels last in memory."""
    together = images[0][None] if len(images) == 1 else np.stack(images)
    return torch.from_numpy(together).view(len(images), size[1], size[0], 3).permute(0, 3, 1, 2)


@cache
def _quantiles() -> Image:
    share = (torch.arange(_VALUES, dtype=torch.float64) + 0.5) / _VALUES
    return np.asarray(torch.special.ndtri(share).float())
