"""The work table of an import: read settings, write the project, account for every setting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from keyframes import Clock, Dialect, LaneSpec, ProjectError, ScheduleError, parse_position

from ..lanes import TABLES, table_of
from .report import Report, Rule, as_number, is_true, rule_for
from .rewrite import AS_IT_IS, Change, rewritten

_SPECS = {spec.name: spec for specs in TABLES.values() for spec in specs}
_TABLES = (
    "prompts",
    "motion",
    "diffusion",
    "coherence",
    "masks",
    "guide",
    "clip_guidance",
    "video",
    "output",
)


class Conversion:
    """A file's settings, the project made of them, and the report of what became of each setting.

    values: the file's settings. name: the file's. folder: where the project will stand. tables: the project's settings
    by table and name, in the order they are written; the top level is the table "". dialect, clock: how schedules are
    read; an importer sets the clock once it knows the film's length. defaults: values of settings that are not in the
    file.
    """

    clock: Clock
    dialect: Dialect = "deforum"

    def __init__(self, values: Mapping[str, Any], *, name: str, folder: Path, model: str) -> None:
        self.values, self.name, self.folder = values, name, folder
        self.defaults: Mapping[str, object] = {}
        self.report = Report(source=name)
        self.tables: dict[str, dict[str, object]] = {table: {} for table in ("", *_TABLES)}
        self.put("model", model)

    # Reading

    def has(self, name: str) -> bool:
        """Whether the file itself has a setting."""
        return self.values.get(name) is not None

    def used(self, *names: str) -> str:
        """The first of these names that the file has, else the first."""
        return next(filter(self.has, names), names[0])

    def get(self, *names: str) -> Any:
        """The value under the first of these names that the file has, else the default, which is noted."""
        name = self.used(*names)
        if self.has(name):
            return self.values[name]
        value = self.defaults.get(name)
        if value is not None and all(note.name != name for note in self.report.notes):
            self.report.note(name, "assumed", value=value)
        return value

    def on(self, *names: str) -> bool:
        """Whether a setting is on."""
        return is_true(self.get(*names))

    def text(self, name: str) -> str:
        """A setting as text, "" when it is not set."""
        value = self.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)[:1000]

    def word(self, name: str) -> str:
        """A setting in lower case, without spaces around it."""
        return self.text(name).strip().lower()

    def number(self, *names: str, otherwise: float) -> float:
        """A setting as a number; `otherwise`, and a note under the first name, for anything else."""
        value = self.get(*names)
        found = as_number(value)
        if found is not None:
            return found
        if value is not None:
            self.report.note(names[0], "missing", f"not a number; using {otherwise:g}.", value)
        return otherwise

    def limited(self, name: str, *, low: float, high: float, otherwise: float) -> float:
        """A setting as a number, limited to a range without a note."""
        return min(max(self.number(name, otherwise=otherwise), low), high)

    def whole(self, *names: str, low: int, high: int, otherwise: int) -> int:
        """A setting as a whole number, limited to a range; a note if it was outside."""
        number = self.number(*names, otherwise=otherwise)
        found = int(min(max(number, low), high))
        if not low <= number <= high:
            self.report.note(
                self.used(*names), "missing", f"allowed: {low} to {high}; using {found}.", number
            )
        return found

    def choice(self, name: str, choices: Mapping[str, str], otherwise: str, why: str) -> str:
        """The project's word for that of a setting; `otherwise`, and a note, for an unknown one."""
        word = self.word(name)
        if word not in choices:
            self.report.note(name, "missing", why, word)
        return choices.get(word, otherwise)

    def position(self, name: str, key: str, text: object) -> int | None:
        """The frame of a key; None, and a note under `name`, for an invalid one."""
        try:
            return int(parse_position(key, clock=self.clock, dialect=self.dialect))
        except ProjectError as error:
            self.report.note(name, "missing", f"invalid key. {error.problems[0]}", text)
            return None

    def file(self, name: str, value: object) -> str | None:
        """The path of a file next to the project; None, and a note under `name`, for any other."""
        path = str(value)[:1000].strip()
        why = "no such file next to the project; copy it there and write its name into the project."
        if re.match(r"[a-z]+://", path, re.IGNORECASE):
            why = "a web address; download the file next to the project and write its name into the project."
        else:
            for candidate in dict.fromkeys((path, re.split(r"[\\/]", path)[-1])):
                if candidate and self._is_next_to_project(candidate):
                    return candidate
        self.report.note(name, "missing", why, path)
        return None

    def _is_next_to_project(self, path: str) -> bool:
        try:
            found = (self.folder / path).resolve()
            return found.is_relative_to(self.folder.resolve()) and found.is_file()
        except (OSError, ValueError, RuntimeError):
            return False

    # Writing

    def put(self, place: str, value: object, *names: str) -> None:
        """Write a value at a dotted place of the project, and record that these settings went there."""
        table, _, name = place.rpartition(".")
        self.tables.setdefault(table, {})[name] = value
        self.carried(place, *names)

    def switch(self, name: str, place: str, value: object = True) -> None:
        """Write a value if a setting is on, and record that the setting went there in any case."""
        if self.on(name):
            self.put(place, value)
        self.carried(place, name)

    def carried(self, place: str, *names: str) -> None:
        """Record that the file's settings of these names went to a place of the project."""
        noted = {note.name for note in self.report.notes if note.kind in ("missing", "unknown", "off")}
        for name in names:
            if name in self.values and name not in noted:
                self.report.carried.setdefault(name, place)

    def lane(self, lane: str, *names: str, change: Change = AS_IT_IS) -> None:
        """Write a schedule into a lane; an invalid one only makes a note."""
        value = self.get(*names)
        if value is None:
            return
        used = self.used(*names)
        found = self.schedule(used, value, _SPECS[lane], change)
        if found is not None:
            self.put(f"{table_of(lane)}.{lane}", found, used)

    def schedule(self, name: str, value: object, spec: LaneSpec, change: Change) -> int | float | str | None:
        """A schedule as the project writes it; None, and a note, for an invalid one."""
        try:
            return rewritten(value, spec, clock=self.clock, dialect=self.dialect, change=change)
        except ProjectError as error:
            problem = error.problems[0]
            if isinstance(error, ScheduleError):
                problem = replace(problem, where=name)
            self.report.note(name, "missing", f"invalid schedule. {problem}", value)
            return None

    # Accounting

    def missing(self, name: str, why: str) -> None:
        """Note that a setting is not carried over."""
        self.report.note(name, "missing", why, self.values.get(name))

    def changed(self, name: str, why: str) -> None:
        """Note that a setting is carried over with a difference."""
        self.report.note(name, "changed", why, self.values.get(name))

    def off(self, why: str, *names: str) -> None:
        """Note that the file's settings of these names have no effect."""
        for name in names:
            if self.has(name):
                self.report.note(name, "off", why, self.values[name])

    def settle(self, rules: Sequence[Rule]) -> None:
        """Complete the report: note every setting that is not accounted for yet."""
        for name, value in self.values.items():
            if name in self.report.accounted:
                continue
            rule = rule_for(name, rules)
            if rule is None:
                self.report.note(name, "unknown", value=value)
            elif rule.here:  # what reads it had no use for it
                self.report.note(name, "off", "not used by this film.", value)
            else:
                switch = rule.switch.replace("#", (re.findall(r"\d+", name) or [""])[0])
                switched_off = bool(switch) and not is_true(self.values.get(switch))
                off = switched_off or rule.is_harmless(value)
                self.report.note(name, "off" if off else "missing", rule.why, value)
