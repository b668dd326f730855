"""The quick way on a CPU: OpenCV reads pictures between their pixels two to ten times as fast as torch does.

It reads at the same places, with the same kernels (bicubic with a = -0.75), so torch's way is
both the way on a GPU and the slow twin that the tests compare with. From version 5 on, OpenCV does not round
positions to 1/32 pixel.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion.borders import Border, fold_

# The edge pixel goes on. With the other borders OpenCV's bicubic kernel reads elsewhere far from the picture.
_BORDER: Border = "replicate"
_KERNELS = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
_CHANNELS = (1, 3, 4)  # others take a way inside OpenCV that rounds positions
# Positions beyond this many pixels may not fit the short integers that some of OpenCV's ways count in.
_FARTHEST = 16_000.0
# Corners this near to the edge, in pixels, lie on it: a turn by 360 degrees is none.
_ON_THE_EDGE = 1e-6


class _Scratch(threading.local):
    """What a thread's last picture lay in: new memory costs as much as filling it."""

    image: NDArray[np.float32] = np.empty((0, 0, 0), np.float32)


_scratch = _Scratch()

Matrix = NDArray[np.float64]
Image = NDArray[np.float32]
Rows = list[list[float]]


def serves(picture: Tensor, border: Border) -> bool:
    """Whether OpenCV can read this picture (B, C, H, W): on the CPU, float32, no gradient asked for."""
    return (
        border == _BORDER
        and picture.device.type == "cpu"
        and picture.dtype == torch.float32
        and picture.shape[1] in _CHANNELS
        and max(picture.shape[-2:]) < _FARTHEST
        and not (picture.requires_grad and torch.is_grad_enabled())
    )


def in_reach(inverses: Matrix, height: int, width: int) -> bool:
    """Whether these matrices (B, 3, 3), destination to source, keep the plane and stay near the picture."""
    return all(
        rows[2] == [0, 0, 1] and max(map(abs, _corners(rows, height, width))) < _FARTHEST
        for rows in inverses.tolist()
    )


def warp_flat(picture: Tensor, inverses: Matrix, *, sampling: str) -> tuple[Tensor, Tensor]:
    """`picture` (B, C, H, W) read through `inverses` (1 or B, 3, 3), destination to source; and the coverage.

    Convention: as `warp_matrix`, for matrices that are `in_reach`. The result lies in memory as OpenCV has it, with
    channels last.
    """
    height, width = picture.shape[-2:]
    flags = _KERNELS[sampling] | cv2.WARP_INVERSE_MAP
    each = np.broadcast_to(inverses, (len(picture), 3, 3))

    def move(image: Image, matrix: Matrix) -> Any:
        # as exact as warpPerspective, and up to twice as fast: what is in reach keeps the plane
        return cv2.warpAffine(
            image, matrix[:2], (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )

    moved = _each(picture, [partial(move, matrix=matrix) for matrix in each])
    if sampling == "bicubic":
        # Not by torch: its threads would go on waiting for work, on the cores that OpenCV's next want.
        image = moved.permute(0, 2, 3, 1).numpy()
        np.clip(image, 0, 1, out=image)
    return moved, _coverage(each, height, width)


def read(picture: Tensor, points: Tensor, *, sampling: str) -> Tensor:
    """`picture` (B, C, H, W) at `points` (B, 2, h, w), float32: what `resample` says, without the cut to [0, 1]."""
    height, width = picture.shape[-2:]
    low, high = points.aminmax()
    if not -_FARTHEST < float(low) <= float(high) < _FARTHEST:
        points = points.clone()
        fold_(points[:, 0], width, _BORDER)
        fold_(points[:, 1], height, _BORDER)
    maps = points.contiguous().numpy()

    def at(image: Image, where: Image) -> Any:
        return cv2.remap(image, where[0], where[1], _KERNELS[sampling], borderMode=cv2.BORDER_REPLICATE)

    return _each(picture, [partial(at, where=where) for where in maps])


def _each(picture: Tensor, moves: list[Callable[[Image], Any]]) -> Tensor:
    """Every picture, with its channels last, through its move."""
    moved = [
        torch.from_numpy(np.atleast_3d(move(_channels_last(one))))
        for one, move in zip(picture.detach(), moves, strict=True)
    ]
    return (moved[0][None] if len(moved) == 1 else torch.stack(moved)).permute(0, 3, 1, 2)


def _channels_last(picture: Tensor) -> Image:
    """A picture (C, H, W) as (H, W, C), good until the next: without a copy where it lies so in memory already."""
    image = picture.permute(1, 2, 0)
    if image.is_contiguous() or not picture.is_contiguous():
        return image.contiguous().numpy()
    if _scratch.image.shape != image.shape:
        _scratch.image = np.empty(image.shape, np.float32)
    cv2.merge(list(picture.numpy()), _scratch.image)  # three times as fast as a copy by torch
    return _scratch.image


def _coverage(inverses: Matrix, height: int, width: int) -> Tensor:
    """The coverage (B, 1, H, W): 1, stored once, where all corners are inside, as the picture is convex."""
    if all(_inside(rows, height, width) for rows in inverses.tolist()):
        return torch.ones(1, 1, 1, 1).expand(len(inverses), 1, height, width)
    white = np.ones((height, width), np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    covered = [
        cv2.warpAffine(white, inverse[:2], (width, height), flags=flags, borderMode=cv2.BORDER_CONSTANT)
        for inverse in inverses
    ]
    return torch.from_numpy(np.stack(covered)[:, None]).clamp_(0, 1)


def _inside(inverse: Rows, height: int, width: int) -> bool:
    low, edge = -_ON_THE_EDGE, _ON_THE_EDGE
    corners = _corners(inverse, height, width)
    across, down = corners[::2], corners[1::2]
    return min(corners) >= low and max(across) <= width - 1 + edge and max(down) <= height - 1 + edge


def _corners(inverse: Rows, height: int, width: int) -> list[float]:
    """Where the four corner pixels come from: x and y of each. In plain numbers, as NumPy's calls take longer."""
    at = ((x, y) for y in (0.0, height - 1.0) for x in (0.0, width - 1.0))
    return [a * x + b * y + c for x, y in at for a, b, c in inverse[:2]]
