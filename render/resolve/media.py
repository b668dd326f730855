"""What plays along with a project: its clips and pictures, its depth and its sound track, found and opened."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from keyframes import Clock, Problem, ProjectError
from projects import Project, located
from projects.files import digest_of
from projects.masks import uses_depth
from projects.schema import Sound

from ..assets.find import BUILT_IN
from ..assets.kinds import DEPTH as NETWORK
from ..depth import DepthSource
from ..diffusion import AUTO, ModelSource, find_for
from ..ffmpeg import check_sound
from ..video.clip import Cut
from ..video.containers import exact_rate
from ..video.sources import Source, open_pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..sound.beats import Beats
    from ..sound.spectrum import Heard

VIDEO, MASK, DEPTH = "video.input", "video.mask", "motion.depth"


def needs_depth(project: Project) -> bool:
    """Whether anything in the film uses depth: its camera, a mask, or a ControlNet."""
    file = project.file
    for_masks = uses_depth(project.masks.values()) or file.video.mask in ("depth", "video_depth")
    for_controls = any(control.detect == "depth" for control in file.control.values())
    return bool(file.motion.mode == "3d" or for_masks or for_controls)


def find_sources(project: Project, size: tuple[int, int]) -> dict[str, Source]:
    """Every source of a project by the setting that names it, opened and counted as far as the film goes.

    size: (width, height) of the pictures. Raises ProjectError for footage that cannot be read, and for a clip shorter
    than the film unless `video.end` says what follows.
    """
    deep = needs_depth(project)
    used = {name: paths for name, paths in project.footage.items() if name != DEPTH or deep}
    try:
        return {name: _source(project, name, paths, size) for name, paths in used.items()}
    except ProjectError as error:
        raise ProjectError(located(project, error.problems)) from error


def _source(project: Project, name: str, paths: tuple[Path, ...], size: tuple[int, int]) -> Source:
    video, needed = project.file.video, project.file.length
    if name not in (VIDEO, MASK):  # depth, masks, control pictures: the last one stays
        return Source(
            pictures=open_pictures(paths, size=size, needed=needed, cut=Cut(), where=name), end="hold"
        )
    rate = exact_rate(project.file.fps) if video.sync == "time" else None
    cut = Cut(start=video.from_, stop=video.to, every=video.every, rate=rate)
    pictures = open_pictures(paths, size=size, needed=needed, cut=cut, where=name)
    count = len(pictures.digests)
    if name == MASK:  # one picture is a mask for all frames
        return Source(pictures=pictures, end="hold" if count == 1 or video.end == "stop" else video.end)
    if count < needed and video.end == "stop":
        what = f"{paths[0].name} gives {count} pictures, and the film has {needed} frames."
        hint = f'Allowed: frames up to {count}, or video.end = "hold" (the last picture stays) or "loop".'
        raise ProjectError(Problem(what=what, where=VIDEO, frame=count, hint=hint))
    return Source(pictures=pictures, end=video.end)


def find_depth(project: Project, model: ModelSource) -> DepthSource:
    """What `[motion] depth` names. "auto" is the model's own depth network if it is built in and has one, open country
    if it is built in and has none, and the usual network for all others.
    """
    if not needs_depth(project):
        return DepthSource(kind="flat", name="flat")
    if DEPTH in project.footage:
        return DepthSource(kind="clip", name="clip")
    name, path = project.file.motion.depth, project.depth_picture
    if path is not None:
        return DepthSource(kind="picture", name=name, path=path, digest=digest_of(path))
    built_in = model.path is not None and model.path.parent == BUILT_IN
    if name == AUTO and built_in and model.path and not (model.path / NETWORK.own).is_dir():
        name = "ground"
    if name in ("flat", "ground"):
        return DepthSource(kind="flat" if name == "flat" else "ground", name=name)
    if name == AUTO and not built_in:
        name = NETWORK.usual
    network = find_for(NETWORK, name, model, folder=project.folder)
    return DepthSource(kind="network", name=network.name, path=network.path, digest=network.digest)


class SoundTrack:
    """The curves of one sound file over a film: keyframes' AudioFeatures. They are made when the first is asked for.

    problems: those met while reading the file, to be reported once, however many lanes asked.
    """

    def __init__(self, project: Project, path: Path) -> None:
        self._project, self._path = project, path
        self.problems: tuple[Problem, ...] = ()

    def curve(self, name: str) -> NDArray[np.float64]:
        """See keyframes.clock. Raises ProjectError for a file that holds no sound."""
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
    """The project's clock, with the features of its sound track if there is one, and that track."""
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
