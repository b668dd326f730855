"""A film with a real, if tiny, diffusion model, by the program as people start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from projects import Take
from tests.films import probe

from ..fakes import files
from ..tiny import tiny_sd

TEXT = """model = "tiny"
frames = 4
size = [64, 64]
seed = 5

[prompts]
blend = "linear"
0 = "dawn"
3 = "night"

[motion]
zoom = 1.05
angle = "3*sin(t)"

[diffusion]
steps = 3
strength = 0.7

[coherence]
noise = 0.03
"""


def reverie(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from render.cli import main; main()", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    tiny_sd(folder / "tiny")
    (folder / "dream.toml").write_text(TEXT)
    return folder


def test_films_are_equal_byte_for_byte_wherever_they_are_made(folder: Path, tmp_path: Path) -> None:
    one, two = folder / "one", folder / "two"
    first = reverie("render", "dream.toml", "--json", "-o", one, cwd=folder, PYTHONHASHSEED="0")
    assert (first.returncode, first.stderr) == (0, "")
    events = [json.loads(line) for line in first.stdout.splitlines()]
    assert [event["event"] for event in events] == ["begin", "frame", "frame", "frame", "frame", "end"]
    assert events[0]["calls"] == 3 + 3 * 2
    elsewhere = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kolkata", "LANG": "tr_TR.UTF-8"}
    second = reverie("render", folder / "dream.toml", "-o", two, cwd=tmp_path, **elsewhere)
    assert second.returncode == 0, second.stderr
    assert files(one) == files(two)
    assert (one / "film.mp4").read_bytes() == (two / "film.mp4").read_bytes()
    assert probe(one / "film.mp4").frames == 4
    assert len({Take(one).read(frame).tobytes() for frame in range(4)}) == 4


def test_in_this_process_too(folder: Path, tmp_path: Path) -> None:
    """A frame at a time, as `still` does, gives the frames of the whole."""
    import render

    project = render.load_project(folder / "dream.toml")
    studio = render.Studio(device="cpu")
    whole = render.render(project, take=tmp_path / "whole", studio=studio, film=False)
    for frame in range(4):
        path = render.still(project, frame, take=tmp_path / "single", studio=studio)
        assert path == tmp_path / "single" / "frames" / f"{frame:06d}.png"
    assert files(tmp_path / "single") == files(whole.take)
    prompts = project.text.replace("night", "noon")
    (folder / "other.toml").write_text(prompts)
    other = render.render(
        render.load_project(folder / "other.toml"), take=tmp_path / "o", studio=studio, film=False
    )
    frames, others = Take(whole.take), Take(other.take)
    assert (frames.read(0) == others.read(0)).all()
    assert (frames.read(3) != others.read(3)).any()


def test_a_device_that_is_not_there(folder: Path) -> None:
    ran = reverie("render", "dream.toml", "--device", "cuda:7", "-o", "no", cwd=folder)
    assert ran.returncode == 3
    assert "cuda:7" in ran.stderr
    assert "Traceback" not in ran.stderr
