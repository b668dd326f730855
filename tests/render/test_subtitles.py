"""Subtitles: what was prompted, when it is on the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from projects import Take
from render.ffmpeg import run_ffmpeg
from render.film_file import RECORD, FilmFile
from render.reports import RenderOptions
from render.resolve import ResolvedProject, resolve

from ..fakes import Studio, load, project_text, render

PROMPTS = '0 = "a lighthouse"\n6 = "a calm\\n\\n sea --> at night"\n9 = ""'


def text(frames: int = 12, output: str = "", prompts: str = PROMPTS, **tables: str) -> str:
    return project_text(frames, top="fps = 8", output=output, prompts=prompts, **tables)


def srt(film: ResolvedProject, frames: Sequence[int]) -> str:
    take = Take(film.project.take_folder, project=film.project.name)
    written = FilmFile(film, take, frames, RenderOptions()).subtitles
    assert written is not None
    return written


def entries(written: str) -> list[tuple[str, str, str]]:
    """(start, stop, text) of each entry, whose numbers rise from 1."""
    found = re.findall(r"(\d+)\n(\S+) --> (\S+)\n((?:.+\n)+)(?:\n|\Z)", written)
    assert [int(number) for number, *_ in found] == list(range(1, len(found) + 1))
    return [(start, stop, line.strip()) for _, start, stop, line in found]


def test_a_prompt_stands_as_long_as_it_is_painted(home: Path) -> None:
    done = render(load(home, text(output='subtitles = "prompts"')))
    assert done.film is not None
    assert entries((done.take / "film.srt").read_text(encoding="utf-8")) == [
        ("00:00:00,000", "00:00:00,750", "a lighthouse"),
        ("00:00:00,750", "00:00:01,125", "a calm sea -> at night"),
    ]
    read = run_ffmpeg(["-i", str(done.take / "film.srt"), "-f", "webvtt", "-"], doing="reading subtitles")
    assert b"00:00.750 --> 00:01.125\na calm sea -> at night" in read.replace(b"&gt;", b">")


def test_values_of_every_frame(home: Path) -> None:
    project = load(home, text(4, 'subtitles = "values"', motion='zoom = "0: (1), 4: (1.4)"\nangle = 2'))
    found = entries(srt(resolve(project), range(4)))
    assert len(found) == 4
    assert found[2][:2] == ("00:00:00,250", "00:00:00,375")
    assert found[2][2].split("\n") == ["frame 2  seed 5", "angle 2  zoom 1.2  noise 0.02", "a lighthouse"]


def test_times_are_the_films(home: Path) -> None:
    """Frames between change nothing; a loop begins later; a part of a film begins at 0."""
    loop = resolve(load(home, text(output='subtitles = "prompts"\nloop = 3\ninterpolate = 4')))
    assert [entry[:2] for entry in entries(srt(loop, range(12)))] == [
        ("00:00:00,000", "00:00:00,375"),
        ("00:00:00,375", "00:00:00,750"),
    ]
    assert entries(srt(loop, range(6, 12)))[0][:2] == ("00:00:00,000", "00:00:00,375")
    long = load(home, project_text(40_000, top="fps = 10", output='subtitles = "prompts"'))
    assert entries(srt(resolve(long), range(40_000)))[0][1] == "01:06:40,000"


def test_what_is_mixed_and_joined(home: Path) -> None:
    blended = '0 = "a cat AND fog"\n8 = "a dog AND rain"\nblend = "linear"'
    mixed = resolve(load(home, text(9, 'subtitles = "prompts"', blended)))
    assert [entry[2] for entry in entries(srt(mixed, range(9)))] == ["a cat AND fog", "a dog AND rain"]


def test_they_come_and_go_without_a_new_film(home: Path) -> None:
    plain = render(load(home, text()))
    film, record = plain.take / "film.mp4", plain.take / RECORD
    assert not film.with_suffix(".srt").exists()
    before = film.stat().st_mtime_ns, record.read_bytes()
    studio, shown = Studio(), 'subtitles = "prompts"'
    told = render(load(home, text(output=shown)), make_painter=studio.painter, metadata=True)
    assert studio.painted == []
    assert film.with_suffix(".srt").is_file()
    assert before[1] != record.read_bytes(), "the film carries the project's text"
    render(load(home, text(output=shown)), metadata=False)
    stamp = film.stat().st_mtime_ns
    gone = render(load(home, text()), metadata=False)
    assert gone.up_to_date
    assert film.stat().st_mtime_ns == stamp
    assert not film.with_suffix(".srt").exists()
    assert told.take == gone.take


@pytest.mark.parametrize("output", ["", 'subtitles = "prompts"'])
def test_no_film_no_subtitles(home: Path, output: str) -> None:
    done = render(load(home, text(3, output)), film=False)
    assert not (done.take / "film.srt").exists()
