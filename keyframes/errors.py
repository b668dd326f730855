"""The one family of errors, and how a mistake is reported.

ReverieError              exit code 1
├── RenderError           1    painting or assembling failed
├── ProjectError          2    the project, or the way it was called, is wrong: lists every problem
│   └── ScheduleError     2    one problem in one schedule, prompt or range of frames
├── EnvironmentFault      3    ffmpeg, device, model or disk is missing
└── LockedError           4    another process renders this take

Stopped is separate: 130 (SIGINT) or 143 (SIGTERM). Like KeyboardInterrupt, it is not an Exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

CARET_WIDTH = 72


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake: what it is, where it is, and what would be right.

    `where` is dotted (`motion.zoom`, `prompts.40`). `column` counts from 1 within `text`, the source text
    that the caret line shows. `hint` says what is allowed, gives an example, or asks "Did you mean ...?".
    """

    what: str
    where: str = ""
    file: str = ""
    line: int | None = None
    column: int | None = None
    frame: int | None = None
    text: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file and self.line is not None else self.file
        if not self.file and self.line is not None:
            place = f"line {self.line}"
        details = [self.where] if self.where else []
        if self.frame is not None:
            details.append(f"frame {self.frame}")
        if self.column is not None:
            details.append(f"column {self.column}")
        head = " ".join(part for part in (place, ", ".join(details)) if part)
        return printable(
            " ".join(part for part in (f"{head}:" if head else "", self.what, self.hint) if part)
        )

    def caret(self) -> tuple[str, ...]:
        """The line of source and a caret under the column; empty without a column."""
        if not self.text or self.column is None:
            return ()
        at = min(max(self.column - 1, 0), len(self.text))
        start = max(self.text.rfind("\n", 0, at) + 1, at - CARET_WIDTH // 2)
        stop = self.text.find("\n", at)
        line = self.text[start : min(len(self.text) if stop < 0 else stop, start + CARET_WIDTH)]
        return f"    {printable(line)}", f"    {' ' * (at - start)}^"


class Place(NamedTuple):
    """Where a piece of text is: in which lane, in which whole text, from which character on."""

    where: str = ""
    source: str = ""
    offset: int = 0

    def error(
        self, what: str, start: int | None = 0, hint: str = "", frame: int | None = None
    ) -> ScheduleError:
        """The error for a mistake at character `start` of the piece (None: nowhere in particular)."""
        column = None if start is None else self.offset + start + 1
        return ScheduleError(
            Problem(what=what, where=self.where, column=column, text=self.source, hint=hint, frame=frame)
        )

    def moved(self, by: int) -> Place:
        """The place `by` characters further on."""
        return self._replace(offset=self.offset + by)


class ReverieError(Exception):
    """Base of every error that Reverie raises on purpose."""

    exit_code: int = 1


class RenderError(ReverieError):
    """Painting a frame or assembling the film failed."""


class ProjectError(ReverieError):
    """The project or the command is wrong. `problems` lists all that was found; str() prints one per line."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(line for problem in self.problems for line in (str(problem), *problem.caret()))


class ScheduleError(ProjectError):
    """One problem in a schedule, a prompt or a range of frames."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        super().__init__(problems)
        self.problem = self.problems[0]


class EnvironmentFault(ReverieError):
    """Something outside the project is missing: ffmpeg, a device, a model, disk space."""

    exit_code = 3


class LockedError(ReverieError):
    """Another process is rendering this take."""

    exit_code = 4


class Stopped(BaseException):
    """SIGINT (exit code 130) or SIGTERM (143) asked for an end.

    It is raised by a signal handler, so it can appear anywhere, also inside a library. It is no Exception: an
    `except Exception` that handles a library's errors must not swallow it.
    """

    exit_code: int

    def __init__(self, message: str = "stopped", exit_code: int = 130) -> None:
        super().__init__(message, exit_code)
        self.exit_code = exit_code

    def __str__(self) -> str:
        return str(self.args[0])


def printable(text: str) -> str:
    """`text` with control characters (escape codes, newlines, right-to-left marks) shown as a dot."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "·" for c in text)


def quoted(text: str, limit: int = 60) -> str:
    """`text` in double quotes for a message, cut when long."""
    return f'"{text if len(text) <= limit else text[: limit - 3] + "..."}"'


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name, or "" when none is near."""
    from difflib import get_close_matches  # only needed on the way out

    near = get_close_matches(name[:100], list(known), n=1, cutoff=0.6)
    return f'Did you mean "{near[0]}"?' if near else ""
