"""Colours in 8-bit levels: counted, and the change that a curve for the levels makes.

LAB is CIE's (D65, sRGB decoded), its channels as levels L * 255 / 100, a + 128, b + 128. Powers are polynomials, so
that whole rows go through vector units: at most 1e-4 from the power, which is 1/40 of a level. They are Chebyshev
interpolations about the middle of their range, from the constant up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from motion.kernels.compiled import compiled, compiled_fused

LEVELS = 256
_ZERO, _HALF, _ONE, _TOP = np.float32(0), np.float32(0.5), np.float32(1), np.float32(LEVELS - 1)


def _floats(*values: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(value) for value in values)


# ((x + 0.055) / 1.055) ** 2.4 for x from 0.04 to 1
_DECODE_AT = np.float32(0.52)
_DECODE = _floats(0.23300517, 0.9726299, 1.1853492, 0.27330473, -0.08550178, 0.05310405)
# 1.055 * x ** (1 / 2.4) - 0.055 for the root of x from 0.0559 to 1
_ENCODE_AT = np.float32(0.528)
_ENCODE = _floats(
    *(0.56460375, 0.97760922, -0.15384157, 0.13083889, -0.14505491),
    *(-0.10334782, 0.21742259, 1.3276076, -2.1277313),
)
# the cube root of x for the root of x from 0.094 to 1.005
_ROOT_AT = np.float32(0.55)
_ROOT = _floats(
    *(0.67128718, 0.81339067, -0.24607891, 0.21717258, -0.24064347),
    *(-0.021409998, 0.11128123, 1.834162, -2.8478355),
)
_LINEAR, _LINEAR_DECODED = _floats(0.04045, 0.0031308)  # sRGB is a line below
_DIM, _DIM_ROOT = _floats(0.008856, 0.20689303)  # CIE's f is a line below
_SLOPE, _OFFSET = _floats(7.787, 4 / 29)
_WHITE = (0.95047, 1.0, 1.08883)
_TO_XYZ = tuple(
    _floats(*(value / white for value in row))
    for row, white in zip(
        (
            (0.412453, 0.357580, 0.180423),
            (0.212671, 0.715160, 0.072169),
            (0.019334, 0.119193, 0.950227),
        ),
        _WHITE,
        strict=True,
    )
)
_FROM_XYZ = tuple(_floats(*row) for row in np.linalg.inv(np.array(_TO_XYZ, np.float64)).tolist())


@compiled
def to_levels(image: Any, lab: bool, levels: Any, begin: int, end: int) -> None:
    """Rows of `image` (H, W * 3), RGB in [0, 1], as levels (H, 3, W), of LAB or RGB."""
    width = levels.shape[2]
    red, green, blue = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    for row in range(begin, end):
        line = image[row]
        for i in range(width):
            red[i], green[i], blue[i] = line[3 * i], line[3 * i + 1], line[3 * i + 2]
        if lab:
            _to_lab(red, green, blue)
        else:
            _scale(red, green, blue)
        for channel, values in enumerate((red, green, blue)):
            out = levels[row, channel]
            for i in range(width):
                value = values[i] if values[i] > _ZERO else _ZERO  # also for what is no number
                out[i] = np.uint8(np.int32(value if value < _TOP else _TOP))


@compiled
def count(levels: Any, begin: int, end: int) -> Any:
    """How often each level occurs in these rows of `levels` (H, 3, W): (3, 256), int32."""
    counts = np.zeros((3, 4, LEVELS), np.int32)
    width = levels.shape[2]
    for row in range(begin, end):
        for channel in range(3):
            line, (a, b, c, d) = levels[row, channel], counts[channel]
            for i in range(0, width - 3, 4):  # counters in turn: neighbours are often alike, and would wait
                a[line[i]] += 1
                b[line[i + 1]] += 1
                c[line[i + 2]] += 1
                d[line[i + 3]] += 1
            for i in range(width // 4 * 4, width):
                a[line[i]] += 1
    return counts.sum(1)


@compiled
def add_change(image: Any, levels: Any, pairs: Any, lab: bool, out: Any, begin: int, end: int) -> None:
    """Rows of `out` (H, W * 3): `image` and the change of the colours that its `levels` stand for, cut to [0, 1].

    pairs: (3, 256), the new and the old value of every level, two float32 in the memory of one float64, to be
    fetched at once. They are RGB, or in CIE's terms f(Y), a / 500 and b / 200.
    """
    width = levels.shape[2]
    fetched = np.empty((3, width), np.float64)
    values = fetched.view(np.float32)
    for row in range(begin, end):
        for channel in range(3):
            line, known, there = levels[row, channel], pairs[channel], fetched[channel]
            for i in range(width):
                there[i] = known[line[i]]
        red, green, blue = values[0], values[1], values[2]
        if lab:
            _from_lab(red, green, blue)
        given, made = image[row], out[row]
        for i in range(width):
            made[3 * i] = _cut(given[3 * i] + (red[2 * i] - red[2 * i + 1]))
            made[3 * i + 1] = _cut(given[3 * i + 1] + (green[2 * i] - green[2 * i + 1]))
            made[3 * i + 2] = _cut(given[3 * i + 2] + (blue[2 * i] - blue[2 * i + 1]))


@compiled
def _scale(x: Any, y: Any, z: Any) -> None:
    """A row of RGB to levels, and a half more, in place."""
    for i in range(len(x)):
        x[i], y[i], z[i] = x[i] * _TOP + _HALF, y[i] * _TOP + _HALF, z[i] * _TOP + _HALF


@compiled_fused
def _to_lab(x: Any, y: Any, z: Any) -> None:
    """A row of RGB to levels of LAB, and a half more, in place."""
    for i in range(len(x)):
        r, g, b = _decoded(x[i]), _decoded(y[i]), _decoded(z[i])
        u = _root(_TO_XYZ[0][0] * r + _TO_XYZ[0][1] * g + _TO_XYZ[0][2] * b)
        v = _root(_TO_XYZ[1][0] * r + _TO_XYZ[1][1] * g + _TO_XYZ[1][2] * b)
        w = _root(_TO_XYZ[2][0] * r + _TO_XYZ[2][1] * g + _TO_XYZ[2][2] * b)
        x[i] = np.float32(1.16 * 255) * v - np.float32(0.16 * 255 - 0.5)
        y[i] = np.float32(500) * (u - v) + np.float32(128.5)
        z[i] = np.float32(200) * (v - w) + np.float32(128.5)


@compiled_fused
def _from_lab(x: Any, y: Any, z: Any) -> None:
    """The way back from f(Y), a / 500, b / 200 to RGB in [0, 1], what the screen cannot show cut; in place."""
    for i in range(len(x)):
        w = x[i] - z[i]
        u, v, w = _cubed(x[i] + y[i]), _cubed(x[i]), _cubed(w if w > _ZERO else _ZERO)
        x[i] = _encoded(_FROM_XYZ[0][0] * u + _FROM_XYZ[0][1] * v + _FROM_XYZ[0][2] * w)
        y[i] = _encoded(_FROM_XYZ[1][0] * u + _FROM_XYZ[1][1] * v + _FROM_XYZ[1][2] * w)
        z[i] = _encoded(_FROM_XYZ[2][0] * u + _FROM_XYZ[2][1] * v + _FROM_XYZ[2][2] * w)


@compiled
def _cut(value: Any) -> Any:
    value = value if value > _ZERO else _ZERO  # also for what is no number
    return value if value < _ONE else _ONE


@compiled_fused
def _decoded(value: Any) -> Any:
    value = _cut(value)
    t, c = value - _DECODE_AT, _DECODE
    power = ((((c[5] * t + c[4]) * t + c[3]) * t + c[2]) * t + c[1]) * t + c[0]
    return power if value > _LINEAR else value * np.float32(1 / 12.92)


@compiled_fused
def _encoded(value: Any) -> Any:
    value = _cut(value)
    power = _eighth(np.sqrt(value) - _ENCODE_AT, _ENCODE)
    return power if value > _LINEAR_DECODED else value * np.float32(12.92)


@compiled_fused
def _root(value: Any) -> Any:
    power = _eighth(np.sqrt(value) - _ROOT_AT, _ROOT)
    return power if value > _DIM else value * _SLOPE + _OFFSET


@compiled_fused
def _eighth(t: Any, c: Any) -> Any:
    high = ((c[8] * t + c[7]) * t + c[6]) * t + c[5]
    return ((((high * t + c[4]) * t + c[3]) * t + c[2]) * t + c[1]) * t + c[0]


@compiled_fused
def _cubed(value: Any) -> Any:
    return value * value * value if value > _DIM_ROOT else (value - _OFFSET) * np.float32(1 / 7.787)
