"""Curves: how a value goes from one key to the next; and from keys to one value per frame.

The rule is Deforum's: a number key starts a ramp to the next key's value, after the last key it holds; an
expression key is evaluated at every frame until the next key. Before the first key its value holds.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from keyframes.clock import Clock
from keyframes.errors import Place, did_you_mean, quoted
from keyframes.expressions import Expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Indices = NDArray[np.intp]

NAMES = ("linear", "hold", "ease-in", "ease-out", "ease-in-out", "smooth", "cubic", "spline", "bezier")
EXAMPLES = f"Allowed: {', '.join(NAMES[:-1])}, bezier(x1, y1, x2, y2)."

_CSS = {
    "ease-in": (0.42, 0.0, 1.0, 1.0),
    "ease-out": (0.0, 0.0, 0.58, 1.0),
    "ease-in-out": (0.42, 0.0, 0.58, 1.0),
}
_NUMBER = r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*"
_BEZIER = re.compile(rf"bezier\s*\({_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The shape of the way between two keys: a name, and for `bezier` its two inner points x1, y1, x2, y2."""

    name: str = "linear"
    points: tuple[float, float, float, float] | None = None

    def __str__(self) -> str:
        return self.name if self.points is None else f"bezier({', '.join(map(repr, self.points))})"

    def shape(self, u: Numbers) -> Numbers:
        """How far the value has come, 0 to 1 (bezier: perhaps beyond), at the share `u` of the way.

        The eases are those of CSS. `cubic` and `spline` depend on the neighbouring keys: see
        `monotone_slopes` and `passing_slopes`.
        """
        if self.name == "hold":
            return np.where(u >= 1.0, 1.0, 0.0)
        if self.name == "smooth":
            return u * u * (3.0 - 2.0 * u)
        points = self.points or _CSS.get(self.name)
        return u if points is None else _bezier(u, *points)


LINEAR = Curve()


def parse_curve(text: str, place: Place | None = None) -> Curve:
    """The curve that `text` names. Raises ScheduleError for an unknown name or bezier x outside 0 to 1."""
    place = place or Place(source=text)
    name = text.strip()
    if name in NAMES and name != "bezier":
        return Curve(name=name)
    match = _BEZIER.fullmatch(name)
    if match is None:
        hint = did_you_mean(name, NAMES) if not name.startswith("bezier") else ""
        raise place.error(f"{quoted(name)} is not a curve.", 0, hint or EXAMPLES)
    x1, y1, x2, y2 = (float(number) for number in match.groups())
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1 and abs(y1) <= 100 and abs(y2) <= 100):
        hint = "Allowed: x1 and x2 from 0 to 1, y1 and y2 from -100 to 100."
        raise place.error(f"{quoted(name)} runs backwards or too far.", 0, hint)
    return Curve(name="bezier", points=(x1, y1, x2, y2))


def _bezier(u: Numbers, x1: float, y1: float, x2: float, y2: float) -> Numbers:
    """The CSS timing function: y at the parameter where x = u, found by bisection (x only grows)."""
    low, high = np.zeros_like(u), np.ones_like(u)
    for _ in range(54):  # as many halvings as a float64 has bits
        middle = (low + high) / 2.0
        before = _cubic(middle, x1, x2) < u
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return np.where(u <= 0.0, 0.0, np.where(u >= 1.0, 1.0, _cubic((low + high) / 2.0, y1, y2)))


def _cubic(s: Numbers, a: float, b: float) -> Numbers:
    """The Bezier cubic through 0, a, b, 1 at parameter `s`."""
    return 3.0 * s * (1.0 - s) ** 2 * a + 3.0 * s * s * (1.0 - s) * b + s**3


def monotone_slopes(x: Numbers, y: Numbers) -> Numbers:
    """Slopes (n,) at the points (x, y) for a cubic that never overshoots: PCHIP, Fritsch and Butland (1984).

    `x` grows strictly. The ends are flat, so that motion starts and stops softly.
    """
    slopes = np.zeros_like(y)
    steps = np.diff(x)
    rises = np.diff(y) / steps
    before, after = rises[:-1], rises[1:]
    w1, w2 = 2.0 * steps[1:] + steps[:-1], steps[1:] + 2.0 * steps[:-1]
    same_way = np.sign(before) * np.sign(after) > 0.0
    with np.errstate(all="ignore"):
        harmonic = (w1 + w2) / (w1 / before + w2 / after)
    slopes[1:-1] = np.where(same_way, harmonic, 0.0)
    return slopes


def passing_slopes(x: Numbers, y: Numbers) -> Numbers:
    """Slopes (n,) at the points (x, y) for a curve that runs through them without slowing down: Catmull, Rom (1974).

    `x` grows strictly. Each slope is that of the line between the two neighbours, at the ends that of the only one.
    """
    before, after = np.maximum(np.arange(len(x)) - 1, 0), np.minimum(np.arange(len(x)) + 1, len(x) - 1)
    return np.asarray((y[after] - y[before]) / (x[after] - x[before]))


