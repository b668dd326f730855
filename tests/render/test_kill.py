"""A render that is killed at any moment and started again makes the same bytes as one that was left alone.

Each run is the command line itself in a process of its own, with the fake painter in place of a model. These are
forked from a server that has imported everything, so that a run costs its frames and not its imports.
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from projects import Take
from projects.journal import read_journal
from tests.pace import allowed

from ..clips import panned, write_clip
from ..fakes import Studio, files, project_text, write_project
from ..processes import SERVER, become_a_command

FRAMES = 60
SECONDS = 0.01  # a frame, in the fake painter
KILLS = 25
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def run_cli(arguments: list[str], log: Path, cache: Path, seconds: float) -> None:
    """The target of a process: `reverie` with these arguments, its messages in a file."""
    import render.api
    from render.cli import main

    become_a_command(log, cache)
    studio = Studio(seconds=seconds)
    render.api.Studio.painter = lambda self, film: studio.painter(film)  # type: ignore[method-assign]
    main(arguments)


class Runner:
    """Starts renders of one project."""

    def __init__(self, folder: Path, frames: int = FRAMES, **tables: str) -> None:
        self.folder = folder
        text = project_text(frames, output='preset = "ultrafast"', **tables)
        self.project = write_project(folder, text)
        self.log = folder / "log.txt"

    def start(self, take: Path, seconds: float = SECONDS) -> BaseProcess:
        arguments = ["render", str(self.project), "-o", str(take)]
        process = SERVER.Process(target=run_cli, args=(arguments, self.log, self.folder, seconds))
        process.start()
        return process

    def finish(self, take: Path, seconds: float = 0.0) -> None:
        process = self.start(take, seconds)
        process.join(60)
        assert process.exitcode == 0, self.log.read_text()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("kill"))


@pytest.fixture(scope="module")
def whole(runner: Runner) -> Path:
    """An uninterrupted take."""
    take = runner.folder / "whole"
    runner.finish(take, SECONDS)
    return take


def children_at_work(folder: Path) -> list[str]:
    """The command lines of processes, ffmpeg above all, that have something to do with a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in words and "ffmpeg" in words:
            found.append(words)
    return found


