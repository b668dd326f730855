"""How a render is told of: a bar for people at a terminal, plain lines for logs, JSON lines for machines."""

from __future__ import annotations

import json
import sys
import time
from typing import IO, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from keyframes.errors import printable

from .plans import Plan
from .setup import Setup
from .video.encode import Film


class Reporter(Protocol):
    """What a render tells while it runs."""

    def begin(self, setup: Setup, plan: Plan) -> None:
        """The plan is made and the model is about to be loaded."""

    def step(self, done: int, count: int) -> None:
        """A denoising step of the current frame is done."""

    def frame(self, frame: int, seconds: float) -> None:
        """A frame is painted."""

    def film(self, done: int, count: int) -> None:
        """So many frames of the film are made; told only where that takes long: by a network that makes it larger."""

    def end(self, film: Film | None) -> None:
        """All is stored and the film, if there is one, is in its place."""


class Silent:
    """Tells nothing; the base of the others."""

    def begin(self, setup: Setup, plan: Plan) -> None:
        """See Reporter."""

    def step(self, done: int, count: int) -> None:
        """See Reporter."""

    def frame(self, frame: int, seconds: float) -> None:
        """See Reporter."""

    def film(self, done: int, count: int) -> None:
        """See Reporter."""

    def end(self, film: Film | None) -> None:
        """See Reporter."""


class Bar(Silent):
    """A rich progress bar: frame, seconds a frame, time left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def begin(self, setup: Setup, plan: Plan) -> None:
        """Print the plan's line and show the bar."""
        self._console.print(summary(setup, plan), highlight=False, markup=False)
        if plan.paint:
            self._show("loading", len(plan.paint))

    def _show(self, what: str, total: int) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=self._console)
        self._task = self._bar.add_task(what, total=total, speed="")
        self._bar.start()

    def frame(self, frame: int, seconds: float) -> None:
        """Move the bar on."""
        if self._bar is not None:
            self._bar.update(
                self._task, advance=1, description=f"frame {frame}", speed=f"{seconds:.2f} s/frame"
            )

    def film(self, done: int, count: int) -> None:
        """Show a bar of the film's own."""
        if done == 1:
            self.close()
            self._show("film", count)
        if self._bar is not None:
            self._bar.update(self._task, completed=done)

    def end(self, film: Film | None) -> None:
        """Take the bar down."""
        self.close()

    def close(self) -> None:
        """Take the bar down, also after an error."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class Lines(Silent):
    """A line now and then: every frame at first, then at most one in five seconds."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self._out = out or sys.stderr
        self._left, self._painted, self._told, self._spent = 0, 0, 0.0, 0.0

    def begin(self, setup: Setup, plan: Plan) -> None:
        """Print the plan's line."""
        self._left = len(plan.paint)
        print(summary(setup, plan), file=self._out, flush=True)

    def frame(self, frame: int, seconds: float) -> None:
        """Print where the render is."""
        self._painted, self._left, self._spent = self._painted + 1, self._left - 1, self._spent + seconds
        if self._left and self._painted > 3 and time.monotonic() - self._told < 5.0:
            return
        self._told = time.monotonic()
        left = duration(self._left * self._spent / self._painted)
        print(f"frame {frame}  {seconds:.2f} s/frame  {left} left", file=self._out, flush=True)

    def film(self, done: int, count: int) -> None:
        """Print how much of the film is made, at most once in five seconds."""
        if done < count and time.monotonic() - self._told < 5.0:
            return
        self._told = time.monotonic()
        print(f"film {done} of {count}", file=self._out, flush=True)


class Json(Silent):
    """One JSON object a line: {"event": "begin" | "frame" | "film" | "end", ...}."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self._out = out or sys.stdout

    def begin(self, setup: Setup, plan: Plan) -> None:
        """{"event": "begin", "project", "frames", "kept", "paint", "calls", "seconds"}."""
        counts = {"frames": len(plan.frames), "kept": len(plan.kept), "paint": len(plan.paint)}
        self.tell("begin", project=setup.project.file_name, **counts, calls=plan.calls, seconds=plan.seconds)

    def frame(self, frame: int, seconds: float) -> None:
        """{"event": "frame", "frame", "seconds"}."""
        self.tell("frame", frame=frame, seconds=round(seconds, 4))

    def film(self, done: int, count: int) -> None:
        """{"event": "film", "done", "count"}."""
        self.tell("film", done=done, count=count)

    def tell(self, event: str, **fields: object) -> None:
        """Print one event."""
        print(json.dumps({"event": event, **fields}), file=self._out, flush=True)


def summary(setup: Setup, plan: Plan) -> str:
    """One line: what will be painted, what is kept, and how long it will take."""
    width, height = setup.size
    kept = len(set(plan.kept) & set(plan.frames))
    time_left = "" if plan.seconds is None else f", about {duration(plan.seconds)}"
    what = f"{setup.project.file_name}: {len(plan.frames)} frames {width}x{height} with {setup.models}"
    few = "" if setup.cadence.plain else f", {len(plan.originals)} of them by the model"
    return printable(f"{what}; {len(plan.paint)} to paint{few}{time_left}, {kept} kept")


def duration(seconds: float) -> str:
    """Seconds as people say it: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s" if whole else f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
