"""The clock: how long the film is, how frames, seconds and beats relate, and the sound's features at each frame.

Audio features are numbers per frame that `render` measures in the sound track, such as its loudness; expressions read
them by name and frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from keyframes.errors import Problem, ProjectError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MAX_FRAMES = 10_000_000
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


@dataclass(frozen=True, kw_only=True)
class Clock:
    """What key positions and expressions need to know of a film.

    `frames` is how many there are (0 to `max_f`), `fps` how many a second, `bpm` how many beats a minute
    (None: beats cannot be used), `seed` the project's seed, which expressions see as `s`, `audio` what was
    measured in its sound track (None: it has none). Raises ProjectError naming every field that is out of
    range.
    """

    frames: int
    fps: float = 24.0
    bpm: float | None = None
    seed: int = 0
    audio: AudioFeatures | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        checks = (
            ("frames", self.frames, 1 <= self.frames <= MAX_FRAMES, f"1 to {MAX_FRAMES}"),
            ("fps", self.fps, 0 < self.fps <= 1000, "above 0, up to 1000"),
            ("bpm", self.bpm, self.bpm is None or 0 < self.bpm <= 10_000, "above 0, up to 10000"),
        )
        problems = [
            Problem(what=f"{value} is not allowed.", where=where, hint=f"Allowed: {allowed}.")
            for where, value, right, allowed in checks
            if not right
        ]
        if not -(2**63) <= self.seed < 2**64:
            what = "the seed does not fit in 64 bits."
            problems.append(Problem(what=what, where="seed", hint="Example: 42."))
        if problems:
            raise ProjectError(problems)

    @property
    def max_f(self) -> int:
        """The number of the last frame, as Deforum names it."""
        return self.frames - 1

    @property
    def frames_per_beat(self) -> float | None:
        """Frames from one beat to the next, or None without a tempo."""
        return None if self.bpm is None else self.fps * 60.0 / self.bpm
