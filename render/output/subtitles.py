"""Subtitles beside the film: what was written when a frame was painted. SubRip (.srt), which every player reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from keyframes import FramePrompt, Row
from keyframes.errors import printable
from projects.files import disk_errors, write_atomic

from ..setup import Setup
from .finish import finish_of

_NONE = "none"


def write_subtitles(setup: Setup, film: Path, frames: Sequence[int]) -> None:
    """Write `[output] subtitles` of a film of these frames beside it, film.srt for film.mp4; without them, remove those
    of before. What is as it should be is not touched.

    Raises as `write_atomic`.
    """
    path = film.with_suffix(".srt")
    with disk_errors(path):
        if setup.project.file.output.subtitles == _NONE:
            path.unlink(missing_ok=True)
            return
        wanted = subtitles(setup, frames).encode("utf-8")
        there = path.read_bytes() if path.is_file() else None
    if there != wanted:
        write_atomic(path, wanted)


def subtitles(setup: Setup, frames: Sequence[int]) -> str:
    """The subtitles' text: an entry for each stretch in which it is the same.

    Raises ProjectError as `finish_of`.
    """
    file = setup.project.file
    finish = finish_of(file.output, file.fps, whole=len(frames) == file.length)
    shown = frames[finish.loop :]  # a loop begins so many frames later
    rows = setup.timeline.rows(shown)
    tell = _prompts if file.output.subtitles == "prompts" else lambda row: _values(setup, row)
    entries: list[str] = []
    at = 0
    for text, run in groupby(map(tell, rows)):
        stop = at + len(list(run))
        if text:
            times = f"{_time(at / finish.fps_in)} --> {_time(stop / finish.fps_in)}"
            entries.append(f"{len(entries) + 1}\n{times}\n{text}\n")
        at = stop
    return "\n".join(entries)


def _prompts(row: Row) -> str:
    return " AND ".join(_texts(row.prompt))


def _values(setup: Setup, row: Row) -> str:
    """Frame and seed, the lanes that the project writes, and the prompt: a line each."""
    given = [name for name in setup.project.given_lanes if name in row.numbers or name in row.words]
    lanes = [f"{name} {_value(row, name)}" for name in given]
    lines = [f"frame {row.frame}  seed {setup.seed(row)}", "  ".join(lanes), _prompts(row)]
    return "\n".join(line for line in lines if line)


def _value(row: Row, name: str) -> str:
    return f"{row.numbers[name]:.6g}" if name in row.numbers else printable(row.words[name])


def _texts(prompt: FramePrompt) -> Iterator[str]:
    """What counts most in each part of the prompt, in one line."""
    for part in prompt.parts:
        text = max(part.mix, key=lambda mixed: mixed.share).text
        line = " ".join(printable(" ".join(text.split())).split())
        if line and part.weight > 0:
            yield line.replace("-->", "->")  # that mark is the format's own


def _time(seconds: Fraction) -> str:
    """00:01:02,500 for 62.5 s."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d},{rest % 1000:03d}"