def test_killed_at_any_moment_and_continued(runner: Runner, whole: Path) -> None:
    expected, film = files(whole), (whole / "film.mp4").read_bytes()
    assert len(expected) == FRAMES
    rng = random.Random(20)
    landed, equal = [], 0
    for number in range(KILLS):
        take = runner.folder / f"killed {number}"
        process = runner.start(take)
        wait_for_frames(take, number * FRAMES // (KILLS - 1))  # from none to all of them
        process.join(3 * SECONDS * rng.random())
        process.kill()
        process.join()
        landed.append(len(list((take / "frames").glob("*.png"))) if (take / "frames").is_dir() else -1)
        runner.finish(take)
        assert not [path for path in take.rglob("*") if ".tmp-" in path.name]
        equal += files(take) == expected and (take / "film.mp4").read_bytes() == film
    assert equal == KILLS
    assert len(set(landed)) >= KILLS // 3, f"the kills did not spread: {landed}"


def assert_killed_and_continued(runner: Runner, folder: Path, stops: Sequence[int], pause: float) -> None:
    """Killed once each of the frames is there, and started again, a render makes the bytes of one that was not."""
    runner.finish(folder / "whole")
    landed = set()
    for stop in stops:
        take = folder / f"killed {stop}"
        process = runner.start(take, pause)
        wait_for(take / "frames" / f"{stop:06d}.png")
        process.kill()
        process.join()
        landed.add(len(list((take / "frames").glob("*.png"))))
        runner.finish(take)
        assert files(take) == files(folder / "whole")
        assert (take / "originals").exists() == (folder / "whole" / "originals").exists()
        if (take / "originals").exists():
            assert files(take / "originals") == files(folder / "whole" / "originals")
    assert min(landed) < 20


def test_killed_with_a_cadence_and_continued(tmp_path: Path) -> None:
    """In space and along optical flow, stopped within a segment and at its end."""
    motion = 'mode = "3d"\ndepth = "ground"\ntranslation_z = 4\nrotation_3d_y = 0.5'
    runner = Runner(tmp_path, 20, motion=motion, diffusion='cadence = 3\ncadence_flow = "dis"')
    assert_killed_and_continued(runner, tmp_path, (4, 11), 0.05)


@pytest.mark.parametrize("cadence", [1, 2])
def test_killed_with_a_clip_and_continued(tmp_path: Path, cadence: int) -> None:
    """The clip's pictures, its flow and its depth: all of them are read from the middle on."""
    write_clip(tmp_path / "clip.mp4", panned(20))
    write_clip(tmp_path / "depth.mp4", panned(20, seed=6))
    video = (
        'input = "clip.mp4"\nvideo_alpha = 0.2\nmotion = "flow"\nconsistency = "clip"\nmask = "difference"'
    )
    motion = 'mode = "3d"\ndepth = "depth.mp4"\ntranslation_x = 3'
    runner = Runner(tmp_path, 20, video=video, motion=motion, diffusion=f"cadence = {cadence}")
    assert_killed_and_continued(runner, tmp_path, (3, 11), 0.02)
    assert not children_at_work(tmp_path)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("share", [0.1, 0.8])
def test_stopped_by_a_signal(
    runner: Runner, whole: Path, number: signal.Signals, code: int, share: float
) -> None:
    take = runner.folder / f"{number.name} {share}"
    runner.log.write_text("")
    process = runner.start(take)
    wait_for(take / "frames" / f"{int(FRAMES * share):06d}.png")
    start = time.monotonic()
    os.kill(process.pid or 0, number)
    process.join(10)
    assert time.monotonic() - start < allowed(2.0)
    assert process.exitcode == code
    said = runner.log.read_text()
    assert "Traceback" not in said
    assert f"stopped by {number.name}" in said
    assert str(take) in said
    assert not children_at_work(take)
    assert not (take / "film.mp4").exists()
    assert not [path for path in take.rglob("*") if ".tmp-" in path.name]
    contents = read_journal(take / "journal.jsonl")
    assert contents.damaged == ()
    assert contents.whole == (take / "journal.jsonl").stat().st_size
    told = [int(frame) for frame in re.findall(r"^frame (\d+) ", said, re.MULTILINE)]
    assert max(told, default=0) in Take(take).stored(), "a frame that was told of is kept"
    runner.finish(take)
    assert files(take) == files(whole)
    assert (take / "film.mp4").read_bytes() == (whole / "film.mp4").read_bytes()


def test_a_second_signal_changes_nothing(runner: Runner, whole: Path) -> None:
    take = runner.folder / "twice"
    runner.log.write_text("")
    process = runner.start(take)
    wait_for(take / "frames" / "000020.png")
    for _ in range(2):
        os.kill(process.pid or 0, signal.SIGINT)
        time.sleep(0.005)
    process.join(10)
    assert process.exitcode == 130
    assert "Traceback" not in runner.log.read_text()
    assert not children_at_work(take)
    runner.finish(take)
    assert files(take) == files(whole)


def test_a_take_that_is_being_rendered_is_left_alone(runner: Runner) -> None:
    take = runner.folder / "locked"
    first = runner.start(take, 0.05)
    wait_for(take / "frames" / "000000.png")
    runner.log.write_text("")
    start = time.monotonic()
    second = runner.start(take)
    second.join(10)
    assert second.exitcode == 4
    assert time.monotonic() - start < allowed(2.0)
    said = [line for line in runner.log.read_text().splitlines() if not line.startswith("frame ")]
    assert len(said) == 1
    assert f"is being rendered by process {first.pid}" in said[0]
    first.kill()
    first.join()
    runner.finish(take)  # the lock went with the process


def wait_for_frames(take: Path, count: int) -> None:
    for _ in range(6000):
        if count == 0 or len(list((take / "frames").glob("*.png"))) >= count:
            return
        time.sleep(0.005)
    raise AssertionError(f"{take} never had {count} frames")


def wait_for(path: Path) -> None:
    for _ in range(2000):
        if path.exists():
            return
        time.sleep(0.005)
    raise AssertionError(f"{path} did not appear")
