"""Rows: each frame's values, typed by table."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import pytest

from keyframes import Timeline, compile_timeline
from projects import Rows, lane_specs, read_project
from projects.lanes import TABLES
from projects.schema import (
    ClipGuidanceRow,
    CoherenceRow,
    DiffusionRow,
    GuideRow,
    MotionRow,
    VideoRow,
)
from tests.pace import within

ROOT = Path(__file__).parents[2]
ROW_TABLES = {
    "motion": MotionRow,
    "diffusion": DiffusionRow,
    "coherence": CoherenceRow,
    "guide": GuideRow,
    "clip_guidance": ClipGuidanceRow,
    "video": VideoRow,
}
TEXT = """
frames = 20
[prompts]
0 = "dawn"
10 = "night"
[motion]
zoom = "0: (1.0), 10: (2.0)"
[diffusion]
steps = "0: (10), 10: (15)"
sampler = "0: (euler), 10: (ddim)"
[control.edges]
model = "somebody/canny"
end = 0.5
[ip_adapter.face]
model = "face.safetensors"
weight = "0: (0), 10: (1)"
pictures = {0 = "a.png"}
[lora.style]
path = "style.safetensors"
"""


def timeline_of(text: str = TEXT) -> Timeline:
    project = read_project(text, name="x.toml", folder=Path(), need_files=False)
    specs = (*lane_specs(("euler", "ddim"), {}), *project.own_lanes)
    return compile_timeline(project.clock, specs, project.given_lanes, project.prompts)


@pytest.mark.parametrize("table", TABLES)
def test_row_tables_name_the_lanes_of_their_settings(table: str) -> None:
    hints = {name: kind for name, kind in get_type_hints(ROW_TABLES[table]).items() if name != "specs"}
    lanes = {spec.name: int if spec.integer else float for spec in TABLES[table]}
    words = {"sampler": str} if table == "diffusion" else {}
    assert hints == {**lanes, **words}


def test_a_row_has_the_timelines_values() -> None:
    timeline = timeline_of()
    rows = Rows(timeline)
    assert len(rows) == 20
    for frame, row in enumerate(rows):
        assert row.frame == frame
        for table, specs in TABLES.items():
            values = getattr(row, table)
            for spec in specs:
                value = getattr(values, spec.name)
                assert value == timeline.numbers[spec.name][frame]
                assert type(value) is (int if spec.integer else float)
        assert row.prompt == timeline.prompts.at(frame)
        assert row.diffusion.sampler == timeline.words["sampler"][frame]
        numbers = {lane: series[frame] for lane, series in timeline.numbers.items()}
        assert row.lanes == {**numbers, "sampler": row.diffusion.sampler}
        assert all(type(row.lanes[lane]) is float for lane in numbers)
    assert rows[5].motion.zoom == 1.5
    assert [rows[frame].diffusion.sampler for frame in (9, 10)] == ["euler", "ddim"]


def test_networks_are_found_by_name() -> None:
    row = Rows(timeline_of())[5]
    assert row.lora == {"style": 1.0}
    assert row.ip_adapter == {"face": 0.5}
    assert list(row.control) == ["edges"]
    assert (row.control["edges"].weight, row.control["edges"].start, row.control["edges"].end) == (1, 0, 0.5)


def test_lanes_that_a_film_lacks_have_their_default() -> None:
    specs = [spec for spec in lane_specs(("euler",), {}) if spec.name != "video_alpha"]
    project = read_project("frames = 3\nprompts = 'x'", name="x.toml", folder=Path())
    rows = Rows(compile_timeline(project.clock, specs, {}, project.prompts))
    assert [row.video.video_alpha for row in rows] == [1.0, 1.0, 1.0]


def test_rows_of_a_hundred_thousand_frames_are_cheap() -> None:
    keys = "".join(f'{1000 * key} = "a lighthouse, number {key} --neg fog"\n' for key in range(100))
    text = f'frames = 100000\n[motion]\nzoom = "0: (1), 99999: (2)"\n[prompts]\nblend = "linear"\n{keys}'
    with within(4):
        for row in Rows(timeline_of(text)):
            assert row.prompt.parts
            assert 1 <= row.motion.zoom <= 2


@pytest.mark.parametrize("frame", [-1, 20])
def test_frames_outside_the_film_are_refused(frame: int) -> None:
    with pytest.raises(IndexError, match="allowed 0 to 19"):
        Rows(timeline_of())[frame]


def test_a_row_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Rows(timeline_of())[0].motion.zoom = 2.0


def test_mypy_refuses_settings_and_lanes_that_do_not_exist(tmp_path: Path) -> None:
    script = tmp_path / "wrong.py"
    script.write_text(
        "from projects import Project, Row\n"
        "def right(project: Project, row: Row) -> tuple[str, float, int, str]:\n"
        "    steps = row.diffusion.steps\n"
        "    return project.file.motion.mode, row.motion.zoom, steps, row.diffusion.sampler\n"
        "def wrong(project: Project, row: Row) -> None:\n"
        "    project.file.motion.no_such_setting\n"
        "    row.motion.no_such_lane\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(script)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"MYPYPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    lines = [line.partition("wrong.py:")[2] for line in done.stdout.splitlines() if "error" in line]
    assert [line.split(":")[0] for line in lines] == ["6", "7"], done.stdout + done.stderr
    assert "no_such_setting" in lines[0]
    assert "no_such_lane" in lines[1]
