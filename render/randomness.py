"""Randomness as a function of what it is for."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import torch


def generator(seed: int, frame: int, purpose: str) -> torch.Generator:
    """A generator that depends on nothing but these three: the same on every machine, device and day.

    On the CPU, whatever the device of the picture, so that devices agree. `seed` may be any integer,
    `frame` any integer, `purpose` any text, e.g. "noise" or "diffusion": different purposes of one frame
    draw independent numbers. The three are written out and hashed (BLAKE2b, 64 bits), so that neighbouring
    seeds and frames have nothing in common.
    """
    return torch.Generator("cpu").manual_seed(_digest(seed, frame, purpose))


def bit_source(seed: int, frame: int, purpose: str) -> np.random.SFC64:
    """As `generator`, for whole pictures of numbers: a source of random bits that is ten times as fast.

    NumPy promises that the stream of a bit generator never changes.
    """
    return np.random.SFC64(_digest(seed, frame, purpose))


def _digest(seed: int, frame: int, purpose: str) -> int:
    text = f"{int(seed)}/{int(frame)}/{purpose}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
