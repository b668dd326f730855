"""The quick way of the warp in space on a CPU: see `motion.quick`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion.borders import BORDERS, Border
from motion.quick import Image, move_each
from motion.visibility import DENSEST, MARGIN, MENDS, STRETCH


@dataclass(frozen=True, kw_only=True)
class Lines:
    """A camera's maps between pixels, there and back, (3, 4) each: depth * (a x + b y + c) + d, by the third."""

    ahead: NDArray[np.float32]
    back: NDArray[np.float32]


def z_buffer(depth: Tensor, lines: Lines) -> Tensor:
    """How far things are after a move, (1, 1, H, W), from depth (1, 1, H, W); infinite where nothing is."""
    return torch.from_numpy(_nearest(_plane_of(depth), lines))[None, None]


def see(
    picture: Tensor, depth: Tensor, lines: Lines, *, border: Border, sampling: str, soft_edges: bool
) -> tuple[Tensor, Tensor]:
    """`picture` (1, C, H, W) of depth (1, 1, H, W) as the moved camera sees it; and the coverage (1, 1, H, W)."""
    from motion.kernels.bands import over_rows
    from motion.kernels.space import look

    code, cubic = BORDERS.index(border), sampling == "bicubic"
    distances = _plane_of(depth)
    nearest, coverage = _nearest(distances, lines), np.empty_like(distances)
    if soft_edges:
        nearest = _mended(nearest)

    def move(index: int, image: Image, channels: int, out: Image) -> object:
        given = image, channels, code, cubic, distances, nearest, lines.ahead, lines.back, out, coverage
        return over_rows(lambda begin, end: look(*given, begin, end), *distances.shape)

    moved = move_each(picture, (distances.shape[0], distances.shape[1]), move)
    return moved, torch.from_numpy(coverage)[None, None]


def _nearest(depth: Image, lines: Lines) -> Image:
    from motion.kernels.bands import over_rows
    from motion.kernels.space import close, largest, splat

    height, width = depth.shape
    grown = max(over_rows(lambda begin, end: largest(depth, lines.ahead, begin, end), height, width))
    dense = max(1, min(DENSEST, math.ceil(float(grown) / STRETCH)))

    def thrown(begin: int, end: int) -> Image:
        """Each band has a buffer of its own: two threads would get in each other's way."""
        buffer = np.full((height + 2 * MARGIN, width + 2 * MARGIN), np.inf, np.float32)
        splat(depth, lines.ahead, dense, buffer, begin, end)
        return buffer

    buffer, *others = over_rows(thrown, height, width, turns=1)
    for other in others:
        np.minimum(buffer, other, out=buffer)
    nearest = np.empty_like(depth)
    over_rows(lambda begin, end: close(buffer, nearest, begin, end), height, width)
    return nearest


def _mended(nearest: Image) -> Image:
    from motion.kernels.bands import over_rows
    from motion.kernels.space import mend

    for _ in range(MENDS):
        torn, nearest = nearest, np.empty_like(nearest)
        over_rows(partial(mend, torn, nearest), *nearest.shape)
    return nearest


def _plane_of(depth: Tensor) -> Image:
    plane: Image = depth.detach()[0, 0].contiguous().numpy()
    return plane
