"""Matching colours on a CPU: OpenCV's tables and matrix products.

What a GPU computes with powers and roots (`render.color.channels`) is looked up here: at most 0.1 of a grey level away.
The curve that matches two histograms is found on 256 levels; what it changes at a level is added to every value that
rounds to it.

Names: channels are a picture in a colour space as OpenCV takes it, (H, W, 3), float32, each in levels, [0, 255].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion.cpu import image_of
from render.color.channels import BINS, STEPS, Space

LEVELS = 256
_STRIDE = STEPS // (LEVELS - 1)
_VALUES, _TOP = 2**16, 2**16 - 1
_BAND = 2**14  # pixels

# sRGB to XYZ over the white of D65, and LAB's f, which is a line below 6/29: CIE 15, IEC 61966-2-1
_TO_XYZ = np.array(
    ((0.412453, 0.35758, 0.180423), (0.212671, 0.71516, 0.072169), (0.019334, 0.119193, 0.950227))
)
_TO_XYZ /= np.array(((0.95047,), (1.0,), (1.08883,)))
_BEND = 6 / 29
# f(X), f(Y) and f(Z) to L, a and b in levels, and those to what OpenCV's LAB counts
_TO_LAB = np.array(((0, 1.16 * 255, 0, -0.16 * 255), (500, -500, 0, 128), (0, 200, -200, 128)), np.float32)
_FROM_LEVELS = np.array(((100 / 255, 0, 0, 0), (0, 1, 0, -128), (0, 0, 1, -128)), np.float32)

Channels = NDArray[np.float32]
Counts = NDArray[np.int32]


def serves(picture: Tensor, space: Space) -> bool:
    """Whether this picture's colours are matched here: on the CPU, float32, and not by hue, which goes round."""
    return picture.device.type == "cpu" and picture.dtype == torch.float32 and space in ("lab", "rgb")


def channels_of(picture: Tensor, space: Space) -> Channels:
    """A picture (3, H, W) in [0, 1] as channels of `space`."""
    image = image_of(picture)
    if space == "rgb":
        return image * np.float32(255)
    made = np.empty(image.shape, np.float32)
    for band in _bands(image):
        values = cv2.addWeighted(image[band], _TOP, image[band], 0, 0, dtype=cv2.CV_16U)
        roots = cv2.LUT(cv2.transform(cv2.LUT(values, _decoding()), _TO_XYZ), _roots())
        cv2.transform(roots, _TO_LAB, made[band])
    return made


def count_levels(channels: Channels) -> Tensor:
    """How often each level occurs, as a histogram of BINS bins: (1, 3, BINS), int32."""
    levels = _levels_of(channels)
    found = [cv2.calcHist([levels], [channel], None, [LEVELS], [0, LEVELS]) for channel in range(3)]
    counts = torch.zeros(1, 3, BINS, dtype=torch.int32)
    counts[0, :, ::_STRIDE] = torch.from_numpy(np.array(found, np.int32).reshape(3, LEVELS))
    return counts


def moments(channels: Channels) -> Tensor:
    """The mean and the standard deviation of each channel, (1, 3, 2), where a level is 1/255."""
    return torch.from_numpy(np.hstack(cv2.meanStdDev(channels)) / 255).float()[None]


def follow_levels(channels: Channels, curve: Tensor, space: Space) -> Tensor:
    """The picture (1, 3, H, W) whose `channels` follow the `curve` (1, 3, 256): every level's new value, in [0, 1]."""
    change = (curve[0].T.numpy() * 255 - np.arange(LEVELS)[:, None])[None].astype(np.float32)
    return _picture_of(channels, lambda band: cv2.add(band, cv2.LUT(_levels_of(band), change)), space)


def scale_channels(channels: Channels, gain: Tensor, shift: Tensor, space: Space) -> Tensor:
    """The picture (1, 3, H, W) of each channel times its `gain` (3,) plus its `shift` (3,), where a level is 1/255."""
    matrix = np.column_stack((np.diag(gain.numpy()), shift.numpy() * 255))
    return _picture_of(channels, lambda band: cv2.transform(band, matrix), space)


def transfer_levels(source: Tensor, target: Tensor) -> Tensor:
    """`transfer` between two counts of levels, (1, 3, BINS), at the levels alone: (1, 3, 256)."""
    pairs = zip(source[0, :, ::_STRIDE].numpy(), target[0, :, ::_STRIDE].numpy(), strict=True)
    return torch.from_numpy(np.array([_curve(*pair) for pair in pairs], np.float32))[None]


def _picture_of(channels: Channels, change: Callable[[Channels], Any], space: Space) -> Tensor:
    """The changed channels as a picture (1, 3, H, W) in [0, 1]; what the screen cannot show is cut."""
    made = np.empty_like(channels)
    for band in _bands(channels):
        changed = change(channels[band])
        if space == "rgb":
            np.clip(changed / np.float32(255), 0, 1, out=made[band])
        else:
            cv2.cvtColor(cv2.transform(changed, _FROM_LEVELS), cv2.COLOR_LAB2RGB, made[band])
    return torch.from_numpy(made)[None].permute(0, 3, 1, 2)


def _bands(image: Channels) -> Iterator[slice]:
    """The picture in bands of rows: what is made on the way stays in the cache."""
    rows = max(1, _BAND // image.shape[1])
    return (slice(top, top + rows) for top in range(0, len(image), rows))


def _levels_of(channels: Channels) -> NDArray[Any]:
    """The level that each value rounds to, 8 bits; what lies outside is cut off."""
    return np.asarray(cv2.addWeighted(channels, 1, channels, 0, 0, dtype=cv2.CV_8U))


def _curve(own: Counts, goal: Counts) -> NDArray[np.float64]:
    """The new value, in [0, 1], of each of the levels that are counted."""
    at = np.arange(LEVELS)
    if not own.any() or not goal.any():
        return at / (LEVELS - 1)
    (known, ranks), (levels, places) = _ranks(own), _ranks(goal)
    new = np.interp(np.interp(at, known, ranks), places, levels)
    beyond = at - at.clip(known[0], known[-1])
    return np.asarray((new + beyond).clip(0, LEVELS - 1) / (LEVELS - 1), np.float64)


def _ranks(counts: Counts) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The levels that occur, and the share of pixels below each plus half the share at it."""
    levels = counts.nonzero()[0]
    found = counts[levels].astype(np.float64)
    return levels, (found.cumsum() - found / 2) / found.sum()


@cache
def _decoding() -> NDArray[np.uint16]:
    """sRGB to linear light, both of 16 bits."""
    x = np.arange(_VALUES) / _TOP
    linear = np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)
    return (linear * _TOP).round().astype(np.uint16)[None]


@cache
def _roots() -> NDArray[np.float32]:
    """LAB's f, of 16 bits."""
    x = np.arange(_VALUES) / _TOP
    return np.where(x > _BEND**3, np.cbrt(x), x / (3 * _BEND**2) + 4 / 29).astype(np.float32)[None]
