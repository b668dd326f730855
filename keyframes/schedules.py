"""Schedules of numbers: `0: (1.0), 60: (1.02 + 0.01*sin(t))`. docs/schedules.md describes the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keyframes.clock import Clock
from keyframes.curves import LINEAR, NAMES, Curve, Key, expand, parse_curve
from keyframes.entries import EXAMPLE, NUMBER, Entry, split_entries, unwrap
from keyframes.errors import Place, ScheduleError, did_you_mean, quoted
from keyframes.expressions import Expression, parse_expression
from keyframes.parser import MAX_VALUE
from keyframes.positions import DIALECTS, Dialect, parse_position

if TYPE_CHECKING:
    from numpy.typing import NDArray


LaneValue = int | float | str | Mapping[str, object]
"""A number, a schedule string, or a table of keys: `{"0": 1.0, "2.5s": "1 + t/10", "curve": "smooth"}`."""

_LANE_CURVE = re.compile(r"\s*([a-z][a-z-]*\s*(?:\([^();]*\))?)\s*;")
_KEY_CURVE = re.compile(r"""(?<=[\s)"'\d])([a-z][a-z-]*(?:\s*\([^()]*\))?)$""")
_DEFORUM_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?|[+-]?\.\d+", re.ASCII)
_DEFORUM_DROPS = str.maketrans("", "", "'\"()")


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
    reader = _KeyReader(clock, place, dialect)
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
            what = f"{key} and {after} are both at frame {key.position:g}."
            raise place.error(what, None, "Keep one of them.")


class _KeyReader:
    """Reads the keys of one lane."""

    def __init__(self, clock: Clock, place: Place, dialect: Dialect) -> None:
        self.clock, self.place, self.dialect = clock, place, dialect
        self.expressions: dict[str, Expression] = {}

    def text(self, text: str) -> list[Key]:
        """The keys of a schedule string, or of a bare value."""
        if not text.strip():
            raise self.place.error("this schedule is empty.", 0, EXAMPLE)
        curve, start = self.lane_curve(text)
        place = self.place.moved(start)
        return [self.key(entry, curve, place) for entry in split_entries(text[start:], place)]

    def lane_curve(self, text: str) -> tuple[Curve, int]:
        """The curve named at the front, `smooth; ...`, and where the keys start."""
        match = _LANE_CURVE.match(text)
        if match is None:
            return LINEAR, 0
        return parse_curve(match[1], self.place.moved(match.start(1))), match.end()

    def table(self, table: Mapping[str, object]) -> list[Key]:
        """The keys of a TOML table; `curve` is the whole lane's."""
        values = {str(label): value for label, value in table.items()}
        named = str(values.pop("curve", LINEAR))
        curve = parse_curve(named, self.place._replace(source=named))
        if not values:
            raise self.place.error("this table has no keys.", None, 'Example: { "0" = 1.0, "60" = 1.03 }.')
        return [self.table_key(label, value, curve) for label, value in values.items()]

    def table_key(self, label: str, value: object, curve: Curve) -> Key:
        if isinstance(value, Mapping):
            hint = 'A key with a point needs quotes: "2.5s" = 1.0.'
            raise self.place.error(f"the key {quoted(label, 30)} holds a table.", None, hint)
        place = self.place._replace(source=label)
        label, at = unwrap(label.strip(), 0, place)
        position = self.position(label, place.moved(at))
        label = self.label(label, position)
        if not isinstance(value, str):
            return Key(position, self.number(value, label), curve, label)
        place = self.place._replace(source=value)
        if not value.strip():
            raise place.error(f"the key {quoted(label, 30)} has no value.", None, 'Example: "60" = 1.03.')
        body, _ = unwrap(value.strip(), 0, place, times=0)
        return self.valued(label, position, body, value.index(body), curve, place)

    def key(self, entry: Entry, curve: Curve, place: Place) -> Key:
        """One entry of a schedule string."""
        if entry.key.isdecimal() and entry.key.isascii() and len(entry.key) < 10:
            label, position = entry.key, float(entry.key)
        else:
            label, label_at = unwrap(entry.key, entry.key_at, place)
            position = self.position(label, place.moved(label_at))
        return self.valued(self.label(label, position), position, entry.value, entry.value_at, curve, place)

    def valued(self, label: str, position: float, text: str, at: int, curve: Curve, place: Place) -> Key:
        """The key at `position` whose value, and perhaps curve, is `text`."""
        if self.is_number(text):
            return Key(position, self.parsed_number(text, place.moved(at)), curve, label)
        body, own_curve = self.split_curve(text, at, place)
        body, body_at = unwrap(body, at, place)
        bare = body.translate(_DEFORUM_DROPS).strip() if self.dialect == "deforum" else body
        if self.is_number(bare):
            return Key(position, self.parsed_number(bare, place.moved(body_at)), own_curve or curve, label)
        if own_curve:
            hint = "Only the way from a number to the next key has a curve."
            raise place.error("an expression is not a ramp and takes no curve.", at + len(text) - 1, hint)
        if NUMBER.fullmatch(
            body
        ):  # Deforum holds 1e-3 like any expression: it must not be read back as a number
            body += " + 0"
        return Key(position, self.expression(body, text, place.moved(body_at)), LINEAR, label)

    def split_curve(self, text: str, at: int, place: Place) -> tuple[str, Curve | None]:
        """A value and the curve word after it, `(1.0) smooth`."""
        unwrap(text, at, place, times=0)  # only for its check of the length
        match = _KEY_CURVE.search(text)
        value = text[: match.start()].rstrip() if match else ""
        if match is None or not value or match[1].partition("(")[0].strip() not in NAMES:
            return text, None
        return value, parse_curve(match[1], place.moved(at + match.start()))

    def expression(self, body: str, text: str, place: Place) -> Expression:
        if body in self.expressions:
            return self.expressions[body]
        try:
            found = parse_expression(body, clock=self.clock, place=place)
        except ScheduleError as error:
            word = _KEY_CURVE.search(text)
            hint = did_you_mean(word[1], NAMES) if word else ""
            if hint and word:
                raise place.error(f"{quoted(word[1])} is not a curve.", text.rfind(word[1]), hint) from error
            raise
        return self.expressions.setdefault(body, found)

    def position(self, label: str, place: Place) -> float:
        return parse_position(label, clock=self.clock, place=place, dialect=self.dialect)

    def label(self, label: str, position: float) -> str:
        """The key as written; in Deforum's dialect a cut expression is written as the frame it was cut to."""
        cut = self.dialect == "deforum" and not NUMBER.fullmatch(label) and position.is_integer()
        return str(int(position)) if cut else label

    def is_number(self, text: str) -> bool:
        pattern = _DEFORUM_NUMBER if self.dialect == "deforum" else NUMBER
        return pattern.fullmatch(text) is not None

    def parsed_number(self, text: str, place: Place) -> float:
        value = float(text)
        if not abs(value) <= MAX_VALUE:
            raise place.error(f"{quoted(text, 20)} is too large.", 0, f"Allowed: up to {MAX_VALUE:g}.")
        return value

    def number(self, value: object, label: str = "") -> float:
        """A number as a project file gives it."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            what = f"{quoted(repr(value)[:200], 30)} is not a number or a schedule."
            raise self.place.error(what, None, f"Examples: 1.0, {EXAMPLE[9:]}")
        if not abs(value) <= MAX_VALUE:  # nan is refused too
            what = f"the number{f' at key {label}' if label else ''} is not finite or too large."
            raise self.place.error(what, None, f"Allowed: up to {MAX_VALUE:g}.")
        return float(value)
