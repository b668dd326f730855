"""The report of an import: where each setting went, and why some have no place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
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
