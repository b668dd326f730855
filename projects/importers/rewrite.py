"""Schedules of other programs as ours: the same value at every frame, in the words of the default dialect.

Text that means the same in both is kept as it was written. What is turned into other units (`1 - strength`) is turned
key by key, which is exact for anything linear; what is bent (cut to a range, made odd) has its ramps written out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from keyframes import (
    Clock,
    Dialect,
    Expression,
    LaneSpec,
    LaneValue,
    Problem,
    Schedule,
    ScheduleError,
    parse_schedule,
)
from keyframes.compilation import lane_values
from keyframes.curves import LINEAR


def rewritten(
    value: object,
    spec: LaneSpec,
    *,
    clock: Clock,
    dialect: Dialect,
    times: float = 1.0,
    plus: float = 0.0,
    shape: str = "",
    keep_in_range: bool = False,
    first: float | None = None,
) -> int | float | str:
    """A lane of the project file from a schedule of another program.

    times, plus: the lane is plus + times * x. shape: an expression with {x} in it that bends the value. keep_in_range:
    values outside the lane's range are cut to it, as that program does. first: frame 0 has this value instead.

    Raises ScheduleError for a schedule that cannot be read or leaves the lane's range.
    """
    read = parse_schedule(_lane_value(value, spec.name), lane=spec.name, clock=clock, dialect=dialect)
    schedule = read
    if (times, plus) != (1.0, 0.0):
        schedule = _linear(schedule, times, plus)
    if shape:
        schedule = _bent(schedule, shape)
    if keep_in_range and spec.minimum is not None and spec.maximum is not None:
        values = schedule.values()
        if (values < spec.minimum).any() or (values > spec.maximum).any():
            schedule = _bent(schedule, f"clamp({{x}}, {spec.minimum:g}, {spec.maximum:g})")
    if first is not None:
        schedule = _begun(schedule, first)
    lane_values(schedule, spec)  # raises for what leaves its range
    fixed = len(read.keys) == 1 and not isinstance(read.keys[0].value, Expression)
    if schedule is read and isinstance(value, str) and not fixed and _means_the_same(value, read):
        return value.strip()
    return _short(schedule)


def segments(schedule: Schedule) -> list[tuple[float, str]]:
    """Every key's position and, as an expression, the value from there until the next key."""
    found = []
    for key, after in zip_longest(schedule.keys, schedule.keys[1:]):
        if key.curve != LINEAR:
            what = f"a curve ({key.curve}) cannot be turned into other units."
            raise ScheduleError(Problem(what=what, where=schedule.lane, hint="Write plain keys."))
        if isinstance(key.value, Expression):
            text = key.value.text
        elif after is None:
            text = repr(key.value)
        else:
            goal = after.value
            if isinstance(goal, Expression):
                goal = float(goal.evaluate(np.array([after.position]), schedule.clock, schedule.lane)[0])
            rise = (goal - key.value) / (after.position - key.position)
            text = f"{key.value!r} + {rise!r}*(t - {_place(key.position)})" if rise else repr(key.value)
        found.append((key.position, text))
    return found


def _lane_value(value: object, lane: str) -> LaneValue:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    raise ScheduleError(
        Problem(what=f"{type(value).__name__} is no schedule.", where=lane, hint='Example: "0: (1.0)".')
    )


def _linear(schedule: Schedule, times: float, plus: float) -> Schedule:
    def turned(x: str) -> str:
        scaled = {1.0: f"({x})", -1.0: f"-({x})"}.get(times, f"{times!r}*({x})")
        if not plus:
            return scaled
        return f"{plus:g} - ({x})" if times == -1.0 else f"{plus:g} + {scaled}"

    return _parsed(
        schedule,
        (
            (
                key.position,
                turned(key.value.text)
                if isinstance(key.value, Expression)
                else repr(round(plus + times * key.value, 12)),
            )
            for key in schedule.keys
        ),
    )


def _bent(schedule: Schedule, shape: str) -> Schedule:
    return _parsed(schedule, ((at, shape.replace("{x}", f"({text})")) for at, text in segments(schedule)))


def _begun(schedule: Schedule, first: float) -> Schedule:
    """The same from frame 1 on; the ramp that is cut goes on from the value it has there."""
    here = [(key.position, key.value) for key in schedule.keys if key.position > 1.0]
    current = [key for key in schedule.keys if key.position <= 1.0][-1:] or [schedule.keys[0]]
    value = current[0].value
    start = value.text if isinstance(value, Expression) else repr(float(schedule.at(np.ones(1))[0]))
    rest = [(at, v.text if isinstance(v, Expression) else repr(v)) for at, v in here]
    return _parsed(schedule, [(0.0, repr(first)), (1.0, start), *rest])


def _parsed(schedule: Schedule, keys: Iterable[tuple[float, str]]) -> Schedule:
    text = ", ".join(f"{_place(at)}: ({value})" for at, value in keys)
    return parse_schedule(text, lane=schedule.lane, clock=schedule.clock)


def _place(position: float) -> str:
    return str(int(position)) if position.is_integer() else repr(position)


def _means_the_same(text: str, read: Schedule) -> bool:
    """Whether the default dialect has the same keys for `text`."""
    try:
        ours = parse_schedule(text, lane=read.lane, clock=read.clock)
    except ScheduleError:
        return False
    same = [(key.position, key.value, key.curve) for key in ours.keys]
    return same == [(key.position, key.value, key.curve) for key in read.keys]


def _short(schedule: Schedule) -> int | float | str:
    """A number for a schedule that never changes, else its text with plain frames for keys."""
    only = schedule.keys[0].value
    if len(schedule.keys) == 1 and not isinstance(only, Expression):
        return int(only) if only.is_integer() and abs(only) < 2**53 else only
    keys = [
        (
            _place(key.position),
            key.value.text if isinstance(key.value, Expression) else f"{key.value:.12g}",
            key,
        )
        for key in schedule.keys
    ]
    return ", ".join(
        f"{at}: ({value})" + (f" {key.curve}" if key.curve != LINEAR else "") for at, value, key in keys
    )


def relabelled(error: ScheduleError, name: str) -> Problem:
    """The problem of a lane under the name that the settings file has for it."""
    return replace(error.problem, where=name)
