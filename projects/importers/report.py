"""The report of an import: where each setting went, and why some have no place.

Tables of text say what becomes of every setting of another program. A line that starts with a space continues the row
above it. In names, # stands for a number and * for anything; an id such as the [7] of a node is ignored.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from textwrap import wrap
from typing import Literal

from keyframes.errors import printable

Kind = Literal["missing", "changed", "assumed", "off", "unknown"]
HEADINGS: dict[Kind, str] = {
    "missing": "Not carried over",
    "changed": "Carried over, with a difference",
    "assumed": "Missing from the file: defaults of the version that wrote it",
    "off": "Not carried over, and without effect in this file",
    "unknown": "Unknown, and not carried over",
}
_LONGEST = 200
_FALSE = ("", "false", "none", "no", "off", "0")


@dataclass(frozen=True, kw_only=True)
class Note:
    """One setting of the file, its value, and what there is to say about it."""

    name: str
    kind: Kind
    why: str = ""
    value: str = ""

    def __str__(self) -> str:
        shown = f"{self.name} = {self.value}" if self.value else self.name
        return f"{shown}: {self.why}" if self.why else shown


@dataclass(kw_only=True)
class Report:
    """The report of one import. carried: setting -> its dotted place in the project file."""

    source: str
    written_by: str = ""
    remarks: list[str] = field(default_factory=list)
    carried: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def note(self, name: str, kind: Kind, why: str = "", value: object = None) -> None:
        """Add a note. value: what the file holds, shown shortened."""
        self.notes.append(Note(name=name, kind=kind, why=why, value=shown(value)))

    @property
    def accounted(self) -> set[str]:
        """The file's settings that the report mentions."""
        return {*self.carried, *(note.name for note in self.notes if note.kind not in ("assumed", "changed"))}

    def lines(self) -> Iterator[str]:
        """The report line by line, the most important first."""
        yield f"Imported from {printable(self.source)}, written by {self.written_by}."
        yield from (printable(remark) for remark in self.remarks)
        for kind, heading in HEADINGS.items():
            notes = [note for note in self.notes if note.kind == kind]
            if notes:
                yield f"{heading}:"
                lines = _by_reason(notes) if kind in ("off", "assumed", "unknown") else map(str, notes)
                for line in lines:
                    yield from wrap(printable(line), 100, initial_indent="  ", subsequent_indent="      ")


def _by_reason(notes: Iterable[Note]) -> Iterator[str]:
    """One line for all settings with the same reason."""
    reasons: dict[str, list[str]] = {}
    for note in notes:
        name = note.name if note.kind == "off" or not note.value else f"{note.name} = {note.value}"
        reasons.setdefault(note.why, []).append(re.sub(r"^cn_\d+_", "cn_#_", name))
    for why, names in reasons.items():
        yield f"{', '.join(dict.fromkeys(names))}: {why}" if why else ", ".join(names)


def shown(value: object) -> str:
    """A value of a settings file in a few words; "" for None."""
    if value is None:
        return ""
    text = f'"{value[: _LONGEST + 1]}"' if isinstance(value, str) else repr(value)[: _LONGEST + 1]
    if isinstance(value, bool):
        text = text.lower()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What becomes of one or more settings.

    here: their place in the project file, or "". why: what is different, or why they have no place. Without a place,
    harmless: values at which nothing is lost, None for all; switch: the setting that turns these on.
    """

    names: tuple[str, ...]
    here: str = ""
    why: str = ""
    harmless: tuple[object, ...] | None = ()
    switch: str = ""

    def is_harmless(self, value: object) -> bool:
        """Whether nothing is lost without a setting of this value."""
        if value is None or self.harmless is None:
            return True
        return any(_same(value, known) for known in self.harmless)


def rule_for(name: str, rules: Iterable[Rule]) -> Rule | None:
    """The first rule for the setting `name`."""
    plain = re.sub(r"^cn_\d+_", "cn_#_", re.sub(r"\[\w+\]", "", name))
    for rule in rules:
        if plain in rule.names or any(fnmatchcase(plain, word) for word in rule.names if "*" in word):
            return rule
    return None


def carried(table: str) -> tuple[Rule, ...]:
    """Rules for settings with a place in a project. Row: names | here | why."""
    return tuple(
        Rule(names=tuple(names.split()), here=here, why="".join(why))
        for names, here, *why in table_rows(table)
    )


def left_out(table: str) -> tuple[Rule, ...]:
    """Rules for settings without a place. Row: names | why | harmless: JSON values, or any value | switch: name."""
    rules = []
    for names, why, *cells in table_rows(table):
        more = dict(cell.split(": ", 1) for cell in cells)
        known = more.get("harmless", "")
        harmless = None if known == "any value" else tuple(json.loads(f"[{known}]"))
        rule = Rule(names=tuple(names.split()), why=why, harmless=harmless, switch=more.get("switch", ""))
        rules.append(rule)
    return tuple(rules)


def defaults(table: str, version: str = "") -> dict[str, object]:
    """A version's defaults by setting. Row: names | default in JSON | default since VERSION ..., the oldest first."""
    found: dict[str, object] = {}
    for names, *cells in table_rows(table):
        for cell in cells:
            default, _, since = cell.partition(" since ")
            if since <= version:
                found |= dict.fromkeys(names.split(), json.loads(default))
    return found


def table_rows(table: str) -> Iterator[list[str]]:
    """The cells of every row of a table of text."""
    for row in re.sub(r"\n +", " ", table.strip()).splitlines():
        yield row.split(" | ")


def _same(value: object, known: object) -> bool:
    if isinstance(value, str) and isinstance(known, str):
        return "".join(value.split()).casefold() == "".join(known.split()).casefold()
    if type(value) is type(known) and value == known:
        return True
    number = as_number(value)
    return number is not None and number == as_number(known)


def is_true(value: object) -> bool:
    """Whether a setting is on: true, or any text that does not say no."""
    if isinstance(value, str):
        return value.strip().casefold() not in _FALSE
    return bool(value)


def as_number(value: object) -> float | None:
    """A finite number, perhaps written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value[:50] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def plain_number(value: float) -> int | float:
    """A whole number as an int, as people write it."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
