"""Subtitles beside a film: a text for each stretch of frames. SubRip (.srt), which every player reads."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from projects.files import disk_errors, write_atomic


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


def subrip(texts: Iterable[str], fps: Fraction) -> str:
    """The subtitles of a film whose frame n, n / fps seconds after its start, shows texts[n].

    There is one entry for each stretch of equal texts, none where the text is empty.
    """
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
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d},{rest % 1000:03d}"
