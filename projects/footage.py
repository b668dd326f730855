"""Moving pictures that a project names: a video file, or pictures with numbers in their names (`hand_%04d.png`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
VIDEOS = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".mpg", ".mpeg", ".ts", ".ogv"),
    *(".wmv", ".flv", ".y4m", ".3gp"),
)


def is_video(name: str) -> bool:
    """Whether a name is that of a video file."""
    return name.lower().endswith(VIDEOS)


def is_footage(name: str) -> bool:
    """Whether a name means many pictures: a video, or `depth/%04d.png`."""
    return is_video(name) or (is_sequence(name) and name.lower().endswith(PICTURES))


def find_footage(name: str, folder: Path, one: Callable[[str], Path | None]) -> tuple[Path, ...]:
    """The files that a name means: the video, or the pictures in the order of the numbers in their names.

    one: checks one name and gives its file, or None after noting what is wrong with it; then the result is empty.
    """
    names = [name]
    if is_sequence(name):
        try:  # if there are none, the name itself is reported as missing
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


_PATTERN = re.compile(r"(.*)%0?(\d?)d(.*)", re.ASCII | re.DOTALL)
MAX_FILES = 100_000


def is_sequence(value: str) -> bool:
    """Whether a path of a project names many files."""
    return _PATTERN.fullmatch(value) is not None


def sequence_files(folder: Path, value: str) -> dict[int, Path]:
    """Number -> file, for those that are there. Raises OSError where the folder cannot be read."""
    parts = (folder / value).parts
    found = _PATTERN.fullmatch(parts[-1])
    if found is None:
        return {}
    name = re.compile(re.escape(found[1]) + r"(\d{1,9})" + re.escape(found[3]), re.ASCII)
    files: dict[int, Path] = {}
    for path in Path(*parts[:-1]).iterdir():
        if (match := name.fullmatch(path.name)) and len(files) < MAX_FILES:
            files[int(match[1])] = path
    return dict(sorted(files.items()))


def first_file(folder: Path, value: str) -> str:
    """The path to look for: of a sequence its first file, if it has one."""
    if not is_sequence(value):
        return value
    try:
        return str(next(iter(sequence_files(folder, value).values()), value))
    except (OSError, ValueError):
        return value


def file_at(files: Mapping[int, Path], frame: int) -> Path:
    """The file of a frame: the one of its number, or the last before it; before all of them the first."""
    before = [number for number in files if number <= frame]
    return files[max(before) if before else min(files)]
