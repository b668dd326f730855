"""What is in a film file: its frames counted, its size, rate and sound, and the texts it carries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from keyframes.errors import RenderError, printable

from ..ffmpeg import SAFE_INPUT, file_argument, run_ffmpeg

_FIELD = re.compile(r"((?:\\.|[^\\=\n])+)=((?:\\.|[^\\\n])*)\n", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r"([\\=;#\n\r])")


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
    """Count and measure a film file. Raises RenderError if it cannot be read as a film."""
    arguments = [*SAFE_INPUT, "-i", file_argument(path), "-map", "0:v:0", "-map", "0:a:0?", "-c", "copy"]
    name = printable(str(path))
    listing = run_ffmpeg([*arguments, "-f", "framecrc", "-"], doing=f"reading {name}").decode(
        "utf-8", "replace"
    )
    header = dict(re.findall(r"^#(\w+ \d): (.*)$", listing, re.MULTILINE))
    pictures = sorted(_times(listing, 0))
    if not pictures or "x" not in header.get("dimensions 0", ""):
        raise RenderError(f"{name} holds no frames")
    width, height = (int(side) for side in header["dimensions 0"].split("x"))
    fps = _rate(pictures, _fraction(header["tb 0"]))
    sounds = _times(listing, 1)
    sound = float(max(sum(time) for time in sounds) * _fraction(header["tb 1"])) if sounds else 0.0
    frames = len(pictures)
    return Probe(frames=frames, width=width, height=height, fps=fps, seconds=float(frames / fps), sound=sound)


def read_metadata(path: Path) -> dict[str, str]:
    """The texts that a film file carries, by key in lower case (`comment`, `title`, ...).

    Raises RenderError if it cannot be read as a film.
    """
    arguments = [*SAFE_INPUT, "-i", file_argument(path), "-f", "ffmetadata", "-"]
    listing = run_ffmpeg(arguments, doing=f"reading {printable(str(path))}").decode("utf-8", "replace")
    texts: dict[str, str] = {}
    position = listing.find("\n") + 1  # after ";FFMETADATA1"
    while (match := _FIELD.match(listing, position)) and not match[1].startswith("["):
        texts[_ESCAPED.sub(r"\1", match[1]).lower()] = _ESCAPED.sub(r"\1", match[2])
        position = match.end()
    return texts


def format_metadata(texts: Mapping[str, str]) -> bytes:
    """Texts in ffmpeg's metadata format, which `read_metadata` reads. Raises ValueError for a NUL.

    Lines end in NUL and newline: after a backslash, even an escaped one, ffmpeg takes a newline as part of the text.
    """
    for key, text in texts.items():
        if "\0" in text:
            raise ValueError(f"the text {key!r} holds a NUL, which a film file cannot")
    escaped = {key: _SPECIAL.sub(r"\\\1", text) for key, text in texts.items()}
    lines = "".join(f"{key}={text}\0\n" for key, text in escaped.items())
    return f";FFMETADATA1\n{lines}".encode("utf-8", "replace")


def _times(listing: str, stream: int) -> list[tuple[int, int]]:
    """(time, duration) of each packet of a stream, in its time base."""
    rows = (line.split(",") for line in listing.splitlines() if line.startswith(f"{stream},"))
    return [(int(row[2]), int(row[3])) for row in rows]


def _rate(pictures: list[tuple[int, int]], unit: Fraction) -> Fraction:
    (first, duration), (last, _) = pictures[0], pictures[-1]
    span = Fraction(last - first, len(pictures) - 1) if len(pictures) > 1 else Fraction(duration)
    if span <= 0:
        raise RenderError("the frames of this film have no time")
    return 1 / (span * unit)


def _fraction(text: str) -> Fraction:
    return Fraction(text.strip())
