"""Schedules of other programs in Reverie's dialect, with the same value at every frame.

Text that means the same in both dialects stays as written. A linear change (`1 - strength`) is made key by key, which
is exact; for any other change (a limit, odd numbers) the ramps between keys are written out as expressions.
One value per frame becomes the shortest schedule with the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from keyframes import (
    Clock,
    Dialect,
    Expression,
    LaneSpec,
    Problem,
    Schedule,
    ScheduleError,
    parse_schedule,
)
from keyframes.curves import LINEAR
from keyframes.timeline import lane_values

from .report import plain_number

Numbers = NDArray[np.float64]
_EXACT = 1e-12  # relative: what another order of additions may change


@dataclass(frozen=True, kw_only=True)
class Change:
    """What becomes of a schedule's values, in this order.

    times: a factor. one_minus: 1 minus the value. shape: an expression in which {x} stands for the value, used if
    `misfit` holds for the whole number of any frame. in_range: limit values to the lane's range, as that program does.
    first: the value of frame 0.
    """

    times: float = 1.0
    one_minus: bool = False
    shape: str = ""
    misfit: Callable[[Numbers], NDArray[np.bool_]] | None = None
    in_range: bool = False
    first: float | None = None


AS_IT_IS = Change()
IN_RANGE = Change(in_range=True)
ONE_MINUS = Change(one_minus=True, in_range=True)
ODD = Change(shape="2*floor(trunc({x})/2) + 1", misfit=lambda values: values % 2 == 0)
RANDOM_BELOW_0 = Change(
    shape="where(trunc({x}) < 0, floor(4294967296*rand()), {x})", misfit=lambda values: values < 0
)


def rewritten(
    value: object, spec: LaneSpec, *, clock: Clock, dialect: Dialect, change: Change = AS_IT_IS
) -> int | float | str:
    """Rewrite a schedule of another program as the value of a lane.

    Raises ScheduleError for a schedule that cannot be read or leaves the lane's range.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        what = f"{type(value).__name__} is not a schedule."
        raise ScheduleError(Problem(what=what, where=spec.name, hint='Example: "0: (1.0)".'))
    schedule = read = parse_schedule(value, lane=spec.name, clock=clock, dialect=dialect)
    if change.times != 1.0 or change.one_minus:
        schedule = _linear(schedule, change)
    if change.misfit and change.misfit(np.trunc(schedule.values())).any():
        schedule = _bent(schedule, change.shape)
    if change.in_range and spec.minimum is not None and spec.maximum is not None:
        values = schedule.values()
        if (values < spec.minimum).any() or (values > spec.maximum).any():
            schedule = _bent(schedule, f"clamp({{x}}, {spec.minimum:g}, {spec.maximum:g})")
    if change.first is not None:
        schedule = _begun(schedule, change.first)
    lane_values(schedule, spec)  # raises for what leaves its range
    fixed = len(read.keys) == 1 and not isinstance(read.keys[0].value, Expression)
    if schedule is read and isinstance(value, str) and not fixed and _means_the_same(value, read):
        return value.strip()
    return _short(schedule)


def _linear(schedule: Schedule, change: Change) -> Schedule:
    def turned(value: Expression | float) -> str:
        if not isinstance(value, Expression):
            return repr(round(1.0 - value if change.one_minus else change.times * value + 0.0, 12))
        return f"1 - ({value.text})" if change.one_minus else f"{change.times!r}*({value.text})"

    return _parsed(schedule, ((key.position, turned(key.value)) for key in schedule.keys))


def _bent(schedule: Schedule, shape: str) -> Schedule:
    return _parsed(schedule, ((at, shape.replace("{x}", f"({text})")) for at, text in _segments(schedule)))


