"""How a render is shown: a bar for people at a terminal, plain lines for logs, JSON lines for machines."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from keyframes.errors import printable

from .. import PlanReport, Reporter

_QUIET_SECONDS = 5.0  # between two lines


def reporter(as_json: bool) -> Reporter:
    """The one that suits standard output and error."""
    if as_json:
        return Json()
    console = Console(stderr=True)
    return Bar(console) if console.is_terminal else Lines()


class Bar(Reporter):
    """A progress bar: frame, seconds per frame, time left."""

    def __init__(self, console: Console) -> None:
        text, speed = TextColumn("{task.description}"), TextColumn("{task.fields[speed]}")
        columns = (text, BarColumn(), MofNCompleteColumn(), speed, TimeRemainingColumn())
        self._progress = Progress(*columns, console=console)

    def begin(self, plan: PlanReport) -> None:
        self._progress.console.print(summary(plan), highlight=False, markup=False)
        if plan.paint:
            self._show("loading", len(plan.paint))

    def _show(self, what: str, total: int) -> None:
        self._task = self._progress.add_task(what, total=total, speed="")
        self._progress.start()

    def frame(self, frame: int, seconds: float) -> None:
        speed = f"{seconds:.2f} s/frame"
        self._progress.update(self._task, advance=1, description=f"frame {frame}", speed=speed)

    def film(self, done: int, count: int) -> None:
        if done == 1:  # a bar of its own
            self._show("film", count)
        self._progress.update(self._task, completed=done)

    def close(self) -> None:
        self._progress.stop()


class Lines(Reporter):
    """A line for each of the first frames, then at most one in five seconds."""

    def begin(self, plan: PlanReport) -> None:
        self._left, self._painted, self._spent = len(plan.paint), 0, 0.0
        self._print(summary(plan))

    def frame(self, frame: int, seconds: float) -> None:
        self._painted, self._left, self._spent = self._painted + 1, self._left - 1, self._spent + seconds
        if self._left and self._painted > 3 and time.monotonic() - self._printed < _QUIET_SECONDS:
            return
        left = duration(self._left * self._spent / self._painted)
        self._print(f"frame {frame}  {seconds:.2f} s/frame  {left} left")

    def film(self, done: int, count: int) -> None:
        if done == count or time.monotonic() - self._printed >= _QUIET_SECONDS:
            self._print(f"film {done} of {count}")

    def _print(self, line: str) -> None:
        self._printed = time.monotonic()
        click.echo(line, err=True)


class Json(Reporter):
    """One JSON object per line: {"event": "begin" | "frame" | "film" | "end", ...}."""

    def begin(self, plan: PlanReport) -> None:
        counts = {"frames": len(plan.frames), "kept": len(plan.kept), "paint": len(plan.paint)}
        echo_event("begin", project=plan.project, **counts, calls=plan.model_calls, seconds=plan.seconds)

    def frame(self, frame: int, seconds: float) -> None:
        echo_event("frame", frame=frame, seconds=round(seconds, 4))

    def film(self, done: int, count: int) -> None:
        echo_event("film", done=done, count=count)


def echo_event(event: str, **fields: object) -> None:
    """Print one event for machines."""
    click.echo(json.dumps({"event": event, **fields}))


def summary(plan: PlanReport) -> str:
    """One line: how much is painted and kept, and how long it takes."""
    width, height = plan.size
    kept = len(set(plan.kept) & set(plan.frames))
    about = "" if plan.seconds is None else f", about {duration(plan.seconds)}"
    film = f"{plan.project}: {len(plan.frames)} frames {width}x{height} with {plan.model_names}"
    some = "" if plan.every else f", {len(plan.originals)} of them by the model"
    old = f" ({plan.outdated} of an earlier version of Reverie)" if plan.outdated else ""
    return printable(f"{film}; {len(plan.paint)} to paint{some}{old}{about}, {kept} kept")


def duration(seconds: float) -> str:
    """Seconds as people say it: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s" if whole else f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ranges(frames: Sequence[int]) -> str:
    """Frames as people write them: 0-39, 45, 50-59."""
    runs: list[tuple[int, int]] = []
    for frame in frames:
        start = runs.pop()[0] if runs and runs[-1][1] == frame - 1 else frame
        runs.append((start, frame))
    return ", ".join(f"{start}-{stop}" if stop > start else str(start) for start, stop in runs) or "none"
