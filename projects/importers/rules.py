"""Tables that say what becomes of every setting of another program.

A line that starts with a space continues the row above it. In names, # stands for a number and * for anything; an id
such as the [7] of a node is ignored.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

_FALSE = ("", "false", "none", "no", "off", "0")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What becomes of one or more settings.

    here: their place in the project file, or "". why: what is different, or why they have no place. harmless: values
    at which nothing is lost; None for all. switch: the setting that turns these on; without it they have no effect.
    """

    names: tuple[str, ...]
    here: str = ""
    why: str = ""
    harmless: tuple[object, ...] | None = ()
    switch: str = ""

    def matches(self, name: str) -> bool:
        """Whether this rule is for the setting `name`."""
        plain = re.sub(r"^cn_\d+_", "cn_#_", re.sub(r"\[\w+\]", "", name))
        return name in self.names or any(_stands_for(word, plain) for word in self.names)

    def is_harmless(self, value: object) -> bool:
        """Whether nothing is lost without a setting of this value."""
        if value is None or self.harmless is None:
            return True
        return any(_same(value, known) for known in self.harmless)


def carried(table: str) -> tuple[Rule, ...]:
    """Rules for settings with a place in a project. Row: names | here | why | harmless: JSON values | switch: name."""
    return tuple(_rule(names, here, cells) for names, here, *cells in table_rows(table))


def left_out(table: str) -> tuple[Rule, ...]:
    """Rules for settings without a place. Row: names | why | harmless: JSON values, or any value | switch: name."""
    return tuple(_rule(names, "", cells) for names, *cells in table_rows(table))


def table_rows(table: str) -> Iterator[list[str]]:
    """The cells of every row of a table of text."""
    for row in re.sub(r"\n +", " ", table.strip()).splitlines():
        yield row.split(" | ")


def _rule(names: str, here: str, cells: list[str]) -> Rule:
    why = switch = ""
    harmless: tuple[object, ...] | None = ()
    for cell in cells:
        if cell.startswith("harmless: "):
            values = cell.removeprefix("harmless: ")
            harmless = None if values == "any value" else tuple(json.loads(f"[{values}]"))
        elif cell.startswith("switch: "):
            switch = cell.removeprefix("switch: ")
        else:
            why = cell
    return Rule(names=tuple(names.split()), here=here, why=why, harmless=harmless, switch=switch)


def _stands_for(word: str, name: str) -> bool:
    if word.endswith("*"):
        return name.startswith(word[:-1])
    return name.endswith(word[1:]) if word.startswith("*") else name == word


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
