"""The Python API: options as a value or as keywords, plans as plain data, films of takes."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from keyframes import ProjectError, ScheduleError
from projects import Take
from render import RenderOptions, api
from render.resolve import ResolvedProject

from ..fakes import FakePainter, Studio, load, project_text, write_project

TEXT = project_text(6, output='crf = 30\npreset = "ultrafast"')


class FakeStudio(api.Studio):
    """A fake painter takes the place of every model."""

    def __init__(self) -> None:
        super().__init__(device="cpu")
        self.fake = Studio()

    def painter(self, film: ResolvedProject) -> FakePainter:
        """A painter for the film."""
        return self.fake.painter(film)

    @property
    def painted(self) -> list[int]:
        """The frames painted, in order."""
        return self.fake.painted


@pytest.fixture
def studio() -> FakeStudio:
    return FakeStudio()


def test_options_are_a_value_or_keywords(home: Path, studio: FakeStudio) -> None:
    project = load(home, TEXT)
    options = RenderOptions(frames="0-2", film=False)
    assert api.plan(project, options) == api.plan(project, frames=[0, 1, 2], film=False)
    assert api.plan(project, options, frames=[5]).frames == (5,), "keywords change the value"
    assert api.render(project, options, take=home / "mine", studio=studio).painted == (0, 1, 2)
    assert studio.painted == [0, 1, 2]
    assert (home / "mine" / "frames" / "000002.png").is_file()
    assert not project.take_folder.exists()


def test_an_option_that_does_not_exist(home: Path) -> None:
    with pytest.raises(TypeError, match="frame"):
        api.plan(load(home, TEXT), frame=3)  # type: ignore[call-arg]


def test_frames_of_the_options() -> None:
    assert RenderOptions().chosen(9) is None
    assert RenderOptions(frames="3, 5-6, -1").chosen(9) == (3, 5, 6, 8)
    assert RenderOptions(frames=range(2, 4)).chosen(9) == (2, 3)
    with pytest.raises(ScheduleError, match="no frame 9"):
        RenderOptions(frames=[9]).chosen(9)


def test_check_describes_the_project(home: Path) -> None:
    project = load(home, TEXT)
    report = api.check(project)
    assert (report.project, report.size, report.length, report.model_names) == (
        "dream.toml",
        (64, 64),
        6,
        "fake",
    )
    with pytest.raises(ProjectError, match="sampler"):
        api.check(load(home, project_text(6, diffusion='sampler = "nothing"')))


def test_a_plan_as_plain_data(home: Path) -> None:
    project = load(home, TEXT)
    plan, report = api.plan(project), api.describe_plan(project)
    assert (report.paint, report.kept, report.model_calls) == (plan.paint, plan.kept, plan.calls)
    assert report.rows == ()
    some = api.describe_plan(project, frames=range(6))
    assert [row.frame for row in some.rows] == list(range(6))
    assert not any(row.reasons for row in some.rows), "reasons are for a few frames"
    (row,) = api.describe_plan(project, frames=[2]).rows
    assert row.prompts == (("a lighthouse by the sea", 1.0),)
    reasons = {lane: (value, reason) for lane, value, reason in row.reasons}
    assert reasons["angle"][0] == row.lanes["angle"] == 1
    assert json.loads(json.dumps(some.as_json()))["frames"][2]["lanes"]["angle"] == 1


def test_a_still_and_its_copy(home: Path, studio: FakeStudio) -> None:
    project = load(home, TEXT)
    stored = api.still(project, -3, studio=studio)
    assert stored == project.take_folder / "frames" / "000003.png"
    copy = api.still(project, 3, out=home / "three.png", studio=studio)
    assert copy.read_bytes() == stored.read_bytes()
    assert studio.painted == [0, 1, 2, 3], "once"


def test_export_makes_the_film_that_render_makes(home: Path, studio: FakeStudio) -> None:
    project = api.load_project(write_project(home, TEXT))
    done = api.render(project, studio=studio)
    assert done.film is not None
    api.export(done.take, home / "again.mp4")
    assert (home / "again.mp4").read_bytes() == done.film.read_bytes()


def test_a_take_records_its_project(home: Path, tmp_path: Path, studio: FakeStudio) -> None:
    project = api.load_project(write_project(home, TEXT))
    take = tmp_path / "elsewhere"
    api.render(project, take=take, film=False, studio=studio)
    record = json.loads((take / "take.json").read_text())
    assert record == {"project": "dream.toml", "folder": "../films", "draft": False}
    draft = api.as_draft(replace(project))
    api.render(draft, film=False, studio=studio)
    assert json.loads((draft.take_folder / "take.json").read_text())["draft"] is True


@pytest.mark.parametrize(
    "record", ["", "[]", '{"project": 1}', '{"project": "../x", "folder": "/", "draft": 0}']
)
def test_a_record_that_makes_no_sense_is_as_none(home: Path, record: str, studio: FakeStudio) -> None:
    project = api.load_project(write_project(home, TEXT))
    take = api.render(project, film=False, studio=studio).take
    (take / "take.json").write_text(record)
    assert api.export(take, home / "film.gif").frames == 6


def test_verify_hashes_what_looks_unchanged(home: Path, studio: FakeStudio) -> None:
    project = load(home, TEXT)
    path = Take(api.render(project, studio=studio).take).path(5)
    before, data = path.stat(), bytearray(path.read_bytes())
    data[-20] ^= 1
    with path.open("r+b") as file:  # the same file, of the same size and time
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert api.plan(project).paint == ()
    assert api.plan(project, verify=True).paint == (5,)
    assert api.render(project, verify=True, studio=studio).painted == (5,)
    assert studio.painted == [*range(6), 5]
    assert api.plan(project, verify=True).paint == ()


def test_a_sheet(home: Path, studio: FakeStudio) -> None:
    take = api.render(load(home, TEXT), film=False, studio=studio).take
    assert api.sheet(take, home / "sheet.png", count=4, columns=2) == (4, 6)
    with Image.open(home / "sheet.png") as sheet:
        assert sheet.width == 2 * 64 + 3 * 8
    assert Take(take).stored() == tuple(range(6))
