"""Audio features: numbers per frame that are measured in the sound track, such as its loudness.

`render` measures them and puts them into the clock; expressions read them here, by name and frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SOUND: dict[str, str] = {
    "amp": "how loud the sound is, 0 to 1",
    "bass": "how loud its low notes are, 0 to 1",
    "mid": "the same for the middle",
    "high": "the same for the treble",
    "onset": "1 where a sound begins (less for a soft one), then falling",
    "beat_pulse": "1 on each beat, then falling",
    "beat_phase": "0 on each beat, rising towards 1 at the next",
}
TEMPO: tuple[str, ...] = ("bpm", "beat")  # measured in the sound where the project gives no bpm


class AudioFeatures(Protocol):
    """Named curves over the frames of a film."""

    def curve(self, name: str) -> Numbers:
        """One of SOUND or TEMPO at every frame, float64 (frames,), finite."""
        ...


def read_feature(audio: AudioFeatures | None, name: str, frames: Numbers) -> Numbers:
    """The values (n,) of a feature at `frames` (n,), which may lie between frames; beyond the film its ends hold.

    All 0 without a sound track: the parser refuses such names before.
    """
    if audio is None:
        return np.zeros(len(frames))
    curve = audio.curve(name)
    return np.interp(frames, np.arange(len(curve), dtype=np.float64), curve)


class NoAudio:
    """Features of a sound track that has not been measured yet: all 0, so that schedules can be checked without it."""

    def curve(self, name: str) -> Numbers:
        """See AudioFeatures."""
        return np.zeros(1)
