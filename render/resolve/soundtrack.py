"""A project's sound track as expressions see it."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from keyframes import Clock, Problem, ProjectError
from projects import Project
from projects.schema import Sound

from ..ffmpeg import check_sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..sound.beats import Beats
    from ..sound.spectrum import Heard


class SoundTrack:
    """The curves of one sound file over a film: keyframes' AudioFeatures. They are made when the first is asked for.

    problems: those met while reading the file, to be reported once, however many lanes asked.
    """

    def __init__(self, project: Project, path: Path) -> None:
        self._project, self._path = project, path
        self.problems: tuple[Problem, ...] = ()

    def curve(self, name: str) -> NDArray[np.float64]:
        """See keyframes.audio_features. Raises ProjectError for a file that holds no sound."""
        if self.problems:
            raise ProjectError(self.problems)
        return self._curves[name]

    def check(self) -> tuple[Problem, ...]:
        """What is wrong with the sound as far as the film plays it. It is decoded, unless curves were made of it.

        Raises EnvironmentFault without ffmpeg.
        """
        if not self.problems and "_curves" not in self.__dict__:
            file = self._project.file
            try:
                check_sound(self._path, file.sound.offset + file.length / file.fps)
            except ProjectError as error:
                self.problems = self._placed(error)
        return self.problems

    def _placed(self, error: ProjectError) -> tuple[Problem, ...]:
        name, line = self._project.file_name, self._project.lines.get("audio")
        return tuple(
            replace(p, what=f"{self._path.name}: {p.what}", file=name, line=line) for p in error.problems
        )

    @cached_property
    def _curves(self) -> dict[str, NDArray[np.float64]]:
        clock, sound = self._project.clock, self._project.file.sound
        try:
            return _heard(self._path, sound, fps=clock.fps, bpm=clock.bpm, frames=clock.frames)[2]
        except ProjectError as error:
            self.problems = self._placed(error)
            raise ProjectError(self.problems) from error


def with_sound(project: Project) -> tuple[Clock, SoundTrack | None]:
    """The project's clock, which hears its sound track if there is one, and that track."""
    if project.audio is None:
        return project.clock, None
    track = SoundTrack(project, project.audio)
    return replace(project.clock, audio=track), track


def curves_of(
    path: Path, *, fps: float, bpm: float | None = None, settings: Sound | None = None
) -> tuple[Heard, Beats, dict[str, NDArray[np.float64]]]:
    """The spectrum of a sound file, its beats, and its curves over as many frames of `fps` as it is long.

    settings: as in a project's [sound]; by default its defaults. Raises ProjectError for a file that holds no sound.
    """
    return _heard(path, settings or Sound(), fps=fps, bpm=bpm)


def _heard(
    path: Path, sound: Sound, *, fps: float, bpm: float | None, frames: int | None = None
) -> tuple[Heard, Beats, dict[str, NDArray[np.float64]]]:
    from ..sound.curves import Response, film_curves, hear

    heard, beats = hear(path, sound.bands, bpm)
    if frames is None:
        frames = max(math.ceil((heard.seconds - sound.offset) * fps), 1)
    low, high = sound.clamp
    response = Response(attack=sound.attack, release=sound.release, gain=sound.gain, low=low, high=high)
    return heard, beats, film_curves(heard, beats, response, frames=frames, fps=fps, offset=sound.offset)
