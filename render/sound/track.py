"""A project's sound track as its clock sees it: heard once, when an expression first asks."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from keyframes import Clock, Problem, ProjectError
from projects import Project
from projects.schema import Sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .beats import Beats
    from .curves import Response
    from .spectrum import Heard

_REMEMBERED = 4


class SoundTrack:
    """The curves of one sound file over a film: keyframes' Signals.

    Nothing is read before the first curve is asked for; a film that does not use its sound pays nothing.
    problems: those met while reading it, to be told once, whatever number of lanes asked.
    """

    def __init__(self, project: Project, path: Path) -> None:
        self._project, self._path = project, path
        self.problems: tuple[Problem, ...] = ()

    def curve(self, name: str) -> NDArray[np.float64]:
        """See keyframes.signals. Raises ProjectError for a file that holds no sound."""
        if self.problems:
            raise ProjectError(self.problems)
        return self._curves[name]

    @cached_property
    def _curves(self) -> dict[str, NDArray[np.float64]]:
        from .curves import film_curves

        given, clock = self._project.file.sound, self._project.clock
        try:
            heard, beats = hear(self._path, given.bands, clock.bpm)
        except ProjectError as error:
            line = self._project.lines.get("audio")
            self.problems = tuple(
                replace(p, what=f"{self._path.name}: {p.what}", file=self._project.file_name, line=line)
                for p in error.problems
            )
            raise ProjectError(self.problems) from error
        return film_curves(
            heard, beats, _response(given), frames=clock.frames, fps=clock.fps, offset=given.offset
        )


def with_sound(project: Project) -> tuple[Clock, SoundTrack | None]:
    """The project's clock, which hears its sound track if there is one, and that track."""
    if project.audio is None:
        return project.clock, None
    track = SoundTrack(project, project.audio)
    return replace(project.clock, signals=track), track


def curves_of(
    path: Path, *, fps: float, bpm: float | None = None, settings: Sound | None = None
) -> tuple[Heard, Beats, dict[str, NDArray[np.float64]]]:
    """What is heard in a file, its beats, and its curves over as many frames of `fps` as it is long.

    settings: as in a project's [sound]; by default its defaults. Raises ProjectError for a file that holds no sound.
    """
    from .curves import film_curves

    given = settings or Sound()
    heard, beats = hear(path, given.bands, bpm)
    frames = max(math.ceil((heard.seconds - given.offset) * fps), 1)
    curves = film_curves(heard, beats, _response(given), frames=frames, fps=fps, offset=given.offset)
    return heard, beats, curves


def _response(given: Sound) -> Response:
    from .curves import Response

    low, high = given.clamp
    return Response(attack=given.attack, release=given.release, gain=given.gain, low=low, high=high)


def hear(path: Path, edges: tuple[float, ...], bpm: float | None) -> tuple[Heard, Beats]:
    """Levels, novelty and beats of a sound file; a file that has not changed is heard once.

    Raises ProjectError for a file that holds no sound.
    """
    try:
        found = path.stat()
        mark = (found.st_mtime_ns, found.st_size)
    except OSError:
        mark = (0, 0)  # decoding it says what is wrong
    return _hear(path, mark, edges, bpm)


@lru_cache(maxsize=_REMEMBERED)
def _hear(
    path: Path, mark: tuple[int, int], edges: tuple[float, ...], bpm: float | None
) -> tuple[Heard, Beats]:
    from .beats import find_beats
    from .decode import samples
    from .spectrum import listen

    heard = listen(samples(path), edges)
    return heard, find_beats(heard.novelty, bpm)
