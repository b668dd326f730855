"""Random numbers as a function: the same seed, lane, call and frame give the same number on every machine."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def stream_key(*names: object) -> np.uint64:
    """A 64-bit key from whatever names one stream of random numbers (seed, lane, purpose)."""
    digest = blake2b("|".join(str(name) for name in names).encode("utf-8", "surrogatepass"), digest_size=8)
    return np.uint64(int.from_bytes(digest.digest(), "little"))


def uniform(key: np.uint64 | NDArray[np.uint64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Uniform numbers in [0, 1), one for each value of `x`, by its bits. splitmix64 (Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        return (_mix(_mix(_bits(x)) ^ key) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def smooth_noise(key: np.uint64, x: NDArray[np.float64], channel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth noise in [-1, 1]: a uniform value at every whole `x`, joined by Perlin's quintic (2002)."""
    cell = np.floor(x)
    u = x - cell
    with np.errstate(over="ignore"):
        stream = _mix(_bits(channel) ^ key)
    left, right = uniform(stream, cell), uniform(stream, cell + 1.0)
    ease = u * u * u * (u * (u * 6.0 - 15.0) + 10.0)
    return 2.0 * (left + (right - left) * ease) - 1.0


def _bits(x: NDArray[np.float64]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(x + 0.0, dtype=np.float64).view(np.uint64)  # + 0.0 turns -0.0 into 0.0


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = z + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))
