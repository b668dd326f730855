"""Reading pictures on a CPU, by OpenCV: what `motion.resample` and `motion.warp2d` use there.

OpenCV 5 reads float32 pictures of one, three or four channels at exact positions; other counts, and the versions
before, round positions to 1/32 px. Far beyond the edge its bicubic way shows the wrong pixels of a border that repeats,
so positions are folded first wherever that can happen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion.borders import BORDERS, FAR, Border, fold_

# Channels that are read at exact positions; with other counts, each channel is read by itself.
_TOGETHER = (1, 3, 4)
_SHORTEST, _LONGEST = 8, 32_766  # px; cv2.remap takes no longer side, its bicubic way hangs on a side of 1
_ON_THE_EDGE = 1e-6  # px; corners this near to the edge lie on it: a turn by 360 degrees stands still
# Where the camera's plane is nearer than this the picture is stretched a million times: nothing to see.
NEAREST = 1e-6
_CODES = dict(zip(BORDERS, (cv2.BORDER_REPLICATE, cv2.BORDER_WRAP, cv2.BORDER_REFLECT_101), strict=True))
_FLAGS = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}

_ONE = torch.ones(1, 1, 1, 1)

Matrix = NDArray[np.float64]
Image = NDArray[np.float32]


def serves(picture: Tensor) -> bool:
    """Whether OpenCV can read this picture (B, C, H, W): on the CPU, in float32, with no gradient asked for."""
    return (
        picture.device.type == "cpu"
        and picture.dtype == torch.float32
        and min(picture.shape[-2:]) >= _SHORTEST
        and max(picture.shape[-2:]) <= _LONGEST
        and not (picture.requires_grad and torch.is_grad_enabled())
    )


def warp(picture: Tensor, inverse: Matrix, *, border: Border, sampling: str) -> tuple[Tensor, Tensor] | None:
    """`picture` (B, C, H, W) read through `inverse` (3, 3), destination to source; and the coverage, (B, 1, H, W).

    None where OpenCV does not read as `warp_matrix` promises: read at positions then. The coverage is a single number
    in memory where all of it is 1.
    """
    height, width = picture.shape[-2:]
    corners = _corners(inverse.tolist(), height, width)
    if corners is None:
        return None
    outside = max(max(-x, x - (width - 1), -y, y - (height - 1)) for x, y in corners)
    inside = outside <= _ON_THE_EDGE
    if not (inside or border == "replicate"):
        return None
    size, flags = (width, height), _FLAGS[sampling] | cv2.WARP_INVERSE_MAP
    move = partial(cv2.warpPerspective, M=inverse, dsize=size, flags=flags, borderMode=_CODES[border])
    moved = _each(picture, move, cut=sampling == "bicubic")
    if inside:  # all pixels are, as the picture is convex
        return moved, _ONE.expand(len(picture), 1, height, width)
    covered = cv2.warpPerspective(
        np.ones((height, width), np.float32), inverse, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    return moved, torch.from_numpy(covered).expand(len(picture), 1, height, width)


def _corners(rows: list[list[float]], height: int, width: int) -> list[tuple[float, float]] | None:
    """Where the four corners come from; None if one is behind the camera or very far. NumPy takes longer for so few."""
    found = []
    for y in (0.0, height - 1.0):
        for x in (0.0, width - 1.0):
            across, down, ahead = (a * x + b * y + c for a, b, c in rows)
            if ahead <= NEAREST or max(abs(across), abs(down)) > FAR * ahead:
                return None
            found.append((across / ahead, down / ahead))
    return found


def read(picture: Tensor, points: Tensor, *, border: Border, sampling: str) -> Tensor:
    """`picture` (B, C, H, W) at `points` (B or 1, 2, h, w), float32: what `resample` says."""
    folded = points.detach().clone()
    for axis, length in ((0, picture.shape[-1]), (1, picture.shape[-2])):
        fold_(folded[:, axis], length, border)
    how = {"interpolation": _FLAGS[sampling], "borderMode": _CODES[border]}
    made = []
    for one, (x, y) in zip(picture, folded.expand(len(picture), -1, -1, -1), strict=True):
        move = partial(cv2.remap, map1=x.numpy(), map2=y.numpy(), **how)
        made.append(_each(one[None], move, cut=sampling == "bicubic"))
    return made[0] if len(made) == 1 else torch.cat(made)


def median(plane: Tensor) -> Tensor:
    """`plane` (1, 1, H, W), each value replaced by the median of the 5 x 5 around it; edges continue beyond it."""
    return torch.from_numpy(cv2.medianBlur(plane[0, 0].numpy(), 5))[None, None]


def image_of(picture: Tensor) -> Image:
    """A picture (C, H, W) as OpenCV takes it, (H, W, C): without a copy where its channels lie last in memory."""
    planes = picture.detach()
    if len(planes) > 1 and planes.stride(0) != 1:
        return np.asarray(cv2.merge(list(planes.numpy())))  # three times as fast as a copy by torch
    return np.asarray(planes.permute(1, 2, 0).numpy())


def _each(picture: Tensor, move: Callable[[Image], Any], *, cut: bool) -> Tensor:
    """Every picture of (B, C, H, W) through `move`, in the pieces that it reads exactly; `cut`: to [0, 1]."""
    channels = picture.shape[1]
    pieces = [picture] if channels in _TOGETHER else [picture[:, n : n + 1] for n in range(channels)]
    moved = []
    for piece in pieces:
        images = [move(image_of(one)) for one in piece]
        if cut:
            images = [np.clip(image, 0, 1, out=image) for image in images]
        stacked = images[0][None] if len(images) == 1 else np.stack(images)
        height, width = stacked.shape[1:3]
        moved.append(torch.from_numpy(stacked).view(len(piece), height, width, -1).permute(0, 3, 1, 2))
    return moved[0] if len(moved) == 1 else torch.cat(moved, 1)
