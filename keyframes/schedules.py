"""Schedules of numbers: `0: (1.0), 60: (1.02 + 0.01*sin(t))`. The grammar is told in docs/schedules.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keyframes.clock import Clock
from keyframes.curves import LINEAR
from keyframes.errors import Place
from keyframes.expansion import Key, expand
from keyframes.expressions import Expression
from keyframes.lanes import LaneValue
from keyframes.positions import DIALECTS, Dialect
from keyframes.reader import Reader

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One lane's keys, resolved and sorted. Two schedules with the same keys are equal."""

    lane: str
    clock: Clock
    keys: tuple[Key, ...]

    def values(self) -> NDArray[np.float64]:
        """The value at every frame, float64 (frames,). Raises ScheduleError where one is not finite."""
        return self.at(np.arange(self.clock.frames, dtype=np.float64))

    def at(self, frames: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values at `frames` (n,), which may lie between frames."""
        return expand(self.keys, frames, self.clock, self.lane)

    def explain(self, frame: int) -> str:
        """Where the value at `frame` comes from, in a few words."""
        index = max(sum(key.position <= frame for key in self.keys) - 1, 0)
        key = self.keys[index]
        after = self.keys[index + 1] if index + 1 < len(self.keys) else None
        if isinstance(key.value, Expression):
            return f'expression "{key.value.text}" of key {key.label}'
        if len(self.keys) == 1 or frame < key.position:
            return "constant" if len(self.keys) == 1 else f"held before the first key, {key}"
        if frame == key.position:
            return str(key)
        if after is None or key.curve.name == "hold":
            return f"held from {key}" + (f" until key {after.label}" if after else "")
        return f"{key.curve} between {key} and {after}"


def parse_schedule(value: LaneValue, *, lane: str, clock: Clock, dialect: Dialect = "reverie") -> Schedule:
    """A number, a schedule string or a table of keys as a Schedule.

    The dialects "deforum" and "disco" read keys past the end, before the start and twice given as those
    programs do; docs/schedules.md lists the differences. Raises ScheduleError for whatever is wrong, with
    the column in the text it is wrong in.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"unknown dialect {dialect!r}: allowed {', '.join(DIALECTS)}")
    place = Place(where=lane, source=value if isinstance(value, str) else "")
    reader = Reader(clock, place, dialect)
    if isinstance(value, str):
        keys = reader.text(value)
    elif isinstance(value, Mapping):
        keys = reader.table(value)
    else:
        keys = [Key(0.0, reader.number(value), LINEAR, "0")]
    return Schedule(lane=lane, clock=clock, keys=tuple(_settle(keys, clock, place, dialect)))


def format_schedule(schedule: Schedule) -> str:
    """The schedule as text which parses to an equal schedule, whatever dialect it was read in."""
    return ", ".join(_format_key(key) for key in schedule.keys)


def _format_key(key: Key) -> str:
    curve = f" {key.curve}" if key.curve != LINEAR else ""
    label = f'"{key.label}"' if re.search(r"[\s,:]", key.label) else key.label
    return f"{label}: ({key.value.text if isinstance(key.value, Expression) else repr(key.value)}){curve}"


def _settle(keys: Iterable[Key], clock: Clock, place: Place, dialect: Dialect) -> Iterator[Key]:
    """The keys sorted, each position once, those outside the film treated as the dialect has it."""
    ordered = sorted(keys, key=lambda key: key.position)
    if dialect == "deforum":
        ordered = [key for key in ordered if 0 <= key.position < clock.frames]
    if dialect == "disco" and ordered[-1].position > clock.max_f:
        pinned = ordered[-1]._replace(position=float(clock.max_f), label=str(clock.max_f))
        ordered = [*(key for key in ordered if key.position < clock.max_f), pinned]
    if not ordered:
        hint = f"Deforum ignores keys outside 0 to {clock.max_f}."
        raise place.error("no key lies inside the film.", None, hint)
    for key, after in zip(ordered, [*ordered[1:], None], strict=True):
        if after is None or after.position != key.position:
            yield key
        elif dialect == "reverie":
            what = f"{key} and {after} both stand at frame {key.position:g}."
            raise place.error(what, None, "Keep one of them.")
