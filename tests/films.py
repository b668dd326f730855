"""Films as measured, for tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from render.ffmpeg import file_argument, run_ffmpeg


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A film file as measured: frames counted (not as its header claims), size in pixels, seconds of film and sound."""

    frames: int
    width: int
    height: int
    fps: Fraction
    seconds: float
    sound: float = 0.0


def probe(path: Path) -> Probe:
    """Count and measure a film file."""
    arguments = ["-i", file_argument(path), "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy"]
    listing = run_ffmpeg([*arguments, "-f", "framecrc", "-"], doing="reading a film").decode(
        "utf-8", "replace"
    )
    header = dict(re.findall(r"^#(\w+ \d): (.*)$", listing, re.MULTILINE))
    pictures = sorted(_times(listing, 0))
    width, height = (int(side) for side in header["dimensions 0"].split("x"))
    fps = _rate(pictures, _fraction(header["tb 0"]))
    sounds = _times(listing, 1)
    sound = float(max(sum(time) for time in sounds) * _fraction(header["tb 1"])) if sounds else 0.0
    frames = len(pictures)
    return Probe(frames=frames, width=width, height=height, fps=fps, seconds=float(frames / fps), sound=sound)


def _times(listing: str, stream: int) -> list[tuple[int, int]]:
    """(time, duration) of each packet of a stream, in its time base."""
    rows = (line.split(",") for line in listing.splitlines() if line.startswith(f"{stream},"))
    return [(int(row[2]), int(row[3])) for row in rows]


def _rate(pictures: list[tuple[int, int]], unit: Fraction) -> Fraction:
    (first, duration), (last, _) = pictures[0], pictures[-1]
    span = Fraction(last - first, len(pictures) - 1) if len(pictures) > 1 else Fraction(duration)
    assert span > 0, "the frames have no time"
    return 1 / (span * unit)


def _fraction(text: str) -> Fraction:
    return Fraction(text.strip())
