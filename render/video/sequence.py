"""Frames as a folder of numbered PNG files, for other tools to read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from keyframes.errors import Problem, ProjectError
from projects.files import disk_errors, sync_folder, temporary, write_atomic
from projects.png import Picture, encode_png


def write_sequence(frames: Iterable[Picture], path: Path, texts: Mapping[str, str]) -> None:
    """Write `frames` as 000000.png, 000001.png ... with `texts` in each, to the folder `path`.

    The folder appears when it is complete, and replaces an earlier one that holds only such files.
    Raises ProjectError if something else is there, and as `write_atomic`.
    """
    if path.exists() and not _is_sequence(path):
        raise ProjectError(
            Problem(
                what="this is not a folder of numbered PNG files only, so it is not replaced.",
                file=str(path),
                hint="Choose a new folder.",
            )
        )
    with temporary(path) as fresh, temporary(path) as old:
        with disk_errors(path):
            fresh.mkdir()
        for number, picture in enumerate(frames):
            write_atomic(fresh / f"{number:06d}.png", encode_png(picture, texts))
        with disk_errors(path):
            _swap(fresh, path, old)


def _swap(fresh: Path, path: Path, old: Path) -> None:
    """Put folder `fresh` at `path` and what was there at `old`; if that fails, put it back."""
    if path.exists():
        os.replace(path, old)
    try:
        os.replace(fresh, path)
    except OSError:
        if old.exists():
            os.replace(old, path)
        raise
    sync_folder(path.parent)


def _is_sequence(path: Path) -> bool:
    return path.is_dir() and all(item.suffix == ".png" and item.stem.isdecimal() for item in path.iterdir())
