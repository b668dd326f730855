"""The functions of Parseq's formulas that have a counterpart: waves, slides, Bezier curves, arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from keyframes.curves import Curve

from .parseq_formulas import Node
from .parseq_scope import Scope
from .runs_to_keys import Numbers

Given = Sequence[tuple[str, Node | str]]
_CURVES: Mapping[str, tuple[float, float, float, float]] = {
    "ease": (0.25, 0.1, 0.25, 1.0),
    "ease-in": (0.42, 0.0, 1.0, 1.0),
    "ease-out": (0.0, 0.0, 0.58, 1.0),
    "ease-in-out": (0.42, 0.0, 0.58, 1.0),
    "linear": (0.0, 0.0, 1.0, 1.0),
}
_WAVE = ("period! p", "phase ps", "amp a", "centre c", "limit li", "pulse pw")
_WAVE_USUAL = {"phase": 0.0, "amp": 1.0, "centre": 0.0, "limit": 0.0, "pulse": 5.0}
_SPAN = {"from": "active_keyframe_value", "to": "next_keyframe_value"}


def _bound(name: str, known: Sequence[str], given: Given) -> dict[str, Node | str]:
    """The arguments by their first names. known: the names of each; ! marks one that must be given."""
    places = {
        alias: names.split()[0].rstrip("!") for names in known for alias in names.replace("!", "").split()
    }
    order = [names.split()[0].rstrip("!") for names in known]
    found: dict[str, Node | str] = {}
    for index, (key, node) in enumerate(given):
        place = places.get(key, "") if key else order[index] if index < len(order) else ""
        if not place or place in found:
            raise ValueError(f"{name}() does not take {key or 'so many arguments'} here")
        found[place] = node
    missing = [names.split()[0].rstrip("!") for names in known if "!" in names]
    if lost := [place for place in missing if place not in found]:
        raise ValueError(f"{name}() needs {lost[0]}")
    return found


def _number(found: Mapping[str, Node | str], place: str, usual: float | str) -> Node:
    """An argument as numbers; `usual` is a number, or the variable that stands for it."""
    node = found.get(place)
    if isinstance(node, str):
        raise ValueError(f'{place} is a text, "{node}"')
    if node is not None:
        return node
    if isinstance(usual, str):
        return lambda scope: scope.value(usual)
    return lambda scope: np.full(scope.count, float(usual))


def _wave(name: str, shape: Callable[[Numbers, Numbers, Numbers], Numbers]) -> Callable[[Given], Node]:
    """shape: (position, period, pulse width) -> -1 to 1, or 0 to 1."""

    def make(given: Given) -> Node:
        found = _bound(name, _WAVE, given)
        parts = {place: _number(found, place, usual) for place, usual in _WAVE_USUAL.items()}
        period_of = _number(found, "period", 0.0)

        def node(scope: Scope) -> Numbers:
            period = period_of(scope)
            phase, amp, centre, limit, pulse = (part(scope) for part in parts.values())
            wave = centre + amp * shape(scope.value("f") + phase, period, pulse)
            over = (limit > 0) & (scope.value("k") > limit * period)
            return np.where(over, 0.0, wave)

        return node

    return make


def _turn(position: Numbers, period: Numbers) -> Numbers:
    return np.sin(position * np.pi * 2 / period)


def _span_of(found: Mapping[str, Node | str]) -> tuple[Node, Node, Node, Node]:
    """From, to, the frames it takes, and the offset."""
    start, stop = (_number(found, place, usual) for place, usual in _SPAN.items())
    if "span" in found:
        span = _number(found, "span", 0.0)
    else:
        span = lambda scope: scope.value("next_keyframe") - scope.value("active_keyframe")  # noqa: E731
    return start, stop, span, _number(found, "offset", 2.0)


def _slide(given: Given) -> Node:
    found = _bound("slide", ("from start", "to end t", "span in", "offset os"), given)
    ends = _span_of(found)

    def node(scope: Scope) -> Numbers:
        start, stop, span, offset = (end(scope) for end in ends)
        k = scope.value("k")
        place = np.where(np.abs(offset) < 1, offset * span, k)
        way = start + (stop - start) / np.where(span == 0, 1.0, span) * place
        return np.where(span == 0, start, np.where(k >= span, stop, way))

    return node


def _bez(given: Given) -> Node:
    known = ("x1", "y1", "x2", "y2", "from start", "to end t", "span in", "offset os", "curve c", "delta d")
    found = _bound("bez", known, given)
    points = [_number(found, *pair) for pair in (("x1", 0.5), ("y1", 0.0), ("x2", 0.5), ("y2", 1.0))]
    curve = found.get("curve", "")
    if not isinstance(curve, str) or (curve and curve not in _CURVES):
        raise ValueError(f"bez() has these curves here: {', '.join(_CURVES)}")
    ends, delta_of = _span_of(found), _number(found, "delta", 0.0)

    def node(scope: Scope) -> Numbers:
        start, stop, span, offset = (end(scope) for end in ends)
        delta = delta_of(scope)
        stop = np.where(delta != 0, start + delta, stop)
        inner = _CURVES[curve] if curve else _fixed([point(scope) for point in points])
        place = np.where(np.abs(offset) < 1, offset, scope.value("k") / np.where(span == 0, 1.0, span))
        way = start + Curve(name="bezier", points=inner).shape(place) * (stop - start)
        return np.where(span == 0, start, np.where(place > 1, stop, way))

    return node


def _fixed(points: Sequence[Numbers]) -> tuple[float, float, float, float]:
    if any((point != point[0]).any() for point in points):
        raise ValueError("bez() with control points that change is not carried over")
    x1, y1, x2, y2 = (float(point[0]) for point in points)
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1):
        raise ValueError("bez() needs x1 and x2 from 0 to 1")
    return x1, y1, x2, y2


def _plain(name: str, names: tuple[str, ...], made: Callable[..., Numbers]) -> Callable[[Given], Node]:
    """A function of numbers alone. names: of its arguments; the last one of those that round is the digits."""

    def make(given: Given) -> Node:
        found = _bound(name, names, given)
        nodes = [_number(found, given_name.split()[0].rstrip("!"), 0.0) for given_name in names]
        return lambda scope: np.asarray(made(*(node(scope) for node in nodes)), dtype=np.float64)

    return make


def _rounded(how: Callable[[Numbers], Numbers]) -> Callable[[Numbers, Numbers], Numbers]:
    return lambda v, digits: np.asarray(how(v * 10.0**digits) / 10.0**digits)


def _converted(name: str, of: Callable[[Numbers, Scope], Numbers]) -> Callable[[Given], Node]:
    def make(given: Given) -> Node:
        value = _number(_bound(name, ("v!",), given), "v", 0.0)
        return lambda scope: of(value(scope), scope)

    return make


_ONE, _TWO, _DIGITS = ("v!",), ("a!", "b!"), ("v!", "p")
_NUMPY = {
    **{name: name for name in ("sin", "cos", "tan", "log", "exp", "sqrt", "cbrt", "expm1", "log1p")},
    **{name: name for name in ("log10", "log2", "sign", "sinh", "cosh", "tanh")},
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}
FUNCTIONS: Mapping[str, Callable[[Given], Node]] = {
    "sin": _wave("sin", lambda x, period, _: _turn(x, period)),
    "tri": _wave("tri", lambda x, period, _: np.arcsin(_turn(x, period)) * 2 / np.pi),
    "saw": _wave("saw", lambda x, period, _: np.fmod(x, period) / period),
    "sq": _wave("sq", lambda x, period, _: np.where(_turn(x, period) >= 0, 1.0, -1.0)),
    "pulse": _wave("pulse", lambda x, period, width: np.where(np.fmod(x, period) < width, 1.0, 0.0)),
    "slide": _slide,
    "bez": _bez,
    "min": _plain("min", _TWO, np.minimum),
    "max": _plain("max", _TWO, np.maximum),
    "abs": _plain("abs", _ONE, np.abs),
    "round": _plain("round", _DIGITS, _rounded(lambda v: np.floor(v + 0.5))),
    "floor": _plain("floor", _DIGITS, _rounded(np.floor)),
    "ceil": _plain("ceil", _DIGITS, _rounded(np.ceil)),
    "f2s": _converted("f2s", lambda v, scope: v / scope.fps),
    "s2f": _converted("s2f", lambda v, scope: v * scope.fps),
    "f2b": _converted("f2b", lambda v, scope: v / scope.frames_per_beat),
    "b2f": _converted("b2f", lambda v, scope: v * scope.frames_per_beat),
    **{f"_{name}": _plain(f"_{name}", _ONE, getattr(np, here)) for name, here in _NUMPY.items()},
}
