"""A picture seen by a camera that moved in space: who stands in front, and where each pixel comes from.

The arithmetic is that of `motion.warp3d`, operation by operation, in float32. `lines` (3, 4) are a camera's map from
pixels and their depth: depth * (a x + b y + c) + d, of which the first two are divided by the third.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from motion import visibility
from motion.kernels.compiled import compiled
from motion.kernels.reading import cover_row, read_row, scratch

_ZERO, _HALF, _ONE, _TWO, _NONE = (np.float32(value) for value in (0, 0.5, 1, 2, np.inf))
_NEAREST, _REACH, _SLACK = (
    np.float32(value) for value in (visibility.NEAREST, visibility.REACH, visibility.SLACK)
)
_MARGIN, _CRACK = visibility.MARGIN, visibility.CRACK
_TORN = np.float32(visibility.TORN)
_AROUND = 5  # pixels across, of which the middle one counts


@compiled
def largest(depth: Any, lines: Any, begin: int, end: int) -> Any:
    """The largest enlargement in these rows of `depth` (H, W): depth before over depth after."""
    a, b, c, d = lines[2]
    grown = np.empty(depth.shape[1], np.float32)
    most = np.int32(0)
    for row in range(begin, end):
        z, rest = depth[row], b * np.float32(row) + c
        for i in range(len(z)):
            grown[i] = z[i] / max((a * np.float32(i) + rest) * z[i] + d, _NEAREST)
        bits = grown.view(
            np.int32
        )  # in the order of the numbers, as these are above 0, and quicker to compare
        for i in range(len(z)):
            most = max(most, bits[i])
    return np.array([most], np.int32).view(np.float32)[0]


@compiled
def splat(depth: Any, lines: Any, dense: int, buffer: Any, begin: int, end: int) -> None:
    """Throw these rows of `depth` (H, W), `dense` to a pixel each way, into `buffer`, with a margin: nearest wins."""
    height, width = depth.shape
    wide, step = width + 2 * _MARGIN, np.float32(dense)
    flat = buffer.reshape(-1)
    count = width * dense
    z, cell, thrown = np.empty(count, np.float32), np.empty(count, np.int32), np.empty((4, count), np.float32)
    for row in range(begin * dense, end * dense):
        for i in range(count):
            z[i] = depth[row // dense, i // dense]
        _throw(z, (np.float32(row) + _HALF) / step - _HALF, lines, step, height, width, cell, thrown)
        for i in range(count):
            at = np.uint32(cell[i])  # unsigned: never counted from the end
            below = at + np.uint32(wide)
            _keep(flat, at, thrown[0, i])
            _keep(flat, at + np.uint32(1), thrown[1, i])
            _keep(flat, below, thrown[2, i])
            _keep(flat, below + np.uint32(1), thrown[3, i])


@compiled
def _keep(buffer: Any, at: Any, far: Any) -> None:
    buffer[at] = far if far < buffer[at] else buffer[at]


@compiled
def _throw(z: Any, y: Any, lines: Any, step: Any, height: int, width: int, cell: Any, thrown: Any) -> None:
    """Where the pixels of a row land: the upper left of four cells, and the distance that each of the four gets."""
    (a, b, c, d), (e, f, g, h), (k, m, n, p) = lines
    across, down, away = b * y + c, f * y + g, m * y + n
    right_end, low_end = np.float32(width + 1), np.float32(height + 1)
    wide = np.int32(width + 2 * _MARGIN)
    margin = np.int32(_MARGIN)
    for i in range(len(z)):
        x = (np.float32(i) + _HALF) / step - _HALF
        far = (k * x + away) * z[i] + p
        safe = max(far, _NEAREST)
        u, v = ((a * x + across) * z[i] + d) / safe, ((e * x + down) * z[i] + h) / safe
        reach = z[i] / safe / step * _REACH + _SLACK
        left, top = np.floor(u), np.floor(v)
        right, low = u - left, v - top
        column = np.int32(min(max(left, -_TWO), right_end))
        row = np.int32(min(max(top, -_TWO), low_end))
        cell[i] = (row + margin) * wide + (column + margin)
        seen = far > _NEAREST
        first, second = (right <= reach) & seen, (_ONE - right <= reach) & seen
        upper, lower = low <= reach, _ONE - low <= reach
        thrown[0, i] = far if first & upper else _NONE
        thrown[1, i] = far if second & upper else _NONE
        thrown[2, i] = far if first & lower else _NONE
        thrown[3, i] = far if second & lower else _NONE


@compiled
def close(buffer: Any, out: Any, begin: int, end: int) -> None:
    """These rows of `out` (H, W): the buffer without its margin, cracks filled with the farthest around them."""
    height, width = out.shape
    for row in range(begin, end):
        line = buffer[row + _MARGIN]
        for i in range(width):
            nearest = line[i + _MARGIN]
            out[row, i] = nearest if nearest < _NONE else _around(buffer, row, i, height, width)


@compiled
def _around(buffer: Any, row: int, column: int, height: int, width: int) -> Any:
    hits, there, farthest = 0, 0, _ZERO
    for j in range(max(row - 1, 0), min(row + 2, height)):
        for i in range(max(column - 1, 0), min(column + 2, width)):
            there += 1
            value = buffer[j + _MARGIN, i + _MARGIN]
            if value < _NONE:
                hits += 1
                farthest = max(farthest, value)
    return farthest if 9 * hits >= _CRACK * there else _NONE


@compiled
def mend(nearest: Any, out: Any, begin: int, end: int) -> None:
    """These rows of `out` (H, W): `nearest`, and at edges what the middle one of the 5 x 5 distances there says."""
    last, width = nearest.shape[0] - 1, nearest.shape[1]
    around = np.empty(_AROUND * _AROUND, np.float32)
    low, high = np.empty(width + 2, np.float32), np.empty(width + 2, np.float32)
    for row in range(begin, end):
        above, here, below = nearest[max(row - 1, 0)], nearest[row], nearest[min(row + 1, last)]
        for i in range(width):
            low[i + 1] = min(min(above[i], here[i]), below[i])
            high[i + 1] = max(max(above[i], here[i]), below[i])
        low[0], low[-1], high[0], high[-1] = low[1], low[-2], high[1], high[-2]
        for i in range(width):
            value = here[i]
            least, most = (
                min(min(low[i], low[i + 1]), low[i + 2]),
                max(max(high[i], high[i + 1]), high[i + 2]),
            )
            if most > least * _TORN:
                value = _settled(nearest, row, i, around)
            out[row, i] = value


@compiled
def _settled(nearest: Any, row: int, column: int, around: Any) -> Any:
    """The distance here, or the median of those around, where it is another thing's; edges go on beyond the picture."""
    height, width = nearest.shape
    value, half, count = nearest[row, column], _AROUND // 2, 0
    nearer, farther = 0, 0
    for j in range(row - half, row + half + 1):
        for i in range(column - half, column + half + 1):
            other = nearest[min(max(j, 0), height - 1), min(max(i, 0), width - 1)]
            around[count] = other
            nearer, farther, count = (
                nearer + (value > other * _TORN),
                farther + (other > value * _TORN),
                count + 1,
            )
    if 2 * nearer < count and 2 * farther < count:  # then the median is not as far away
        return value
    for done in range(count // 2 + 1):
        least = done
        for at in range(done + 1, count):
            least = at if around[at] < around[least] else least
        around[done], around[least] = around[least], around[done]
    return around[count // 2]


@compiled
def look(
    image: Any,
    channels: int,
    border: int,
    cubic: bool,
    depth: Any,
    nearest: Any,
    ahead: Any,
    back: Any,
    out: Any,
    coverage: Any,
    begin: int,
    end: int,
) -> None:
    """Rows `begin` to `end` of `out` (H, W * C) and `coverage` (H, W): `image` (H, W * C) as the moved camera sees it.

    nearest: what `close` made of `depth` (H, W). ahead, back: the camera's lines there and back.
    """
    height, width = depth.shape
    flat = image.reshape(-1)
    xs, ys, work = (
        np.empty(width, np.float32),
        np.empty(width, np.float32),
        scratch(width, height, width, channels, border),
    )
    (a, b, c, d), (e, f, g, h), (k, m, n, p) = back
    for row in range(begin, end):
        y, near = np.float32(row), nearest[row]
        across, down, away = b * y + c, f * y + g, m * y + n
        holes = np.int32(0)
        for i in range(width):
            hit = near[i] < _NONE
            z, x = near[i] if hit else _ONE, np.float32(i)
            safe = max((k * x + away) * z + p, _NEAREST)
            xs[i], ys[i] = ((a * x + across) * z + d) / safe, ((e * x + down) * z + h) / safe
            holes += np.int32(not hit)
        if holes:
            _go_on(depth[row], near, y, ahead, xs, ys)
        cover_row(xs, ys, height, width, coverage[row])
        if holes:
            for i in range(width):
                coverage[row, i] = coverage[row, i] if near[i] < _NONE else _ZERO
        read_row(flat, height, width, channels, border, cubic, xs, ys, out[row], work)


@compiled
def _go_on(depth: Any, near: Any, y: Any, lines: Any, xs: Any, ys: Any) -> None:
    """Where holes are filled from: as far back as the pixel itself went ahead."""
    (a, b, c, d), (e, f, g, h), (k, m, n, p) = lines
    for i in range(len(near)):
        if not near[i] < _NONE:
            x, z = np.float32(i), depth[i]
            safe = max((k * x + (m * y + n)) * z + p, _NEAREST)
            xs[i] = _TWO * x - ((a * x + (b * y + c)) * z + d) / safe
            ys[i] = _TWO * y - ((e * x + (f * y + g)) * z + h) / safe