def hermite(u: Numbers, start: Numbers, stop: Numbers, slope_in: Numbers, slope_out: Numbers) -> Numbers:
    """The cubic from `start` to `stop` at `u` (0 to 1), with slopes per unit of u at both ends."""
    v = 1.0 - u
    ends = (1.0 + 2.0 * u) * v * v * start + u * u * (3.0 - 2.0 * u) * stop
    return ends + u * v * v * slope_in - u * u * v * slope_out


_WITH_NEIGHBOURS = {"cubic": monotone_slopes, "spline": passing_slopes}


class Key(NamedTuple):
    """One key, resolved: its frame, its value, the curve that starts here, and its place as written."""

    position: float
    value: float | Expression
    curve: Curve
    label: str

    def __str__(self) -> str:
        value = f'"{self.value.text}"' if isinstance(self.value, Expression) else repr(self.value)
        return f"key {self.label} ({value})"


def current_keys(positions: Numbers, frames: Numbers) -> Indices:
    """For each of `frames` the last key at or before it; the first key for frames before all of them."""
    return np.maximum(np.searchsorted(positions, frames, side="right") - 1, 0)


def expand(keys: Sequence[Key], frames: Numbers, clock: Clock, lane: str) -> Numbers:
    """The values (n,) at `frames` (n,). `keys` are sorted, at least one, no two at one position.

    Raises ScheduleError where an expression is not finite.
    """
    if len(keys) == 1 and not isinstance(keys[0].value, Expression):
        return np.full(len(frames), keys[0].value)
    positions = np.array([key.position for key in keys])
    at = np.maximum(frames, positions[0])  # the first key's value holds before it
    current = current_keys(positions, at)
    expressions = _numbered([key.value if isinstance(key.value, Expression) else None for key in keys])
    values = np.empty(len(frames))
    for members, which in _groups(expressions[current]):
        expression = keys[current[members[0]]].value
        if isinstance(expression, Expression):
            values[members] = expression.evaluate(at[members], clock, lane)
        else:
            starts = _starts(keys, positions, expressions, which, clock, lane)
            values[members] = _ramps(keys, positions, starts, at[members], current[members], expressions)
    return values


def _numbered(things: Sequence[Hashable]) -> Indices:
    """Each thing's number, equal things having equal numbers."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(thing, len(numbers)) for thing in things], dtype=np.intp)


def _groups(labels: Indices) -> Iterator[tuple[Indices, int]]:
    """The indices of each label's members, and the label."""
    order = np.argsort(labels, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        if len(members):
            yield members, int(labels[members[0]])


def _starts(
    keys: Sequence[Key], positions: Numbers, expressions: Indices, numeric: int, clock: Clock, lane: str
) -> Numbers:
    """The value at each key: its number, or its expression there where a ramp arrives (elsewhere nan)."""
    starts = np.array([np.nan if isinstance(key.value, Expression) else key.value for key in keys])
    arrived = np.zeros(len(keys), dtype=bool)
    arrived[1:] = (expressions[:-1] == numeric) & (expressions[1:] != numeric)
    wanted = np.flatnonzero(arrived)
    for members, _ in _groups(expressions[wanted]):
        expression = keys[wanted[members[0]]].value
        if isinstance(expression, Expression):
            starts[wanted[members]] = expression.evaluate(positions[wanted[members]], clock, lane)
    return starts


def _ramps(
    keys: Sequence[Key],
    positions: Numbers,
    starts: Numbers,
    at: Numbers,
    current: Indices,
    expressions: Indices,
) -> Numbers:
    """The values of frames whose current key holds a number."""
    following = np.minimum(current + 1, len(keys) - 1)
    length = np.where(following > current, positions[following] - positions[current], 1.0)
    u = np.where(following > current, (at - positions[current]) / length, 0.0)
    values = np.empty(len(at))
    curves = _numbered([key.curve for key in keys])
    slopes = {
        name: _slopes(positions, starts, expressions, name)
        for name in _WITH_NEIGHBOURS
        if any(key.curve.name == name for key in keys)
    }
    for members, _ in _groups(curves[current]):
        here, there = current[members], following[members]
        curve = keys[here[0]].curve
        if curve.name in slopes:
            leaving, arriving = slopes[curve.name]
            tangents = leaving[here] * length[members], arriving[here] * length[members]
            values[members] = hermite(u[members], starts[here], starts[there], *tangents)
        else:
            values[members] = starts[here] + (starts[there] - starts[here]) * curve.shape(u[members])
    return values


def _slopes(positions: Numbers, starts: Numbers, expressions: Indices, curve: str) -> tuple[Numbers, Numbers]:
    """The slopes at the start and end of the ramp from each key, over runs of ramps between expressions."""
    leaving, arriving = np.zeros_like(starts), np.zeros_like(starts)
    numeric = np.array([not np.isnan(start) for start in starts])
    borders = [0, *(np.flatnonzero(np.diff(expressions) != 0) + 1).tolist(), len(starts)]
    for first, last in pairwise(borders):
        stop = last + 1 if last < len(starts) and numeric[last] else last  # the expression a ramp arrives at
        if numeric[first:stop].all() and stop - first > 1:
            run = _WITH_NEIGHBOURS[curve](positions[first:stop], starts[first:stop])
            leaving[first : stop - 1], arriving[first : stop - 1] = run[:-1], run[1:]
    return leaving, arriving
