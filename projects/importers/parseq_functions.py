"""What Parseq's formulas compute with: the values of a field, and the functions that Reverie supports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from keyframes.curves import Curve

from .rewrite import Numbers

_MOST_POINTS = 24  # of a polynomial: with more it swings wildly
_TEXT = '""'
_CURVES = {
    "ease": (0.25, 0.1, 0.25, 1.0),
    "ease-in": (0.42, 0.0, 1.0, 1.0),
    "ease-out": (0.0, 0.0, 0.58, 1.0),
    "ease-in-out": (0.42, 0.0, 0.58, 1.0),
    "linear": (0.0, 0.0, 1.0, 1.0),
}


class Field:
    """One field over the film. at, value: its key frames, rising, with the first and last frame among them.

    made: the values computed so far.
    """

    def __init__(self, at: Numbers, value: Numbers, count: int, fps: float, bpm: float) -> None:
        self.at, self.value, self.count, self.fps = at, value, count, fps
        self.frames_per_beat = fps * 60 / bpm
        self.frames = np.arange(count, dtype=np.float64)
        self.made: Numbers = np.zeros(count)

    @cached_property
    def variables(self) -> dict[str, Numbers]:
        """The variables that are quick to compute, at every frame."""
        before = np.maximum(np.searchsorted(self.at, self.frames, side="right") - 1, 0)
        after = np.minimum(before + 1, len(self.at) - 1)
        return {
            "f": self.frames,
            "s": self.frames / self.fps,
            "b": self.frames / self.frames_per_beat,
            "k": self.frames - self.at[before],
            "L": np.interp(self.frames, self.at, self.value),
            "S": self.value[before],
            "final_frame": np.full(self.count, self.count - 1.0),
            **dict.fromkeys(("active_keyframe", "prev_keyframe"), self.at[before]),
            **dict.fromkeys(("active_keyframe_value", "prev_keyframe_value"), self.value[before]),
            "next_keyframe": self.at[after],
            "next_keyframe_value": self.value[after],
            "between keys": self.at[after] - self.at[before],
        }

    @cached_property
    def spline(self) -> Numbers:
        """The natural cubic spline through the points: its second derivative is 0 at both ends."""
        at, value = self.at, self.value
        if len(at) < 3:
            return self.variables["L"]
        width, rise = np.diff(at), np.diff(value) / np.diff(at)
        matrix = np.eye(len(at))
        inner = np.arange(1, len(at) - 1)
        matrix[inner, inner - 1], matrix[inner, inner + 1] = width[:-1], width[1:]
        matrix[inner, inner] = 2 * (width[:-1] + width[1:])
        bend = np.linalg.solve(matrix, np.concatenate([[0.0], 6 * np.diff(rise), [0.0]]))
        i = np.clip(np.searchsorted(at, self.frames, side="right") - 1, 0, len(width) - 1)
        x = self.frames - at[i]
        slope = rise[i] - width[i] * (2 * bend[i] + bend[i + 1]) / 6
        cubic = bend[i] / 2 + x * (bend[i + 1] - bend[i]) / (6 * width[i])
        return np.asarray(value[i] + x * (slope + x * cubic))

    @cached_property
    def polynomial(self) -> Numbers:
        """The polynomial through all points, by Neville's scheme. Raises ValueError for more than 24 points."""
        if len(self.at) > _MOST_POINTS:
            raise ValueError(f"P supports at most {_MOST_POINTS} key frames, not {len(self.at)}")
        rows = [np.full(self.count, value) for value in self.value]
        for step in range(1, len(rows)):
            rows = [
                ((self.frames - self.at[i + step]) * rows[i] + (self.at[i] - self.frames) * rows[i + 1])
                / (self.at[i] - self.at[i + step])
                for i in range(len(rows) - 1)
            ]
        return rows[0]


class Stretch:
    """The frames `start` to before `stop` of a field."""

    def __init__(self, field: Field, start: int, stop: int) -> None:
        self.field, self.part = field, slice(start, stop)

    def variable(self, name: str) -> Numbers:
        """A variable at each of the frames. Raises ValueError for one that is not supported."""
        if name == "prev_computed_value":  # its formula is computed one frame at a time
            start = self.part.start
            return self.field.made[start - 1 : start] if start else np.zeros(1)
        if name == "C":
            return self.field.spline[self.part]
        if name == "P":
            return self.field.polynomial[self.part]
        if name not in self.field.variables:
            raise ValueError(f"{name} is not supported")
        return self.field.variables[name][self.part]

    def constant(self, number: float, unit: str = "") -> Numbers:
        """A number of frames, seconds (s) or beats (b), at each of the frames."""
        frames = {"s": self.field.fps, "b": self.field.frames_per_beat}.get(unit, 1.0)
        return np.full(self.part.stop - self.part.start, number * frames)


Argument = Numbers | str


def call(name: str, arguments: Sequence[tuple[str, Argument]], stretch: Stretch) -> Numbers:
    """Compute a function. arguments: (name or "", value). Raises ValueError for one that it does not take."""
    parameters, compute = FUNCTIONS[name]
    known = [part.partition(" = ") for part in parameters.split(", ")]
    places = {each: place for place, (names, _, _) in enumerate(known) for each in names.split()}
    found: dict[int, Argument] = {}
    for index, (key, value) in enumerate(arguments):
        place = places.get(key, len(known)) if key else index
        if place >= len(known) or place in found:
            raise ValueError(f"{name}() does not take {key or 'so many arguments'}")
        found[place] = value
    values: list[Argument] = []
    for place, (names, _, default) in enumerate(known):
        if place not in found and not default:
            raise ValueError(f"{name}() needs {names.split()[0]}")
        value = found[place] if place in found else _default(default, stretch)
        if isinstance(value, str) and default != _TEXT:
            raise ValueError(f'{names.split()[0]} must be a number, not "{value}"')
        values.append(value)
    return np.asarray(compute(stretch, *values), dtype=np.float64)


