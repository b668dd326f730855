"""A settings file of another program on its way into a project: reading its settings, and accounting for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from keyframes import Clock, Dialect, LaneSpec, ProjectError, ScheduleError, parse_position

from ..lanes import TABLES, table_of
from .converted import ConvertedProject
from .report import Report
from .rewrite import rewritten
from .rules import Rule, as_number, is_true

_SPECS = {spec.name: spec for specs in TABLES.values() for spec in specs}


class Conversion:
    """The settings of a file, the project that is made of them, and the report of what became of each.

    values: the file's settings. folder: where the project will stand. defaults: what the program that wrote the file
    takes for a setting that is not in it. dialect, clock: of its schedules; the clock is set once the length is known.
    """

    clock: Clock

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        project: ConvertedProject,
        report: Report,
        folder: Path,
        dialect: Dialect,
        defaults: Mapping[str, object] | None = None,
    ) -> None:
        self.values, self.defaults = values, defaults or {}
        self.project, self.report, self.folder, self.dialect = project, report, folder, dialect

    # Reading

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

    def on(self, name: str, *others: str) -> bool:
        """Whether a setting is on."""
        return is_true(self.get(name, *others))

    def text(self, name: str, *others: str) -> str:
        """A setting as text, "" when it is not set."""
        value = self.get(name, *others)
        return value if isinstance(value, str) else "" if value is None else str(value)[:1000]

    def word(self, name: str) -> str:
        """A setting as one lower-case word."""
        return self.text(name).strip().lower()

    def number(self, name: str, *others: str, otherwise: float) -> float:
        """A setting as a number. For anything else a note is made, and `otherwise` taken."""
        value = self.get(name, *others)
        found = as_number(value)
        if found is not None:
            return found
        if value is not None:
            self.report.note(name, "missing", f"is no number; {otherwise:g} is taken.", value)
        return otherwise

    def limited(self, name: str, *others: str, low: float, high: float, otherwise: float) -> float:
        """A setting as a number, cut to a range without a word."""
        return min(max(self.number(name, *others, otherwise=otherwise), low), high)

    def whole(self, *names: str, low: int, high: int, otherwise: int) -> int:
        """A setting as a whole number. One outside the range is cut to it, and a note made."""
        number = self.number(*names, otherwise=otherwise)
        found = int(min(max(number, low), high))
        if not low <= number <= high:
            used = next((name for name in names if self.has(name)), names[0])
            self.report.note(used, "missing", f"allowed: {low} to {high}; {found} is taken.", number)
        return found

    def choice(self, name: str, choices: Mapping[str, str], otherwise: str, why: str) -> str:
        """What the word of a setting is here. For any other word a note is made, and `otherwise` taken."""
        word = self.word(name)
        if word not in choices:
            self.report.note(name, "missing", why, word)
        return choices.get(word, otherwise)

    def position(self, name: str, key: str, text: object) -> int | None:
        """The frame of a key; None, and a note under `name`, for one that is no position."""
        try:
            return int(parse_position(key, clock=self.clock, dialect=self.dialect))
        except ProjectError as error:
            self.report.note(name, "missing", f"this key is not right. {error.problems[0]}", text)
            return None

    def file(self, name: str, value: object) -> str | None:
        """A path as a project may have it: of a file beside the project. For any other a note is made under `name`."""
        path = str(value)[:1000].strip()
        why = "there is no such file beside the project: copy it there, and write its name into the project."
        if re.match(r"[a-z]+://", path, re.IGNORECASE):
            why = "is an address of the web: fetch it, and write its file's name into the project."
        else:
            for candidate in dict.fromkeys((path, re.split(r"[\\/]", path)[-1])):
                if candidate and self._lies_beside(candidate):
                    return candidate
        self.report.note(name, "missing", why, path)
        return None

    def _lies_beside(self, path: str) -> bool:
        try:
            found = (self.folder / path).resolve()
            return found.is_relative_to(self.folder.resolve()) and found.is_file()
        except (OSError, ValueError, RuntimeError):
            return False

    # Writing

    def put(self, place: str, value: object, *names: str) -> None:
        """Write a value into the project, and say that these settings went there."""
        self.project.put(place, value)
        self.carried(place, *names)

    def carried(self, place: str, *names: str) -> None:
        """Say that settings, those of them which the file has, went to a place of the project."""
        noted = {note.name for note in self.report.notes if note.kind in ("missing", "unknown", "off")}
        for name in names:
            if name in self.values and name not in noted:
                self.report.carried.setdefault(name, place)

    def lane(self, lane: str, *names: str, **change: Any) -> None:
        """Carry a schedule into a lane; a broken one is left out, and a note made. change: see `rewritten`."""
        value = self.get(*names)
        if value is None:
            return
        used = next((name for name in names if self.has(name)), names[0])
        place = f"{table_of(lane)}.{lane}"
        found = self.schedule(used, value, self.spec(lane), **change)
        if found is not None:
            self.put(place, found, used)

    @staticmethod
    def spec(lane: str) -> LaneSpec:
        """Range and kind of a lane."""
        return _SPECS[lane]

    def schedule(self, name: str, value: object, spec: LaneSpec, **change: Any) -> int | float | str | None:
        """A schedule of a lane as the project has it; None, and a note, for a broken one."""
        try:
            return rewritten(value, spec, clock=self.clock, dialect=self.dialect, **change)
        except ProjectError as error:
            problem = error.problems[0]
            if isinstance(error, ScheduleError):
                problem = replace(problem, where=name)
            self.report.note(name, "missing", f"this schedule is not right. {problem}", value)
            return None

    # Accounting

    def missing(self, name: str, why: str) -> None:
        """Note that a setting, as the file has it, is not carried over."""
        self.report.note(name, "missing", why, self.values.get(name))

    def changed(self, name: str, why: str) -> None:
        """Note that a setting, as the file has it, is carried over with a difference."""
        self.report.note(name, "changed", why, self.values.get(name))

    def off(self, why: str, *names: str) -> None:
        """Note that settings, those of them which the file has, have no effect."""
        for name in names:
            if self.has(name):
                self.report.note(name, "off", why, self.values[name])

    def settle(self, rules: Iterable[Rule]) -> Report:
        """Make a note of every setting of the file that nothing has been said of yet; the report is then complete."""
        rules = list(rules)
        for name, value in self.values.items():
            if name in self.report.accounted:
                continue
            rule = next((rule for rule in rules if rule.matches(name)), None)
            if rule is None:
                self.report.note(name, "unknown", value=value)
                continue
            switch = rule.switch.replace("#", (re.findall(r"\d+", name) or [""])[0])
            switched_off = bool(switch) and not is_true(self.values.get(switch))
            unused = bool(rule.here)  # what reads it had no use for it
            why = "not used by this film." if unused else rule.why
            off = unused or switched_off or rule.is_harmless(value)
            self.report.note(name, "off" if off else "missing", why, value)
        return self.report
