"""Subtitles beside a film: what was prompted, when it is on the screen. SubRip (.srt), which every player reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from keyframes import FramePrompt
from keyframes.errors import printable
from projects import Row
from projects.files import disk_errors, write_atomic

from .resolve import ResolvedProject


def write_subtitles(film: Path, text: str | None) -> None:
    """Write subtitles beside a film, film.srt for film.mp4; with None, remove those of an earlier film.

    A file that is up to date is not touched. Raises as `write_atomic`.
    """
    path = film.with_suffix(".srt")
    with disk_errors(path):
        if text is None:
            path.unlink(missing_ok=True)
            return
        wanted = text.encode("utf-8")
        stored = path.read_bytes() if path.is_file() else None
    if stored != wanted:
        write_atomic(path, wanted)


def subtitles(film: ResolvedProject, frames: Sequence[int], fps: Fraction) -> str | None:
    """The subtitles of these frames, shown from the film's start on; None without `[output] subtitles`."""
    wanted = film.project.file.output.subtitles
    if wanted == "none":
        return None
    rows = (film.rows[frame] for frame in frames)
    return _subrip((_prompt(row) if wanted == "prompts" else _values(film, row) for row in rows), fps)


def _subrip(texts: Iterable[str], fps: Fraction) -> str:
    """An entry for each stretch of equal texts, none where the text is empty."""
    entries: list[str] = []
    start = 0
    for text, run in groupby(texts):
        stop = start + len(list(run))
        if text:
            times = f"{_time(start / fps)} --> {_time(stop / fps)}"
            shown = text.replace("-->", "->")  # that mark is the format's own
            entries.append(f"{len(entries) + 1}\n{times}\n{shown}\n")
        start = stop
    return "\n".join(entries)


def _time(seconds: Fraction) -> str:
    """00:01:02,500 for 62.5 s."""
    minutes, thousandths = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{thousandths // 1000:02d},{thousandths % 1000:03d}"


def _values(film: ResolvedProject, row: Row) -> str:
    """Frame and seed, the lanes that the project writes, and the prompt: a line each."""
    values = row.lanes
    lanes = [f"{name} {_value(values[name])}" for name in film.project.given_lanes if name in values]
    seed = film.paint.seed_of(row)
    lines = [f"frame {row.frame}  seed {seed}", "  ".join(lanes), _prompt(row)]
    return "\n".join(line for line in lines if line)


def _value(value: float | str) -> str:
    return printable(value) if isinstance(value, str) else f"{value:.6g}"


def _prompt(row: Row) -> str:
    return " AND ".join(_texts(row.prompt))


def _texts(prompt: FramePrompt) -> Iterator[str]:
    """What counts most in each part of the prompt, in one line."""
    for part in prompt.parts:
        text = max(part.mix, key=lambda mixed: mixed.share).text
        line = " ".join(printable(" ".join(text.split())).split())
        if line and part.weight > 0:
            yield line
