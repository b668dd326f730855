"""Reading a row of positions between the pixels of an image: what all warps end in."""

from __future__ import annotations

from typing import Any

import numpy as np

from motion.borders import FAR
from motion.kernels.compiled import compiled
from motion.kernels.vectors import LANES, blend

REPLICATE, WRAP, REFLECT = 0, 1, 2  # as in BORDERS
_REACH = 3  # pixels beyond the edge that the taps of a folded position can lie
_ZERO, _ONE, _TWO, _FAR = np.float32(0), np.float32(1), np.float32(2), np.float32(FAR)
# Keys' kernel with a = -0.75: (a + 2) d^3 - (a + 3) d^2 + 1 near, a d^3 - 5 a d^2 + 8 a d - 4 a farther off.
_N3, _N2 = np.float32(1.25), np.float32(2.25)
_F3, _F2, _F1, _F0 = np.float32(-0.75), np.float32(-3.75), np.float32(-6), np.float32(-3)


@compiled
def scratch(count: int, height: int, width: int, channels: int, border: int) -> Any:
    """Memory for `read_row` on `count` positions in an image (height, width, channels), and where its pixels are.

    Where the taps of each position begin, their weights across and down, the taps of one pixel at the edge, and where
    columns and rows begin in memory.
    """
    return (
        np.empty(count, np.int32),
        np.empty((4, count), np.float32),
        np.empty((4, count), np.float32),
        np.empty(48, np.float32),
        _places(width, border, channels),
        _places(height, border, width * channels),
    )


@compiled
def read_row(
    image: Any,
    height: int,
    width: int,
    channels: int,
    border: int,
    cubic: bool,
    xs: Any,
    ys: Any,
    out: Any,
    work: Any,
) -> None:
    """Read `image`, (H, W, C) laid flat, at `xs` and `ys` into `out`, all float32; the positions are folded in place.

    channels: 1 or 3. `xs`, `ys` and `out` (with its channels) are one row. Convention: as `motion.resample`.
    """
    _fold(xs, width, border)
    _fold(ys, height, border)
    at, across, down, _, _, _ = work
    before, taps = (1, 4) if cubic else (0, 2)
    beyond = _locate(xs, ys, height, width, channels, before, taps, at)
    step = np.int64(width * channels)
    if cubic:
        _cubic(xs, across)
        _cubic(ys, down)
    else:
        _linear(xs, across)
        _linear(ys, down)
    # Four loops with nothing to decide but the edge, which has one of its own: a quarter faster than one for all.
    if cubic and channels == 3:
        for i in range(len(xs)):
            if at[i] >= 0:
                blend(out, np.int64(3 * i), image, np.int64(at[i]), step, _four(across, i), _four(down, i), 3)
    elif cubic:
        for i in range(len(xs)):
            if at[i] >= 0:
                blend(out, np.int64(i), image, np.int64(at[i]), step, _four(across, i), _four(down, i), 1)
    elif channels == 3:
        for i in range(len(xs)):
            if at[i] >= 0:
                blend(out, np.int64(3 * i), image, np.int64(at[i]), step, _two(across, i), _two(down, i), 3)
    else:
        for i in range(len(xs)):
            if at[i] >= 0:
                blend(out, np.int64(i), image, np.int64(at[i]), step, _two(across, i), _two(down, i), 1)
    if beyond:
        _read_edge(image, channels, cubic, xs, ys, out, work)


@compiled
def _read_edge(image: Any, channels: int, cubic: bool, xs: Any, ys: Any, out: Any, work: Any) -> None:
    """What `read_row` leaves out: pixels some of whose taps lie beyond the edge."""
    at, across, down, corner, columns, rows = work
    before, taps = (1, 4) if cubic else (0, 2)
    first, step = np.int64(0), np.int64(taps * channels)
    for i in range(len(xs)):
        if at[i] < 0:
            _corner(image, columns, rows, channels, xs[i], ys[i], before, taps, corner)
            to = np.int64(i * channels)
            if cubic and channels == 3:
                blend(out, to, corner, first, step, _four(across, i), _four(down, i), 3)
            elif cubic:
                blend(out, to, corner, first, step, _four(across, i), _four(down, i), 1)
            elif channels == 3:
                blend(out, to, corner, first, step, _two(across, i), _two(down, i), 3)
            else:
                blend(out, to, corner, first, step, _two(across, i), _two(down, i), 1)


@compiled
def _two(weights: Any, i: int) -> Any:
    return _ONE - weights[0, i], weights[0, i]


