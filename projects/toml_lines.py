"""The line of each key in the TOML text, so that a message can name it.

`tomllib` does not keep positions. This reads the text line by line and knows tables, dotted and quoted keys and
multi-line strings; where it is unsure it gives no line rather than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)
_QUOTED = re.compile(  # each reaches to the end where it is not closed, so that no text is gone through twice
    r""""{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3})?|'{3}.*?(?:'{3}|\Z)|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+""",
    re.DOTALL,
)
_BARE = re.compile(r"[\w.\- \t]+")
_PIECE = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*\.?""")


def key_lines(text: str) -> dict[str, int]:
    """Dotted key -> line, counted from 1. The first one wins."""
    lines: dict[str, int] = {}
    table, fence = "", ""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if fence:
            if fence in line:
                fence = ""
            continue
        if found := _TABLE.match(line):
            table = _dotted(found[1])
            lines.setdefault(table, number)
            continue
        if found := _KEY.match(line):
            key = _dotted(found[1])
            lines.setdefault(f"{table}.{key}" if table else key, number)
            rest = line[found.end() :]
            for mark in ('"""', "'''"):
                if rest.count(mark) % 2:
                    fence = mark
    return lines


def line_of(lines: Mapping[str, int], where: str) -> int | None:
    """The line of a dotted key, or of the nearest table above it."""
    while where:
        if where in lines:
            return lines[where]
        where = where.rpartition(".")[0]
    return None


def longest_key(text: str) -> int:
    """How many dots the longest dotted key has: `tomllib` takes a time that grows with the square of it."""
    return max((run.count(".") for run in _BARE.findall(_QUOTED.sub("k", text))), default=0)


def _dotted(key: str) -> str:
    return ".".join(piece.strip("\"'") for piece in _PIECE.findall(key))
