"""Footage: what a project names as moving pictures. A video file, or pictures with numbers in their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
VIDEOS = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".mpg", ".mpeg", ".ts", ".ogv"),
    *(".wmv", ".flv", ".y4m", ".3gp"),
)


def is_video(name: str) -> bool:
    """Whether a name is that of a video file."""
    return name.lower().endswith(VIDEOS)


def is_sequence(name: str) -> bool:
    """Whether a name stands for many pictures: `depth/*.png`."""
    return "*" in Path(name).name and name.lower().endswith(PICTURES)


def find_footage(name: str, folder: Path, one: Callable[[str], Path | None]) -> tuple[Path, ...]:
    """The files that a name stands for: the video, or the pictures in the order of the numbers in their names.

    one: checks one name and gives its file, or None after noting what is wrong with it; nothing then comes back.
    """
    if not is_sequence(name):
        found = one(name)
        return () if found is None else (found,)
    pattern = Path(name)
    try:
        inside = sorted((folder / pattern.parent).glob(pattern.name), key=lambda path: natural(path.name))
    except (OSError, ValueError):
        inside = []
    names = [str(pattern.parent / path.name) for path in inside]
    found_all: list[Path] = []
    for each in names or [name]:  # none: the pattern itself is told of as missing
        found = one(each)
        if found is None:
            return ()
        found_all.append(found)
    return tuple(found_all)


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts 2.png before 10.png."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name))
