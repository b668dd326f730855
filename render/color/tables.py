"""Matching colours on a CPU: tables of 16 bits between OpenCV's matrix products.

What a GPU computes with powers and roots (`render.color.spaces`) is looked up here, for 65,536 steps of each
channel: at most 0.1 of a grey level away. The curve that matches two pictures is found on 256 levels; what it changes
at a level is added to every value that rounds to it.

Names: LAB values count from 0 (black, and the a and b of -128) in 1/256 of a level, plus half a level, so that the
upper byte of a value is its level, rounded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion.cpu import image_of
from render.color.histograms import BINS, STEPS
from render.color.spaces import Space

LEVELS = 256
_STRIDE = STEPS // (LEVELS - 1)
_VALUES, _TOP = 2**16, 2**16 - 1
_BAND = 2**14  # pixels

# sRGB to XYZ over the white of D65, and LAB's f, which is a line below 6/29: CIE 15, IEC 61966-2-1
_TO_XYZ = np.array(
    ((0.412453, 0.35758, 0.180423), (0.212671, 0.71516, 0.072169), (0.019334, 0.119193, 0.950227))
)
_TO_XYZ /= np.array(((0.95047,), (1.0,), (1.08883,)))
_FROM_XYZ = np.linalg.inv(_TO_XYZ)
_BEND = 6 / 29
# values where 1 is _TOP to those in levels: RGB; f(X), f(Y) and f(Z) to L, a and b
_LEVEL, _HALF = 256 * 255 / _TOP, 128
_TO_RGB = np.column_stack((np.eye(3) * _LEVEL, np.full(3, _HALF)))
_TO_LAB = np.array(
    (
        (0, 1.16 * _LEVEL, 0, -0.16 * _LEVEL * _TOP + _HALF),
        (500 / 255 * _LEVEL, -500 / 255 * _LEVEL, 0, 128 * 256 + _HALF),
        (0, 200 / 255 * _LEVEL, -200 / 255 * _LEVEL, 128 * 256 + _HALF),
    )
)
# (L + 16) / 116, a / 500 + 0.3 and 0.35 - b / 400, where 1 is _TOP, to f(X), f(Y) and f(Z), where _MOST is _TOP
_MOST = 1.3
_PARTS = np.array(((100 / 116, 16 / 116), (255 / 500, 0.3 - 128 / 500), (-255 / 400, 0.35 + 128 / 400)))
_FROM_PARTS = np.array(((1, 1, 0, -0.3 * _TOP), (1, 0, 0, 0), (1, 0, 2, -0.7 * _TOP))) / _MOST

Image = NDArray[np.float32]
Values = NDArray[np.uint16]
Counts = NDArray[np.int32]
Made = TypeVar("Made")


def serves(picture: Tensor, space: Space) -> bool:
    """Whether this picture's colours are matched here: on the CPU, float32, and not by hue, which goes round."""
    return picture.device.type == "cpu" and picture.dtype == torch.float32 and space in ("lab", "rgb")


def values_of(picture: Tensor, space: Space) -> Values:
    """A picture (3, H, W) in [0, 1] as 16 bits in `space`, (H, W, 3); its levels are the upper bytes."""
    image = image_of(picture)
    values = np.empty(image.shape, np.uint16)

    def fill(band: slice) -> None:
        one = _whole(image[band])
        if space == "rgb":
            cv2.transform(one, _TO_RGB, values[band])
        else:
            other = cv2.transform(cv2.LUT(one, _decoding(), one), _TO_XYZ)
            cv2.transform(cv2.LUT(other, _roots(), one), _TO_LAB, values[band])

    _in_bands(fill, image)
    return values


def count_levels(values: Values) -> Tensor:
    """How often each level occurs, as a histogram of BINS bins: (1, 3, BINS), int32."""
    pairs = values.view(np.uint8).reshape(*values.shape[:2], 6)
    upper = (1, 3, 5) if sys.byteorder == "little" else (0, 2, 4)

    def count(band: slice) -> NDArray[np.float32]:
        each = [cv2.calcHist([pairs[band]], [byte], None, [LEVELS], [0, LEVELS]) for byte in upper]
        return np.asarray(each, np.float32).reshape(3, LEVELS)

    counts = torch.zeros(1, 3, BINS, dtype=torch.int32)
    total = np.sum(_in_bands(count, values), axis=0, dtype=np.float64)
    counts[0, :, ::_STRIDE] = torch.from_numpy(total.astype(np.int32))
    return counts


