"""Grain for the diffusion model to turn into detail."""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from render.color.perlin import perlin_field
from render.randomness import bit_source, generator

Noise = Literal["normal", "perlin"]
NOISES: tuple[Noise, ...] = get_args(Noise)
Image = NDArray[np.float32]

_VALUES = 2**16  # of white noise
_OCTAVES, _PERSISTENCE, _CELLS = 4, 0.5, 8  # of the Perlin field, as in Deforum


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
