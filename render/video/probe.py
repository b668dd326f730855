"""What is in a film file: its frames, counted, and the texts that it carries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from keyframes.errors import RenderError, printable

from ..ffmpeg import SAFE_INPUT, file_argument, run_ffmpeg

_FIELD = re.compile(r"((?:\\.|[^\\=\n])+)=((?:\\.|[^\\\n])*)\n", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r"([\\=;#\n\r])")


def counted(path: Path) -> tuple[int, int, int]:
    """(frames, width, height) of a film file; its frames are counted, whatever its header claims.

    Raises RenderError if it cannot be read as a film.
    """
    name = printable(str(path))
    arguments = [*SAFE_INPUT, "-i", file_argument(path), "-map", "0:v:0", "-c", "copy", "-f", "framecrc", "-"]
    listing = run_ffmpeg(arguments, doing=f"reading {name}").decode("utf-8", "replace")
    size = re.search(r"^#dimensions 0: (\d+)x(\d+)$", listing, re.MULTILINE)
    frames = sum(line.startswith("0,") for line in listing.splitlines())
    if size is None or not frames:
        raise RenderError(f"{name} holds no frames")
    return frames, int(size[1]), int(size[2])


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
