"""The clock: how long the film is, and how frames, seconds and beats relate."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from keyframes.audio_features import AudioFeatures
from keyframes.errors import Problem, ProjectError

MAX_FRAMES = 10_000_000


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
        problems = []
        if not 1 <= self.frames <= MAX_FRAMES:
            problems.append(
                Problem(
                    what=f"{self.frames} is not allowed.", where="frames", hint=f"Allowed: 1 to {MAX_FRAMES}."
                )
            )
        if not (math.isfinite(self.fps) and 0 < self.fps <= 1000):
            problems.append(
                Problem(what=f"{self.fps} is not allowed.", where="fps", hint="Allowed: above 0, up to 1000.")
            )
        if self.bpm is not None and not (math.isfinite(self.bpm) and 0 < self.bpm <= 10_000):
            problems.append(
                Problem(
                    what=f"{self.bpm} is not allowed.", where="bpm", hint="Allowed: above 0, up to 10000."
                )
            )
        if not -(2**63) <= self.seed < 2**64:
            problems.append(
                Problem(what="the seed does not fit in 64 bits.", where="seed", hint="Example: 42.")
            )
        if problems:
            raise ProjectError(problems)

    @property
    def max_f(self) -> int:
        """The number of the last frame, as Deforum names it."""
        return self.frames - 1

    def seconds(self, frame: float) -> float:
        """The time at which `frame` is shown, in seconds."""
        return frame / self.fps

    @property
    def frames_per_beat(self) -> float | None:
        """Frames from one beat to the next, or None without a tempo."""
        return None if self.bpm is None else self.fps * 60.0 / self.bpm
