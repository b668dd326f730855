"""A flat picture moved by a matrix, and a picture read at given points."""

from __future__ import annotations

from typing import Any

import numpy as np

from motion.kernels.compiled import compiled
from motion.kernels.reading import cover_row, read_row, scratch

NEAREST = 1e-6  # where the camera's plane is nearer than this the picture is stretched a million times


@compiled
def warp_rows(
    image: Any,
    channels: int,
    border: int,
    cubic: bool,
    inverse: Any,
    out: Any,
    coverage: Any,
    begin: int,
    end: int,
) -> None:
    """Rows `begin` to `end` of `out` (H, W * C), read from `image` (H, W * C) through `inverse` (3, 3), float64.

    coverage: (H, W), or (0, 0) if nobody asks.
    """
    height, width = len(image), image.shape[1] // channels
    flat = image.reshape(-1)
    xs, ys, work = (
        np.empty(width, np.float32),
        np.empty(width, np.float32),
        scratch(width, height, width, channels, border),
    )
    a, b, c = inverse[0]
    d, e, f = inverse[1]
    g, h, k = inverse[2]
    plane = g == 0 and h == 0 and k == 1
    for row in range(begin, end):
        x, y, z = b * row + c, e * row + f, h * row + k
        if plane:
            for i in range(width):
                xs[i] = a * i + x
                ys[i] = d * i + y
        else:
            for i in range(width):
                far = max(g * i + z, NEAREST)
                xs[i] = (a * i + x) / far
                ys[i] = (d * i + y) / far
        if len(coverage):
            cover_row(xs, ys, height, width, coverage[row])
            if not plane:
                for i in range(width):
                    if not g * i + z > NEAREST:
                        coverage[row, i] = 0
        read_row(flat, height, width, channels, border, cubic, xs, ys, out[row], work)


@compiled
def read_rows(
    image: Any, channels: int, border: int, cubic: bool, points: Any, out: Any, begin: int, end: int
) -> None:
    """Rows `begin` to `end` of `out` (h, w * C): `image` (H, W * C) at `points` (2, h, w)."""
    height, width = len(image), image.shape[1] // channels
    flat = image.reshape(-1)
    wide = points.shape[2]
    xs, ys, work = (
        np.empty(wide, np.float32),
        np.empty(wide, np.float32),
        scratch(wide, height, width, channels, border),
    )
    for row in range(begin, end):
        xs[:] = points[0, row]
        ys[:] = points[1, row]
        read_row(flat, height, width, channels, border, cubic, xs, ys, out[row], work)
