"""Rewrites the tables of docs/parity.md from those of the importers: `python -m projects.importers.parity FILE`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from . import deforum_table, disco_table, fizz, parseq_frames, travel
from .report import Rule

_TABLE = re.compile(r"^\| setting \|.*\n(?:\|.*\n)+", re.MULTILINE)


def with_tables(page: str) -> str:
    """The page with fresh tables: of each program, in order, the settings that are carried over, then the others.

    Raises ValueError for a page with more or fewer tables.
    """
    tables: list[str] = []
    for module in (deforum_table, disco_table, parseq_frames, fizz, travel):
        tables.append(_table("here", (rule for rule in module.TABLE if rule.here)))
        tables.append(_table("why", (rule for rule in module.TABLE if not rule.here)))
    if len(_TABLE.findall(page)) != len(tables):
        raise ValueError(f"the page needs {len(tables)} tables of settings")
    fresh = iter(tables)
    return _TABLE.sub(lambda _: next(fresh), page)


def _table(heading: str, rules: Iterable[Rule]) -> str:
    lines = [f"| setting | {heading} |", "|---|---|"]
    for rule in rules:
        names = " ".join(f"`{name}`" for name in rule.names)
        place = f"`{rule.here}`" if rule.here else ""
        why = rule.why.replace("|", "\\|")
        lines.append(f"| {names} | {'; '.join(filter(None, [place, why]))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys
    from pathlib import Path

    page = Path(sys.argv[1])
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
