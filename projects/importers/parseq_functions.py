"""The functions of Parseq's formulas that Reverie supports: waves, slides, Bezier curves, arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from keyframes.curves import Curve

from .parseq_formulas import Arguments, Field, Functions, Node, Scope
from .runs_to_keys import Numbers

_CURVES: Mapping[str, tuple[float, float, float, float]] = {
    "ease": (0.25, 0.1, 0.25, 1.0),
    "ease-in": (0.42, 0.0, 1.0, 1.0),
    "ease-out": (0.0, 0.0, 0.58, 1.0),
    "ease-in-out": (0.42, 0.0, 0.58, 1.0),
    "linear": (0.0, 0.0, 1.0, 1.0),
}
_WAVE = ("period! p", "phase ps", "amp a", "centre c", "limit li", "pulse pw")
_WAVE_DEFAULTS = {"phase": 0.0, "amp": 1.0, "centre": 0.0, "limit": 0.0, "pulse": 5.0}
_SPAN = ("from start", "to end t", "span in", "offset os")
_POINTS = {"x1": 0.5, "y1": 0.0, "x2": 0.5, "y2": 1.0}


def _bound(name: str, known: Sequence[str], arguments: Arguments) -> dict[str, Node | str]:
    """The arguments by their first names. known: the names of each; ! marks a required one."""
    order = [names.split()[0].rstrip("!") for names in known]
    places = {
        alias: place
        for place, names in zip(order, known, strict=True)
        for alias in [place, *names.split()[1:]]
    }
    found: dict[str, Node | str] = {}
    for index, (key, node) in enumerate(arguments):
        place = places.get(key, "") if key else order[index] if index < len(order) else ""
        if not place or place in found:
            raise ValueError(f"{name}() does not take {key or 'so many arguments'}")
        found[place] = node
    for place, names in zip(order, known, strict=True):
        if "!" in names and place not in found:
            raise ValueError(f"{name}() needs {place}")
    return found


def _number(found: Mapping[str, Node | str], place: str, default: float | str) -> Node:
    """An argument as numbers. default: a number, or the name of a variable."""
    node = found.get(place)
    if isinstance(node, str):
        raise ValueError(f'{place} must be a number, not "{node}"')
    if node is not None:
        return node
    if isinstance(default, str):
        return lambda scope: scope.variable(default)
    return lambda scope: np.full(scope.count, float(default))


def _wave(name: str, shape: Callable[[Numbers, Numbers, Numbers], Numbers]) -> Callable[[Arguments], Node]:
    """shape: (position, period, pulse width) -> -1 to 1, or 0 to 1."""

    def make(arguments: Arguments) -> Node:
        found = _bound(name, _WAVE, arguments)
        parts = [_number(found, place, default) for place, default in _WAVE_DEFAULTS.items()]
        period_of = _number(found, "period", 0.0)

        def node(scope: Scope) -> Numbers:
            period = period_of(scope)
            phase, amp, centre, limit, pulse = (part(scope) for part in parts)
            wave = centre + amp * shape(scope.variable("f") + phase, period, pulse)
            over = (limit > 0) & (scope.variable("k") > limit * period)
            return np.where(over, 0.0, wave)

        return node

    return make


def _turn(position: Numbers, period: Numbers) -> Numbers:
    return np.sin(position * np.pi * 2 / period)


def _span_of(found: Mapping[str, Node | str]) -> tuple[Node, Node, Node, Node]:
    """From, to, the frames between them, and the offset."""
    span = _number(found, "span", 0.0) if "span" in found else _between_keys
    start, stop = _number(found, "from", "active_keyframe_value"), _number(found, "to", "next_keyframe_value")
    return start, stop, span, _number(found, "offset", 2.0)


def _between_keys(scope: Scope) -> Numbers:
    return scope.variable("next_keyframe") - scope.variable("active_keyframe")


def _slide(arguments: Arguments) -> Node:
    ends = _span_of(_bound("slide", _SPAN, arguments))

    def node(scope: Scope) -> Numbers:
        start, stop, span, offset = (end(scope) for end in ends)
        k = scope.variable("k")
        position = np.where(np.abs(offset) < 1, offset * span, k)
        line = start + (stop - start) / np.where(span == 0, 1.0, span) * position
        return np.where(span == 0, start, np.where(k >= span, stop, line))

    return node


def _bez(arguments: Arguments) -> Node:
    found = _bound("bez", (*_POINTS, *_SPAN, "curve c", "delta d"), arguments)
    points = [_number(found, name, default) for name, default in _POINTS.items()]
    curve = found.get("curve", "")
    if not isinstance(curve, str) or (curve and curve not in _CURVES):
        raise ValueError(f"bez() supports these curves: {', '.join(_CURVES)}")
    ends, delta_of = _span_of(found), _number(found, "delta", 0.0)

    def node(scope: Scope) -> Numbers:
        start, stop, span, offset = (end(scope) for end in ends)
        delta = delta_of(scope)
        stop = np.where(delta != 0, start + delta, stop)
        inner = _CURVES[curve] if curve else _fixed([point(scope) for point in points])
        position = np.where(np.abs(offset) < 1, offset, scope.variable("k") / np.where(span == 0, 1.0, span))
        line = start + Curve(name="bezier", points=inner).shape(position) * (stop - start)
        return np.where(span == 0, start, np.where(position > 1, stop, line))

    return node


def _fixed(points: Sequence[Numbers]) -> tuple[float, float, float, float]:
    if any((point != point[0]).any() for point in points):
        raise ValueError("bez() needs control points that do not change")
    x1, y1, x2, y2 = (float(point[0]) for point in points)
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1):
        raise ValueError("bez() needs x1 and x2 from 0 to 1")
    return x1, y1, x2, y2


def _plain(name: str, names: tuple[str, ...], compute: Callable[..., Numbers]) -> Callable[[Arguments], Node]:
    """A function of numbers alone. names: those of its arguments."""

    def make(arguments: Arguments) -> Node:
        found = _bound(name, names, arguments)
        nodes = [_number(found, each.split()[0].rstrip("!"), 0.0) for each in names]
        return lambda scope: np.asarray(compute(*(node(scope) for node in nodes)), dtype=np.float64)

    return make


def _rounded(name: str, round_off: Callable[[Numbers], Numbers]) -> Callable[[Arguments], Node]:
    """A rounding to a number of digits."""
    return _plain(name, ("v!", "p"), lambda v, digits: round_off(v * 10.0**digits) / 10.0**digits)


def _converted(name: str, convert: Callable[[Numbers, Field], Numbers]) -> Callable[[Arguments], Node]:
    def make(arguments: Arguments) -> Node:
        value = _number(_bound(name, ("v!",), arguments), "v", 0.0)
        return lambda scope: convert(value(scope), scope.field)

    return make


_SAME = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log1p", "log10", "log2", "sign")
_NUMPY = {name: name for name in (*_SAME, "sqrt", "cbrt")}
_NUMPY |= {f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
FUNCTIONS: Functions = {
    "sin": _wave("sin", lambda x, period, _: _turn(x, period)),
    "tri": _wave("tri", lambda x, period, _: np.arcsin(_turn(x, period)) * 2 / np.pi),
    "saw": _wave("saw", lambda x, period, _: np.fmod(x, period) / period),
    "sq": _wave("sq", lambda x, period, _: np.where(_turn(x, period) >= 0, 1.0, -1.0)),
    "pulse": _wave("pulse", lambda x, period, width: np.where(np.fmod(x, period) < width, 1.0, 0.0)),
    "slide": _slide,
    "bez": _bez,
    "min": _plain("min", ("a!", "b!"), np.minimum),
    "max": _plain("max", ("a!", "b!"), np.maximum),
    "abs": _plain("abs", ("v!",), np.abs),
    "round": _rounded("round", lambda v: np.floor(v + 0.5)),
    "floor": _rounded("floor", np.floor),
    "ceil": _rounded("ceil", np.ceil),
    "f2s": _converted("f2s", lambda v, field: v / field.fps),
    "s2f": _converted("s2f", lambda v, field: v * field.fps),
    "f2b": _converted("f2b", lambda v, field: v / field.frames_per_beat),
    "b2f": _converted("b2f", lambda v, field: v * field.frames_per_beat),
    **{f"_{name}": _plain(f"_{name}", ("v!",), getattr(np, here)) for name, here in _NUMPY.items()},
}
