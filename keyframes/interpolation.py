"""From keys to one value per frame.

The rule is Deforum's: a number key starts a ramp to the next key's value, after the last key it holds; an
expression key is evaluated at every frame until the next key. Before the first key its value holds.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from keyframes.clock import Clock
from keyframes.curves import Curve, hermite, monotone_slopes, passing_slopes
from keyframes.expressions import Expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Indices = NDArray[np.intp]


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
