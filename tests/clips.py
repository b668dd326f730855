"""Clips for tests, made by the ffmpeg that the package ships, and the pictures that should be in them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from render.ffmpeg import find_ffmpeg

Frames = Iterable[NDArray[np.uint8]]
LOSSLESS = ("-c:v", "libx264rgb", "-crf", "0", "-preset", "ultrafast")


def ffmpeg(*arguments: str | Path) -> None:
    """Run ffmpeg."""
    command = [str(find_ffmpeg()), "-v", "error", "-nostdin", "-y", "-threads", "1", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def write_clip(path: Path, frames: Frames, *, rate: int = 10, more: tuple[str, ...] = LOSSLESS) -> Path:
    """A clip of these pictures, exactly."""
    pictures = list(frames)
    height, width = pictures[0].shape[:2]
    command = [str(find_ffmpeg()), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{width}x{height}", "-r", str(rate), "-i", "-", "-threads", "1", *more, str(path)]
    data = b"".join(picture.tobytes() for picture in pictures)
    subprocess.run(command, input=data, check=True, capture_output=True)
    return path


def numbered(count: int, *, side: int = 64) -> list[NDArray[np.uint8]]:
    """Pictures that say which they are: one grey level each, 3 apart."""
    return [np.full((side, side, 3), 20 + 3 * number, np.uint8) for number in range(count)]


def number_of(picture: NDArray[np.uint8]) -> int:
    """Which of `numbered` a picture is."""
    return round((float(picture.mean()) - 20) / 3)


def panned(count: int, *, side: int = 64, step: int = 2, seed: int = 5) -> list[NDArray[np.uint8]]:
    """A window that moves `step` px to the right over a larger picture: what it shows moves to the left."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((side // 8 + 2, (side + step * count) // 8 + 2, 3))
    large = np.kron(coarse, np.ones((8, 8, 1)))
    for axis in (0, 1):  # soft edges, which flow is measured by
        for _ in range(2):
            large = (np.roll(large, 1, axis) + large + np.roll(large, -1, axis)) / 3
    levels = (large * 255).round().astype(np.uint8)
    return [np.ascontiguousarray(levels[:side, step * n : step * n + side]) for n in range(count)]


def false_ffmpeg(monkeypatch: pytest.MonkeyPatch, path: Path, script: str) -> None:
    """Put a shell script in ffmpeg's place; $REAL is the real one."""
    path.write_text(f"#!/bin/sh\nREAL={find_ffmpeg()}\nfor OUT; do :; done\nOUT=${{OUT#file:}}\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(path))
