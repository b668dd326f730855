"""docs/parity.md and the importers' tables are one thing, and cover every setting there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

from projects.importers import deforum_table, disco_table, fizz, parseq_frames, travel
from projects.importers.parity import with_tables

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "parity.md"
FILES = Path(__file__).parent / "settings"


def test_the_page_is_fresh() -> None:
    stale = "docs/parity.md is stale. Run: python -m projects.importers.parity docs/parity.md"
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page), stale


def test_every_setting_of_a_default_file_has_a_line() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    documented = {
        name
        for line in lines
        if line.startswith("|")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    for path in FILES.glob("*.txt"):
        names = {re.sub(r"^cn_\d+_", "cn_#_", name) for name in json.loads(path.read_text(encoding="utf-8"))}
        assert names <= documented, path.name


def test_every_row_says_where_or_why() -> None:
    tables = (deforum_table.TABLE, disco_table.TABLE, parseq_frames.TABLE, fizz.TABLE, travel.TABLE)
    for row in (row for table in tables for row in table):
        assert row.here or row.why, row.names
