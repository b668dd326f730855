"""A project file in the making, and its text as TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..schema import SCHEMA_FILE

TOP = ("title", "size", "fps", "frames", "seed", "model")  # the order of the first lines
TABLES = ("prompts", "motion", "diffusion", "coherence", "masks", "guide", "clip_guidance", "video", "output")

_SURROGATES = re.compile("[\ud800-\udfff]")  # half a character, which JSON can hold and UTF-8 cannot
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


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
    """A text, number, truth value or list as TOML, which writes them like JSON. Raises ValueError for anything else."""
    if not isinstance(value, str | int | float | list | tuple):
        raise ValueError(f"{type(value).__name__} has no place in a project file")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _SURROGATES.sub("\ufffd", text).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_value(name)