def _segments(schedule: Schedule) -> Iterable[tuple[float, str]]:
    """Every key's position and, as an expression, the value from there until the next key."""
    keys = schedule.keys
    goals = schedule.at(np.array([key.position for key in keys])).tolist()
    for key, after, goal in zip_longest(keys, keys[1:], goals[1:]):
        if key.curve != LINEAR:
            what = f"a curve ({key.curve}) cannot be converted to other units."
            raise ScheduleError(Problem(what=what, where=schedule.lane, hint="Write plain keys."))
        text = _text(key.value)
        if not isinstance(key.value, Expression) and after is not None:
            rise = (goal - key.value) / (after.position - key.position)
            text += f" + {rise!r}*(t - {_place(key.position)})" if rise else ""
        yield key.position, text


def _begun(schedule: Schedule, first: float) -> Schedule:
    """`first` at frame 0, the schedule from frame 1 on; a ramp across frame 1 starts with its value there."""
    current = [key for key in schedule.keys if key.position <= 1.0][-1:] or [schedule.keys[0]]
    value = current[0].value
    start = value.text if isinstance(value, Expression) else repr(float(schedule.at(np.ones(1))[0]))
    rest = [(key.position, _text(key.value)) for key in schedule.keys if key.position > 1.0]
    return _parsed(schedule, [(0.0, repr(first)), (1.0, start), *rest])


def _parsed(schedule: Schedule, keys: Iterable[tuple[float, str]]) -> Schedule:
    text = ", ".join(f"{_place(at)}: ({value})" for at, value in keys)
    return parse_schedule(text, lane=schedule.lane, clock=schedule.clock)


def _text(value: Expression | float) -> str:
    return value.text if isinstance(value, Expression) else repr(value)


def _place(position: float) -> str:
    return str(int(position)) if position.is_integer() else repr(position)


def _means_the_same(text: str, read: Schedule) -> bool:
    """Whether the default dialect has the same keys for `text`."""
    try:
        ours = parse_schedule(text, lane=read.lane, clock=read.clock)
    except ScheduleError:
        return False
    return [key[:3] for key in ours.keys] == [key[:3] for key in read.keys]


def _short(schedule: Schedule) -> int | float | str:
    """A number for a schedule that never changes, else its text with plain frames for keys."""
    only = schedule.keys[0].value
    if len(schedule.keys) == 1 and not isinstance(only, Expression):
        return plain_number(only)
    keys = []
    for key in schedule.keys:
        value = key.value.text if isinstance(key.value, Expression) else f"{key.value:.12g}"
        curve = f" {key.curve}" if key.curve != LINEAR else ""
        keys.append(f"{_place(key.position)}: ({value}){curve}")
    return ", ".join(keys)


def schedule_of(values: Numbers) -> int | float | str:
    """The schedule of `values` (frames,): a number for a constant, else keys where straight lines meet.

    Raises ValueError for no values, and for one that is not finite.
    """
    if not len(values) or not np.isfinite(values).all():
        raise ValueError("a schedule is made of one finite number per frame")
    if (values == values[0]).all():
        return plain_number(float(values[0]))
    return ", ".join(f"{at}: ({_digits(float(values[at]))})" for at in _corners(values))


def _corners(values: Numbers) -> list[int]:
    """The frames where straight lines meet."""
    found, last = [0], len(values) - 1
    while found[-1] < last:
        found.append(_reach(values, found[-1], last))
    if len(found) > 1 and values[found[-1]] == values[found[-2]]:
        found.pop()  # the last key's value holds to the end
    return found


def _reach(values: Numbers, start: int, last: int) -> int:
    """The last frame on a straight line from `start`, by doubling a step and then halving it."""
    good, step = start + 1, 1
    while good + step <= last and _straight(values, start, good + step):
        good, step = good + step, 2 * step
    while step:
        if good + step <= last and _straight(values, start, good + step):
            good += step
        step //= 2
    return good


def _straight(values: Numbers, start: int, stop: int) -> bool:
    u = np.arange(stop - start + 1) / (stop - start)
    here, there = values[start], values[stop]
    line = here + (there - here) * u
    given = values[start : stop + 1]
    return bool((np.abs(line - given) <= _EXACT * np.maximum(np.abs(given), 1e-9)).all())


def _digits(value: float) -> str:
    """The shortest digits that read back the same, without an exponent: Deforum reads one as an expression."""
    return str(np.format_float_positional(value, trim="-"))