@compiled
def _four(weights: Any, i: int) -> Any:
    return weights[0, i], weights[1, i], weights[2, i], weights[3, i]


@compiled
def cover_row(xs: Any, ys: Any, height: int, width: int, out: Any) -> None:
    """The coverage of a row, as `motion.resample.covered`, before its positions are folded."""
    for i in range(len(xs)):
        out[i] = _within(xs[i], width) * _within(ys[i], height)


@compiled
def _within(position: Any, length: int) -> Any:
    share = np.float32((length + 1) / 2) - abs(position - np.float32((length - 1) / 2))
    return min(max(share, _ZERO), _ONE)


@compiled
def _fold(positions: Any, length: int, border: int) -> None:
    """`motion.borders.fold_`, and no position that is not finite: taps are read where it says."""
    size, last = np.float32(length), np.float32(length - 1)
    low, high = (-_ONE, size) if border == REPLICATE or length == 1 else (-_FAR, _FAR)
    for i in range(len(positions)):
        x = positions[i]
        x = x if x >= low else low
        positions[i] = x if x <= high else high
    if length == 1 or border == REPLICATE:
        return
    if border == WRAP:
        for i in range(len(positions)):
            positions[i] -= np.floor(positions[i] / size) * size
    else:
        for i in range(len(positions)):
            x = positions[i] - np.floor(positions[i] / (_TWO * last)) * (_TWO * last)
            positions[i] = last - abs(x - last)


@compiled
def _locate(xs: Any, ys: Any, height: int, width: int, channels: int, before: int, taps: int, at: Any) -> Any:
    """Where the taps of each pixel begin; -1 where some lie beyond the edge, of which it returns how many."""
    spare = -taps * channels % LANES  # values that a vector reads beyond its last tap
    right = np.int32(width - taps + before - (spare + channels - 1) // channels)
    low, bottom = np.int32(before), np.int32(height - taps + before)
    wide, count, beyond = np.int32(width), np.int32(channels), np.int32(0)
    for i in range(len(xs)):
        x, y = np.int32(np.floor(xs[i])), np.int32(np.floor(ys[i]))
        inside = (x >= low) & (y >= low) & (x <= right) & (y <= bottom)
        at[i] = ((y - low) * wide + (x - low)) * count if inside else np.int32(-1)
        beyond += np.int32(not inside)
    return beyond


@compiled
def _linear(positions: Any, weights: Any) -> None:
    for i in range(len(positions)):
        weights[0, i] = positions[i] - np.floor(positions[i])


@compiled
def _cubic(positions: Any, weights: Any) -> None:
    for i in range(len(positions)):
        u = positions[i] - np.floor(positions[i])
        v = _ONE - u
        weights[0, i] = _outer(u + _ONE)
        weights[1, i] = (_N3 * u - _N2) * u * u + _ONE
        weights[2, i] = (_N3 * v - _N2) * v * v + _ONE
        weights[3, i] = _outer(v + _ONE)


@compiled
def _outer(distance: Any) -> Any:
    return ((_F3 * distance - _F2) * distance + _F1) * distance - _F0


@compiled
def _corner(
    image: Any, columns: Any, rows: Any, channels: int, x: Any, y: Any, before: int, taps: int, out: Any
) -> None:
    """The taps of one pixel, some of which the border shows."""
    left, top = np.int64(np.floor(x)) - before + _REACH, np.int64(np.floor(y)) - before + _REACH
    to = 0
    for j in range(taps):
        for i in range(taps):
            _copy(image, rows[top + j] + columns[left + i], channels, out, to)
            to += channels


@compiled
def _copy(image: Any, first: int, channels: int, out: Any, to: int) -> None:
    """A pixel."""
    out[to] = image[first]
    if channels == 3:
        out[to + 1] = image[first + 1]
        out[to + 2] = image[first + 2]


@compiled
def _places(length: int, border: int, step: int) -> Any:
    """Where in memory the pixels -_REACH to length + _REACH of an axis are, `step` values apart."""
    places = np.empty(length + 2 * _REACH, np.int64)
    for i in range(len(places)):
        places[i] = _inside(i - _REACH, length, border) * step
    return places


@compiled
def _inside(at: Any, length: int, border: int) -> Any:
    """The pixel that a border shows at `at`."""
    if border == REPLICATE or length == 1:
        return min(max(at, 0), length - 1)
    if border == WRAP:
        return at % length
    at = at % (2 * length - 2)
    return min(at, 2 * length - 2 - at)
