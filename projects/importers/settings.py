"""The settings of another program, as its file gives them, and what becomes of each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from keyframes import ProjectError, ScheduleError

from ..lanes import TABLES, table_of
from .draft import Draft
from .report import Report
from .rewrite import relabelled, rewritten

SPECS = {spec.name: spec for specs in TABLES.values() for spec in specs}
ANY = "any value"  # among the values of `off`
_FALSE = ("", "false", "none", "no", "off", "0")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What becomes of one or more settings of another program.

    here: their place in the project file; "" if they have none. why: why not, or what is different. off: the values at
    which nothing is lost. switch: the setting that turns these on; while it is off they have no effect.
    A # in a name stands for a number.
    """

    names: str
    here: str = ""
    why: str = ""
    off: tuple[object, ...] = ()
    switch: str = ""

    def matches(self, name: str) -> bool:
        """Whether `name` is one of these."""
        plain = re.sub(r"^cn_\d+_", "cn_#_", name)
        return name in self.names.split() or plain in self.names.split()


class Given:
    """The settings of a file, with the defaults of what wrote it for those that are not there."""

    def __init__(self, values: Mapping[str, Any], defaults: Mapping[str, object], report: Report) -> None:
        self.values, self.defaults, self.report = values, defaults, report
        self.lost: dict[str, str] = {}

    def get(self, name: str, *others: str) -> Any:
        """The value of a setting under the first of its names that the file has; else the default."""
        for known in (name, *others):
            if self.values.get(known) is not None:
                return self.values[known]
        value = self.defaults.get(name)
        if value is not None and all(note.name != name for note in self.report.notes):
            self.report.note(name, "assumed", value=value)
        return value

    def has(self, name: str) -> bool:
        """Whether the file itself has it."""
        return self.values.get(name) is not None

    def truth(self, name: str, *others: str) -> bool:
        """Whether a setting is on."""
        return is_true(self.get(name, *others))

    def word(self, name: str, *others: str) -> str:
        """A setting as text, "" when it is none."""
        value = self.get(name, *others)
        return value if isinstance(value, str) else "" if value is None else str(value)[:1000]

    def number(self, name: str, *others: str, otherwise: float) -> float:
        """A setting as a number. Anything else is told of, and `otherwise` taken."""
        value = self.get(name, *others)
        found = as_number(value)
        if found is not None:
            return found
        if value is not None:
            self.report.note(name, "missing", f"is no number; {otherwise:g} is taken.", value)
        return otherwise

    def carried(self, place: str, *names: str) -> None:
        """Say that settings, those of them which the file has, went to a place of the project."""
        told = {note.name for note in self.report.notes if note.kind in ("missing", "unknown", "off")}
        for name in names:
            if name in self.values and name not in told:
                self.report.carried.setdefault(name, place)

    def lane(self, draft: Draft, name: str, lane: str, *others: str, clock: Any, **how: Any) -> None:
        """Carry a schedule into a lane; one that is broken is told of and left out."""
        value = self.get(name, *others)
        if value is None:
            return
        used = next((n for n in (name, *others) if self.has(n)), name)
        try:
            found = rewritten(value, SPECS[lane], clock=clock, **how)
        except ProjectError as error:
            problem = relabelled(error, used) if isinstance(error, ScheduleError) else error.problems[0]
            self.report.note(used, "missing", f"this schedule is not right. {problem}", value)
            return
        place = f"{table_of(lane)}.{lane}"
        draft.put(place, found)
        self.carried(place, used)

    def settle(self, table: Iterable[Setting]) -> None:
        """Tell of every setting of the file that nothing has been said of yet."""
        rows = list(table)
        for name, value in self.values.items():
            if name in self.report.accounted:
                continue
            setting = next((row for row in rows if row.matches(name)), None)
            if setting is None:
                self.report.note(name, "unknown", value=value)
                continue
            switch = setting.switch.replace("#", (re.findall(r"\d+", name) or [""])[0])
            switched_off = bool(switch) and not is_true(self.values.get(switch))
            unused = bool(setting.here)  # what reads it had no use for it
            off = (
                value is None
                or unused
                or switched_off
                or ANY in setting.off
                or any(_same(value, q) for q in setting.off)
            )
            why = "not used by this film." if unused else setting.why
            self.report.note(name, "off" if off else "missing", why, value)


def _same(value: object, quiet: object) -> bool:
    if isinstance(value, str) and isinstance(quiet, str):
        return "".join(value.split()).casefold() == "".join(quiet.split()).casefold()
    return (type(value) is type(quiet) and value == quiet) or _numbers_agree(value, quiet)


def _numbers_agree(value: object, quiet: object) -> bool:
    first, second = as_number(value), as_number(quiet)
    return first is not None and first == second


def is_true(value: object) -> bool:
    """Whether a setting is on: true, and any text that does not say no."""
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
