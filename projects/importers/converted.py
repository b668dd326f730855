"""A project file in the making, and its text as TOML."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..schema import SCHEMA_FILE

TOP = ("title", "size", "fps", "frames", "seed", "model")  # the order of the first lines
TABLES = ("prompts", "motion", "diffusion", "coherence", "masks", "guide", "clip_guidance", "video", "output")

_SURROGATES = re.compile("[\ud800-\udfff]")
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(kw_only=True)
class ConvertedProject:
    """Settings by table and name, in the order they are written; the top level is the table ""."""

    tables: dict[str, dict[str, object]] = field(default_factory=lambda: {name: {} for name in ("", *TABLES)})

    def put(self, place: str, value: object) -> None:
        """Write a value at a dotted place: `fps`, `motion.zoom`."""
        table, _, name = place.rpartition(".")
        self.tables.setdefault(table, {})[name] = value

    def toml(self, comments: Iterable[str] = ()) -> str:
        """The project as TOML, with `comments` at the end."""
        lines = [f"#:schema {SCHEMA_FILE}"]
        top = {**dict.fromkeys(TOP, ""), **self.tables[""]}
        top = {name: value for name, value in top.items() if value != ""}
        for table, settings in {**self.tables, "": top}.items():
            if settings and table:
                lines += ["", f"[{table}]"]
            lines += [f"{_key(name)} = {toml_value(value)}" for name, value in settings.items()]
        lines += ["", *(f"# {line}".rstrip() for line in comments)]
        return "\n".join(lines) + "\n"


def toml_value(value: object) -> str:
    """A text, number, truth value or list as TOML. Raises ValueError for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    raise ValueError(f"{type(value).__name__} has no place in a project file")


def _text(text: str) -> str:
    text = _SURROGATES.sub("\ufffd", text)  # half a character, which JSON can hold and UTF-8 cannot
    return f'"{"".join(_escaped(char) for char in text)}"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\u{ord(char):04X}" if ord(char) < 32 or ord(char) == 127 else char


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)
