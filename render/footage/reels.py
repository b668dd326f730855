"""The moving pictures of a project, wound onto its frames: which picture belongs to frame n, and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol

from keyframes import Problem, ProjectError
from projects import Picture, Project
from projects.files import digest_of
from projects.footage import is_video
from projects.places import line_of
from projects.retouching import uses_depth
from projects.schema import Video

from ..output.containers import exact_rate
from ..pictures import read_picture
from .clip import Clip, Cut, open_clip

End = Literal["hold", "loop", "stop"]
VIDEO, MASK, DEPTH = "video.input", "video.mask", "motion.depth"


class Reader(Protocol):
    """What pictures are read with."""

    def picture(self, index: int) -> Picture:
        """Picture `index`, uint8 (H, W, 3)."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


@dataclass(frozen=True, kw_only=True)
class Stills:
    """Pictures in files of their own. size: (width, height) they are brought to. digests: of the files."""

    paths: tuple[Path, ...]
    size: tuple[int, int]
    where: str
    digests: tuple[str, ...]

    def reader(self) -> StillsReader:
        """Something to read them with."""
        return StillsReader(self)


class StillsReader:
    """Reads pictures in files of their own, one at a time."""

    def __init__(self, stills: Stills) -> None:
        self._stills = stills
        self._last = lru_cache(maxsize=2)(self._read)  # a frame looks at its own and at the one before

    def picture(self, index: int) -> Picture:
        """Picture `index`, uint8 (H, W, 3). Raises ProjectError if it is none."""
        return self._last(index)

    def _read(self, index: int) -> Picture:
        return read_picture(self._stills.paths[index], self._stills.size, where=self._stills.where)

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, kw_only=True)
class Reel:
    """Footage and what comes after its last picture: that one again, the first one, or an error in the plan."""

    footage: Clip | Stills
    end: End

    def index(self, frame: int) -> int:
        """The picture that belongs to a frame of the film."""
        count = len(self.footage.digests)
        return frame % count if self.end == "loop" else min(frame, count - 1)

    def digest(self, frame: int) -> str:
        """What that picture is, for the frame's key."""
        return self.footage.digests[self.index(frame)]


def needs_depth(project: Project) -> bool:
    """Whether anything of a film looks at depth: its camera, a mask, or a ControlNet."""
    file = project.file
    masks_do = uses_depth(project.masks.values()) or file.video.mask in ("depth", "video_depth")
    controls_do = any(control.detect == "depth" for control in file.control.values())
    return bool(file.motion.mode == "3d" or masks_do or controls_do)


def find_reels(project: Project, size: tuple[int, int]) -> dict[str, Reel]:
    """Every reel of a project, opened and counted as far as the film goes.

    Raises ProjectError for footage that cannot be read and for a clip that is shorter than the film, unless
    `video.end` says what then.
    """
    deep = needs_depth(project)
    used = {name: paths for name, paths in project.footage.items() if name != DEPTH or deep}
    try:
        return {name: _reel(project, name, paths, size) for name, paths in used.items()}
    except ProjectError as error:
        placed = [
            replace(problem, file=project.file_name, line=line_of(project.lines, problem.where))
            for problem in error.problems
        ]
        raise ProjectError(placed) from error


def _reel(project: Project, name: str, paths: tuple[Path, ...], size: tuple[int, int]) -> Reel:
    given, needed = project.file.video, project.file.length
    if name not in (
        VIDEO,
        MASK,
    ):  # depth, masks, control pictures: the last one stays
        return Reel(footage=_footage(paths, size, needed, Cut(), name), end="hold")
    reel = Reel(footage=_footage(paths, size, needed, _cut(project, given), name), end=given.end)
    count = len(reel.footage.digests)
    if name == MASK:  # one picture is a mask for all frames
        return Reel(footage=reel.footage, end="hold" if count == 1 or given.end == "stop" else given.end)
    if count < needed and given.end == "stop":
        raise ProjectError(_too_short(paths[0], count, needed))
    return reel


def _cut(project: Project, given: Video) -> Cut:
    rate = exact_rate(project.file.fps) if given.sync == "time" else None
    return Cut(start=given.from_, stop=given.to, every=given.every, rate=rate)


def _footage(
    paths: tuple[Path, ...], size: tuple[int, int], needed: int, cut: Cut, name: str
) -> Clip | Stills:
    if len(paths) == 1 and is_video(paths[0].name):
        return open_clip(paths[0], size=size, needed=needed, cut=cut, where=name)
    taken = (
        paths
        if len(paths) == 1
        else paths[cut.start : None if cut.stop is None else cut.stop + 1 : cut.every]
    )
    if not taken:
        what = f"there are {len(paths)} pictures, and none from {cut.start} on."
        raise ProjectError(Problem(what=what, where=name, hint="Pictures are counted from 0."))
    taken = taken[:needed]
    digests = tuple(digest_of(path) for path in taken)
    return Stills(paths=taken, size=size, where=name, digests=digests)


def _too_short(path: Path, count: int, needed: int) -> Problem:
    what = f"{path.name} gives {count} pictures, and the film has {needed} frames."
    hint = f'Allowed: frames up to {count}, or video.end = "hold" (the last picture stays) or "loop".'
    return Problem(what=what, where=VIDEO, frame=count, hint=hint)


class Projector:
    """Shows the pictures of a film's reels, frame by frame. Close it: what it reads with are processes."""

    def __init__(self, reels: Mapping[str, Reel]) -> None:
        self._reels = reels
        self._readers: dict[str, Reader] = {}

    def picture(self, name: str, frame: int) -> Picture:
        """The picture of a reel at a frame of the film, uint8 (H, W, 3); not to be written to."""
        if name not in self._readers:
            self._readers[name] = self._reels[name].footage.reader()
        return self._readers[name].picture(self._reels[name].index(frame))

    def close(self) -> None:
        """End what it reads with; it may be used again."""
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
