"""Noise tiles that wrap around: made once per process, read at random offsets, bent onto the ground and the sky."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import ArrayLike

from ..brushes import Picture

SIDE = 256


@cache
def tile(seed: int, cells: int, octaves: int) -> Picture:
    """Fractal noise (256, 256) that wraps around, stretched to fill [0, 1]; the same for the same arguments."""
    rng = np.random.default_rng([seed, cells, octaves, 613])
    field = np.zeros((SIDE, SIDE), np.float32)
    for octave in range(octaves):
        side = min(SIDE, cells * 2**octave)
        grid = rng.random((side, side), dtype=np.float32)
        wrapped = np.pad(grid, 4, mode="wrap")
        scale = SIDE / side
        big = cv2.resize(wrapped, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        edge = round(4 * scale)
        field += 0.55**octave * big[edge : edge + SIDE, edge : edge + SIDE]
    low, high = np.percentile(field, (0.5, 99.5))
    out: Picture = np.clip((field - low) / (high - low), 0.0, 1.0).astype(np.float32)
    return out


def read(pattern: Picture, u: ArrayLike, v: ArrayLike, rng: np.random.Generator) -> Picture:
    """A tile at coordinates u, v in tiles (broadcast against each other), from a random corner on."""
    du, dv = rng.random(2)
    right, down = np.broadcast_arrays(np.asarray(u, np.float32), np.asarray(v, np.float32))
    map_x = ((right + np.float32(du)) % 1.0 * SIDE).astype(np.float32)
    map_y = ((down + np.float32(dv)) % 1.0 * SIDE).astype(np.float32)
    return np.asarray(
        cv2.remap(pattern, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32
    )


def flat(
    pattern: Picture, size: int, rng: np.random.Generator, tiles: float = 1.0, tall: float = 1.0
) -> Picture:
    """A tile seen straight on, (size, size): `tiles` of it across, `tall` times as many down."""
    ramp = (np.arange(size, dtype=np.float32) / size) * tiles
    return read(pattern, ramp[None, :], ramp[:, None] * tall, rng)
