"""Sounds with known answers, written as WAV files."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from render.ffmpeg import file_argument, run_ffmpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Sound = NDArray[np.float64]


def write_wav(path: Path, sound: Sound, rate: int = 44_100) -> Path:
    """`sound` (n,) or (channels, n), -1 to 1, as 16-bit PCM."""
    channels = np.atleast_2d(sound)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(channels.T, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def converted(path: Path, suffix: str) -> Path:
    """The same sound in another format."""
    out = path.with_suffix(suffix)
    run_ffmpeg(["-i", file_argument(path), file_argument(out)], doing="converting")
    return out


def sine(hertz: float, seconds: float = 2.0, rate: int = 44_100, level: float = 0.5) -> Sound:
    """A steady tone."""
    return level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def clicks(bpm: float, seconds: float = 12.0, rate: int = 44_100, first: float = 0.25) -> tuple[Sound, Sound]:
    """Short plucks on every beat from `first` on, and the times of the beats."""
    times = np.arange(first, seconds - 0.05, 60.0 / bpm)
    length = np.arange(int(0.03 * rate)) / rate
    pluck = 0.8 * np.sin(2 * np.pi * 1000 * length) * np.exp(-length / 0.005)
    sound = np.zeros(int(seconds * rate))
    for time in times:
        start = round(time * rate)
        sound[start : start + len(pluck)] += pluck
    return sound, times
