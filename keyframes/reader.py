"""Reading the keys of a number lane: from text, from a table, from a number."""

from __future__ import annotations

import re
from collections.abc import Mapping

from keyframes.clock import Clock
from keyframes.curves import LINEAR, NAMES, Curve, parse_curve
from keyframes.entries import EXAMPLE, NUMBER, Entry, split_entries, unwrap
from keyframes.errors import Place, ScheduleError, did_you_mean, quoted
from keyframes.expansion import Key
from keyframes.expressions import Expression, parse_expression
from keyframes.parser import MAX_VALUE
from keyframes.positions import Dialect, parse_position

_LANE_CURVE = re.compile(r"\s*([a-z][a-z-]*\s*(?:\([^();]*\))?)\s*;")
_KEY_CURVE = re.compile(r"""(?<=[\s)"'\d])([a-z][a-z-]*(?:\s*\([^()]*\))?)$""")
_DEFORUM_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?|[+-]?\.\d+", re.ASCII)
_DEFORUM_DROPS = str.maketrans("", "", "'\"()")


class Reader:
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
        entries = split_entries(text[start:], place)
        if entries is None:
            body = text[start:].strip()
            entries = [Entry("0", 0, body, text.index(body, start) - start)]
        return [self.key(entry, curve, place) for entry in entries]

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
