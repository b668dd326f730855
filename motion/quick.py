"""The quick way on a CPU: loops over pixels, compiled (motion.kernels), on the memory of tensors.

They read at the same places, with the same weights, as torch's way, which is both the way on a GPU and the slow twin
that the tests compare with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion.borders import BORDERS, Border

_TOGETHER = (1, 3)  # numbers of channels that are read together; of others each is a picture of its own
_MOST = 2**31  # values: places are counted in 32 bits
# Corners this near to the edge, in pixels, lie on it: a turn by 360 degrees is none.
_ON_THE_EDGE = 1e-6

Matrix = NDArray[np.float64]
Image = NDArray[np.float32]
Rows = list[list[float]]
Move = Callable[[int, Image, int, Image], object]


class _Scratch(threading.local):
    """What a thread's last picture lay in: new memory costs as much as filling it."""

    image: Image = np.empty((0, 0, 0), np.float32)


_scratch = _Scratch()


def serves(picture: Tensor) -> bool:
    """Whether this picture (B, C, H, W) can be read here: on the CPU, float32, no gradient asked for."""
    return (
        picture.device.type == "cpu"
        and picture.dtype == torch.float32
        and 0 < picture.numel() < _MOST
        and not (picture.requires_grad and torch.is_grad_enabled())
    )


def warp_flat(picture: Tensor, inverses: Matrix, *, border: Border, sampling: str) -> tuple[Tensor, Tensor]:
    """`picture` (B, C, H, W) read through `inverses` (1 or B, 3, 3), destination to source; and the coverage.

    Convention: as `warp_matrix`. The picture may lie in memory with channels last.
    """
    from motion.kernels.bands import over_rows
    from motion.kernels.flat import warp_rows

    height, width = picture.shape[-2:]
    code, cubic = BORDERS.index(border), sampling == "bicubic"
    whole = all(_inside(rows, height, width) for rows in inverses.tolist())
    covers = np.empty((len(picture), *((0, 0) if whole else (height, width))), np.float32)

    def move(index: int, image: Image, channels: int, out: Image) -> object:
        given = image, channels, code, cubic, inverses[min(index, len(inverses) - 1)], out, covers[index]
        return over_rows(lambda begin, end: warp_rows(*given, begin, end), height, width)

    moved = move_each(picture, (height, width), move)
    if whole:  # 1, stored once, as the picture is convex
        return moved, torch.ones(1, 1, 1, 1).expand(len(picture), 1, height, width)
    return moved, torch.from_numpy(covers)[:, None]


def read(picture: Tensor, points: Tensor, *, border: Border, sampling: str) -> Tensor:
    """`picture` (B, C, H, W) at `points` (B, 2, h, w), float32: what `resample` says."""
    from motion.kernels.bands import over_rows
    from motion.kernels.flat import read_rows

    code, cubic = BORDERS.index(border), sampling == "bicubic"
    places = points.detach().contiguous().numpy()
    height, width = places.shape[-2:]

    def move(index: int, image: Image, channels: int, out: Image) -> object:
        given = image, channels, code, cubic, places[index], out
        return over_rows(lambda begin, end: read_rows(*given, begin, end), height, width)

    return move_each(picture, (height, width), move)


def move_each(picture: Tensor, size: tuple[int, int], move: Move) -> Tensor:
    """Every picture of (B, C, H, W) through `move(index, image, channels, out)`: (B, C, *size).

    `image` (H, W * channels) and `out`, to be filled, have their channels last: all of a picture's, or one by one.
    """
    batch, count = picture.shape[:2]
    height, width = size
    given = picture.detach()
    if count not in _TOGETHER:
        planes = given.contiguous().numpy()
        made = np.empty((batch, count, height, width), np.float32)
        for index in range(batch):
            for plane, out in zip(planes[index], made[index], strict=True):
                move(index, plane, 1, out)
        return torch.from_numpy(made)
    together = np.empty((batch, height, width * count), np.float32)
    for index, out in enumerate(together):
        move(index, image_of(given[index]), count, out)
    return torch.from_numpy(together).view(batch, height, width, count).permute(0, 3, 1, 2)


def image_of(picture: Tensor) -> Image:
    """A picture (C, H, W) as (H, W * C), good until the next: without a copy where it lies so in memory already."""
    height = picture.shape[1]
    image = picture.permute(1, 2, 0)
    if image.is_contiguous() or not picture.is_contiguous():
        return image.contiguous().numpy().reshape(height, -1)
    if _scratch.image.shape != image.shape:
        _scratch.image = np.empty(image.shape, np.float32)
    cv2.merge(list(picture.numpy()), _scratch.image)  # three times as fast as a copy by torch
    return _scratch.image.reshape(height, -1)


def _inside(inverse: Rows, height: int, width: int) -> bool:
    """Whether all pixels come from inside, as the four corners do. In plain numbers, as NumPy's calls take longer."""
    if inverse[2] != [0, 0, 1]:
        return False
    for y in (0.0, height - 1.0):
        for x in (0.0, width - 1.0):
            across, down = (a * x + b * y + c for a, b, c in inverse[:2])
            if not -_ON_THE_EDGE <= across <= width - 1 + _ON_THE_EDGE:
                return False
            if not -_ON_THE_EDGE <= down <= height - 1 + _ON_THE_EDGE:
                return False
    return True
