"""A frame that takes too long stops the render; what was painted before it stays."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from keyframes import RenderError
from projects import Take
from render.stop import time_limit

from ..fakes import FakePainter, load, project_text, render


def nothing(done: int, count: int) -> None:
    """A step that nobody listens to."""


def test_no_limit_is_none() -> None:
    with time_limit(None, 3, nothing) as on_step:
        assert on_step is nothing


def test_in_time() -> None:
    steps: list[tuple[int, int]] = []
    with time_limit(60.0, 3, lambda done, count: steps.append((done, count))) as on_step:
        on_step(1, 2)
    assert steps == [(1, 2)]


def test_what_hangs_between_steps_is_ended() -> None:
    began = time.monotonic()
    with (
        pytest.raises(RenderError, match=r"frame 3 took longer than 0\.05 s") as error,
        time_limit(0.05, 3, nothing),
    ):
        time.sleep(20)
    assert time.monotonic() - began < 10
    assert error.value.exit_code == 1
    time.sleep(0.06)  # no alarm is left behind


def test_in_other_threads_each_step_is_timed() -> None:
    failed: list[Exception] = []

    def work() -> None:
        try:
            with time_limit(0.01, 3, nothing) as on_step:
                time.sleep(0.05)
                on_step(1, 2)
        except RenderError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "--frame-timeout" in str(failed[0])


def test_a_film_keeps_what_is_painted(home: Path, tmp_path: Path) -> None:
    project = load(home, project_text(6))
    made: list[FakePainter] = []

    def painter(setup: object) -> FakePainter:
        made.append(FakePainter(setup))  # type: ignore[arg-type]
        return made[-1]

    whole = render(project, make_painter=painter, take=tmp_path / "whole", film=False)

    class Slow(FakePainter):
        def paint(self, *given: object, **named: object):  # type: ignore[no-untyped-def, override]
            if given[1].frame == 3:  # type: ignore[attr-defined]
                time.sleep(20)
            return super().paint(*given, **named)  # type: ignore[arg-type]

    take = tmp_path / "take"
    with pytest.raises(RenderError, match="frame 3 took longer than 2 s"):
        render(project, make_painter=Slow, take=take, film=False, frame_timeout=2.0)
    assert Take(take).stored() == (0, 1, 2)
    again = render(project, make_painter=painter, take=take, film=False, frame_timeout=600.0)
    assert again.painted == (3, 4, 5)
    same = [Take(folder).read(5).tobytes() for folder in (whole.take, take)]
    assert same[0] == same[1]
