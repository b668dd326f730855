"""Footage: what a project names as moving pictures. A video file, or pictures with numbers in their names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .sequences import is_sequence, sequence_files

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
VIDEOS = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".mpg", ".mpeg", ".ts", ".ogv"),
    *(".wmv", ".flv", ".y4m", ".3gp"),
)


def is_video(name: str) -> bool:
    """Whether a name is that of a video file."""
    return name.lower().endswith(VIDEOS)


def is_footage(name: str) -> bool:
    """Whether a name stands for many pictures: a video, or `depth/%04d.png`."""
    return is_video(name) or (is_sequence(name) and name.lower().endswith(PICTURES))


def find_footage(name: str, folder: Path, one: Callable[[str], Path | None]) -> tuple[Path, ...]:
    """The files that a name stands for: the video, or the pictures in the order of the numbers in their names.

    one: checks one name and gives its file, or None after noting what is wrong with it; nothing then comes back.
    """
    names = [name]
    if is_sequence(name):
        try:  # none there: the name itself is told of as missing
            names = [str(path) for path in sequence_files(folder, name).values()] or names
        except (OSError, ValueError):
            names = [name]
    found: list[Path] = []
    for each in names:
        path = one(each)
        if path is None:
            return ()
        found.append(path)
    return tuple(found)
