"""How a render is told of, and how it is stopped."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from rich.console import Console

from keyframes import Stopped
from render.api import describe_plan
from render.cli.progress import Bar, Json, Lines
from render.reports import PlanReport, Reporter
from render.stop import stoppable

from ..fakes import load, project_text
from .conftest import STOPS


@pytest.fixture
def begun(home: Path) -> PlanReport:
    return describe_plan(load(home, project_text(20)))


def test_lines_now_and_then(begun: PlanReport, capfd: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.begin(begun)
    for frame in range(20):
        lines.step(1, 2)
        lines.frame(frame, 0.5)
    lines.end(None)
    told = capfd.readouterr().err.splitlines()
    assert told[0] == "dream.toml: 20 frames 64x64 with fake; 20 to paint, 0 kept"
    assert told[1] == "frame 0  0.50 s/frame  10 s left"
    assert told[3] == "frame 2  0.50 s/frame  8 s left"
    assert told[-1] == "frame 19  0.50 s/frame  0.0 s left"
    assert len(told) == 5


def test_json_lines(begun: PlanReport, capfd: pytest.CaptureFixture[str]) -> None:
    told = Json()
    told.begin(begun)
    told.frame(0, 0.123456)
    told.end(None)
    begin, frame = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert begin == {
        "event": "begin",
        "project": "dream.toml",
        "frames": 20,
        "kept": 0,
        "paint": 20,
        "calls": 4 + 19 * 2 + 19,  # the corners that the turn uncovers
        "seconds": None,
    }
    assert frame == {"event": "frame", "frame": 0, "seconds": 0.1235}


def test_the_bar(begun: PlanReport) -> None:
    out = io.StringIO()
    bar = Bar(Console(file=out, force_terminal=True, width=100))
    bar.begin(begun)
    for frame in range(20):
        bar.frame(frame, 0.5)
    bar.end(None)
    bar.close()
    said = out.getvalue()
    assert "dream.toml: 20 frames 64x64" in said
    assert "frame 19" in said
    assert "20/20" in said
    assert "0.50 s/frame" in said
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l"), "the cursor is shown again"


def test_brackets_in_a_name_are_no_markup(home: Path) -> None:
    out = io.StringIO()
    bar = Bar(Console(file=out, width=100))
    bar.begin(describe_plan(load(home, project_text(2), "a [bold] dream.toml")))
    bar.close()
    assert "a [bold] dream.toml: 2 frames" in out.getvalue()


def test_silence(begun: PlanReport, capfd: pytest.CaptureFixture[str]) -> None:
    silent = Reporter()
    silent.begin(begun)
    silent.step(1, 2)
    silent.frame(0, 1.0)
    silent.end(None)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_stop_once(number: signal.Signals, code: int, signals: tuple[object, object]) -> None:
    finished: list[str] = []

    def work() -> None:
        with stoppable():
            try:
                os.kill(os.getpid(), number)
                threading.Event().wait(5)
            finally:
                for again in STOPS:
                    os.kill(os.getpid(), again)  # ignored: what is being finished is not interrupted
                finished.append("all")

    with pytest.raises(Stopped, match=f"stopped by {number.name}") as caught:
        work()
    assert caught.value.exit_code == code
    assert finished == ["all"]
    assert tuple(signal.getsignal(number) for number in STOPS) == signals, "not deaf afterwards"


def test_a_stop_within_a_stop_is_the_outer_ones(signals: tuple[object, object]) -> None:
    def work() -> None:
        with stoppable():
            try:
                with stoppable():
                    os.kill(os.getpid(), signal.SIGINT)
                    threading.Event().wait(5)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)  # still ignored

    with pytest.raises(Stopped, match="SIGINT"):
        work()
    assert tuple(signal.getsignal(number) for number in STOPS) == signals


def test_signals_are_given_back(signals: tuple[object, object]) -> None:
    with stoppable():
        assert all(signal.getsignal(number) not in signals for number in STOPS)
    assert tuple(signal.getsignal(number) for number in STOPS) == signals


def test_other_threads_get_no_signals() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with stoppable():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