def _default(default: str, stretch: Stretch) -> Argument:
    if default == _TEXT:
        return ""
    variables = stretch.field.variables
    return stretch.variable(default) if default in variables else stretch.constant(float(default))


# The names of each parameter and its default: a number, a variable or "" for a text; without one it is required.
# What computes the function takes the stretch and a value for each parameter.
Function = tuple[str, Callable[..., Numbers]]


def _wave(shape: Callable[[Numbers, Numbers, Numbers], Numbers]) -> Function:
    """shape: (position, period, pulse width) -> -1 to 1, or 0 to 1."""

    def wave(stretch: Stretch, *values: Numbers) -> Numbers:
        period, phase, amp, centre, limit, pulse = values
        found = centre + amp * shape(stretch.variable("f") + phase, period, pulse)
        over = (limit > 0) & (stretch.variable("k") > limit * period)
        return np.where(over, 0.0, found)

    return ("period p, phase ps = 0, amp a = 1, centre c = 0, limit li = 0, pulse pw = 5", wave)


def _turn(position: Numbers, period: Numbers) -> Numbers:
    return np.sin(position * np.pi * 2 / period)


def _slide(stretch: Stretch, start: Numbers, stop: Numbers, span: Numbers, offset: Numbers) -> Numbers:
    k = stretch.variable("k")
    position = np.where(np.abs(offset) < 1, offset * span, k)
    line = start + (stop - start) / np.where(span == 0, 1.0, span) * position
    return np.where(span == 0, start, np.where(k >= span, stop, line))


def _bez(stretch: Stretch, *values: Argument) -> Numbers:
    *numbers, curve, delta = values
    x1, y1, x2, y2, start, stop, span, offset = map(np.asarray, numbers)
    if not isinstance(curve, str) or (curve and curve not in _CURVES):
        raise ValueError(f"bez() supports these curves: {', '.join(_CURVES)}")
    stop = np.where(np.asarray(delta) != 0, start + delta, stop)
    points = _CURVES[curve] if curve else _fixed(x1, y1, x2, y2)
    position = np.where(np.abs(offset) < 1, offset, stretch.variable("k") / np.where(span == 0, 1.0, span))
    line = start + Curve(name="bezier", points=points).shape(position) * (stop - start)
    return np.where(span == 0, start, np.where(position > 1, stop, line))


def _fixed(*points: Numbers) -> tuple[float, float, float, float]:
    if any((point != point[0]).any() for point in points):
        raise ValueError("bez() needs control points that do not change")
    x1, y1, x2, y2 = (float(point[0]) for point in points)
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1):
        raise ValueError("bez() needs x1 and x2 from 0 to 1")
    return x1, y1, x2, y2


def _plain(parameters: str, compute: Callable[..., Numbers]) -> Function:
    """A function of its arguments alone."""
    return (parameters, lambda stretch, *values: compute(*values))


def _rounded(round_off: Callable[[Numbers], Numbers]) -> Function:
    """A rounding to a number of digits."""
    return _plain("v, p = 0", lambda v, digits: round_off(v * 10.0**digits) / 10.0**digits)


_SPAN = "from start = active_keyframe_value, to end t = next_keyframe_value, span in = between keys, offset os = 2"
_BEZIER = f"x1 = 0.5, y1 = 0, x2 = 0.5, y2 = 1, {_SPAN}, curve c = {_TEXT}, delta d = 0"
_SAME = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "log10", "log2", "sign")
_NUMPY = {name: name for name in (*_SAME, "sqrt", "cbrt")}
_NUMPY |= {f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
FUNCTIONS: dict[str, Function] = {
    "sin": _wave(lambda x, period, _: _turn(x, period)),
    "tri": _wave(lambda x, period, _: np.arcsin(_turn(x, period)) * 2 / np.pi),
    "saw": _wave(lambda x, period, _: np.fmod(x, period) / period),
    "sq": _wave(lambda x, period, _: np.where(_turn(x, period) >= 0, 1.0, -1.0)),
    "pulse": _wave(lambda x, period, width: np.where(np.fmod(x, period) < width, 1.0, 0.0)),
    "slide": (_SPAN, _slide),
    "bez": (_BEZIER, _bez),
    "min": _plain("a, b", np.minimum),
    "max": _plain("a, b", np.maximum),
    "abs": _plain("v", np.abs),
    "round": _rounded(lambda v: np.floor(v + 0.5)),
    "floor": _rounded(np.floor),
    "ceil": _rounded(np.ceil),
    "f2s": ("v", lambda stretch, v: v / stretch.field.fps),
    "s2f": ("v", lambda stretch, v: v * stretch.field.fps),
    "f2b": ("v", lambda stretch, v: v / stretch.field.frames_per_beat),
    "b2f": ("v", lambda stretch, v: v * stretch.field.frames_per_beat),
    **{f"_{name}": _plain("v", getattr(np, here)) for name, here in _NUMPY.items()},
}