def follow_levels(values: Values, curve: Tensor, space: Space) -> Tensor:
    """The picture (1, 3, H, W) whose `values` follow the `curve` (1, 3, 1, 256): the new value of every level."""
    levels = curve[0, :, 0].clamp(0, 1).numpy()
    made = np.empty(values.shape, np.float32)
    step = np.full((3, 1), 1 / (LEVELS - 1))
    if space == "rgb":
        cv2.LUT(values, _table(_at_values(levels, step).clip(0, 1)), made)
    else:
        scale, shift = _PARTS[:, :1], _PARTS[:, 1:]
        parts = _at_values(levels * scale + shift, step * scale)
        coded = _table((parts * np.float32(_TOP) + np.float32(0.5)).clip(0, _TOP).astype(np.uint16))

        def back(band: slice) -> None:
            roots = cv2.transform(cv2.LUT(values[band], coded), _FROM_PARTS)
            linear = cv2.transform(cv2.LUT(roots, _cubes()), _FROM_XYZ)
            cv2.LUT(_whole(np.asarray(linear, np.float32)), _encoding(), made[band])

        _in_bands(back, values)
    return torch.from_numpy(made)[None].permute(0, 3, 1, 2)


def transfer_levels(source: Tensor, target: Tensor) -> Tensor:
    """`transfer` between two counts of levels, (1, 3, BINS), at the levels alone: (1, 3, 1, 256)."""
    pairs = zip(source[0, :, ::_STRIDE].numpy(), target[0, :, ::_STRIDE].numpy(), strict=True)
    return torch.from_numpy(np.array([_curve(*pair) for pair in pairs], np.float32))[None, :, None]


def moments(counts: Tensor) -> Tensor:
    """The mean and the standard deviation of each channel, (B, 3, 2) in [0, 1], from `count_levels`."""
    share = counts.double() / counts.sum(2, keepdim=True).clamp(min=1)
    values = torch.arange(BINS, dtype=torch.float64) / STEPS
    mean = (share * values).sum(2)
    spread = (share * (values - mean[..., None]).square()).sum(2).sqrt()
    return torch.stack((mean, spread), 2).float()


def ladder() -> Tensor:
    """Every level once, as a picture (1, 3, 1, 256) in [0, 1]."""
    return (torch.arange(LEVELS) / (LEVELS - 1)).expand(1, 3, 1, LEVELS)


def _in_bands(work: Callable[[slice], Made], image: NDArray[Any]) -> list[Made]:
    """What `work` gives for bands of rows, one after another: what is made on the way stays in the cache."""
    rows = max(1, _BAND // image.shape[1])
    return [work(slice(top, top + rows)) for top in range(0, len(image), rows)]


def _whole(image: Image) -> Values:
    """[0, 1] as 16 bits, rounded, what lies outside cut off."""
    return np.asarray(cv2.addWeighted(image, _TOP, image, 0, 0, dtype=cv2.CV_16U))


def _at_values(curve: Image, step: NDArray[np.float64]) -> Image:
    """Curves at levels, (3, 256), at all values, (3, 65,536), if one level is a `step` (3, 1).

    What the curve changes at a level is added to the values that round to it: so grain within a level stays as it is.
    """
    share = (np.arange(256) - _HALF) / 256 * step
    return np.asarray(curve[..., None] + share[:, None], np.float32).reshape(3, _VALUES)


def _table(curves: NDArray[Any]) -> NDArray[Any]:
    """Curves (3, 65,536) as OpenCV looks them up."""
    return np.asarray(cv2.merge(list(curves[:, None])))


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
def _decoding() -> Values:
    """sRGB to linear light."""
    x = np.arange(_VALUES) / _TOP
    return _coded(np.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92))


@cache
def _encoding() -> Image:
    """Linear light to sRGB, in [0, 1]."""
    x = np.arange(_VALUES) / _TOP
    made = np.where(x > 0.0031308, 1.055 * x ** (1 / 2.4) - 0.055, x * 12.92)
    return made.astype(np.float32)[None]


@cache
def _roots() -> Values:
    """LAB's f."""
    x = np.arange(_VALUES) / _TOP
    return _coded(np.where(x > _BEND**3, np.cbrt(x), x / (3 * _BEND**2) + 4 / 29))


@cache
def _cubes() -> Image:
    """The inverse of LAB's f, of values where _MOST is _TOP."""
    x = np.arange(_VALUES) * (_MOST / _TOP)
    made = np.where(x > _BEND, x**3, 3 * _BEND**2 * (x - 4 / 29))
    return np.asarray(made, np.float32)[None]


def _coded(values: NDArray[np.float64]) -> Values:
    return (values * _TOP).round().astype(np.uint16)[None]
