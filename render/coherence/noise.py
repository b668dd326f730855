"""Grain for the diffusion model to turn into detail."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal, get_args

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
    size = (picture.shape[-1], picture.shape[-2])
    noise = make_noise(
        kind, seeds=seeds, frame=frame, size=size, octaves=octaves, persistence=persistence, cells=cells
    )
    noise = noise.to(picture.device, picture.dtype, non_blocking=True)
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
    if kind not in NOISES:
        raise ValueError(f"noise kind {kind!r} is not known; it is one of {', '.join(NOISES)}")
    width, height = size
    noise = torch.empty(len(seeds), height, width, 3)
    for seed, one in zip(seeds, noise, strict=True):
        image = white(bit_source(seed, frame, f"noise/{kind}"), one.numpy())
        if kind == "perlin":
            field = perlin_field(generator(seed, frame, "noise/perlin"), size, octaves, persistence, cells)
            cv2.multiply(image, cv2.cvtColor(field.add_(1).numpy(), cv2.COLOR_GRAY2RGB), image)
        _normalise(image)
    return noise.permute(0, 3, 1, 2)


def white(bits: np.random.SFC64, out: Image) -> Image:
    """Fill `out`, float32, of any shape, with independent normal numbers of mean 0 and deviation 1; returns it.

    How: 16 bits choose one of 65,536 equally likely values, the normal distribution's quantiles (n + 0.5) / 65,536. So
    nothing lies beyond 4.33 deviations, where 12 of the numbers of a 512 x 512 picture would.
    """
    raw = bits.random_raw(-(-out.size // 4)).astype("<u8", copy=False).view("<u2")[: out.size]
    cv2.LUT(raw.reshape(len(out), -1), _quantiles(), out.reshape(len(out), -1))
    return out


@cache
def _quantiles() -> Image:
    share = (torch.arange(_VALUES, dtype=torch.float64) + 0.5) / _VALUES
    return np.asarray(torch.special.ndtri(share).float())


def _normalise(image: Image) -> None:
    """Give every channel of an image (H, W, 3) mean 0 and standard deviation 1, in place."""
    mean, spread = (value[:, 0] for value in cv2.meanStdDev(image))
    gain = 1 / spread.clip(1e-6)  # one pixel alone has no spread, and no noise
    height, width = image.shape[:2]
    gains, means = (torch.from_numpy(np.tile(v, width)).float() for v in (gain, -mean * gain))
    rows = torch.from_numpy(image).view(height, -1)
    torch.addcmul(means, rows, gains, out=rows)
