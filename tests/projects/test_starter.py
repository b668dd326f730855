"""The project that `reverie new` writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from keyframes import compile_timeline
from projects import lane_specs, read_project, starter


@pytest.mark.parametrize(
    "title",
    ["Dream", 'say "no"', "back\\slash", "a\nb", "{braces} %s", "tab\tbell\a", "\u2028", "'''", "🌊", '"""'],
)
def test_a_starter_loads_whatever_it_is_called(title: str) -> None:
    project = read_project(starter(f"{title}.toml", title), name="x.toml", folder=Path())
    given = project.file.title
    assert given == "".join(c if c.isprintable() else "·" for c in title)
    compile_timeline(project.clock, lane_specs(("euler",), {}), project.given_lanes, project.prompts)


def test_what_a_starter_has_commented_out_is_right_too() -> None:
    text = starter("x.toml", "X").replace('duration = "4s"', "")
    told = re.sub(r"^# (?=(?:\w+ = |\[))", "", text, flags=re.MULTILINE)
    assert told.count("\n[") == 4
    without_files = re.sub(r"^(init_image|audio).*\n", "", told, flags=re.MULTILINE)
    project = read_project(without_files, name="x.toml", folder=Path())
    assert project.file.size == (256, 256)
    assert project.given_lanes["steps"] == 10
    compile_timeline(project.clock, lane_specs(("euler",), {}), project.given_lanes, project.prompts)


def test_a_starter_points_editors_at_the_schema() -> None:
    assert starter("x.toml", "X").startswith("#:schema reverie.schema.json\n")
