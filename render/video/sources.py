"""Sources: a clip or pictures laid along the film's frames, so that each frame has its picture, and their readers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from keyframes import Problem, ProjectError
from projects.files import digest_of
from projects.footage import is_video
from projects.png import Picture

from ..pictures import read_picture
from .clip import Clip, ClipReader, Cut, open_clip

End = Literal["hold", "loop", "stop"]


@dataclass(frozen=True, kw_only=True)
class Stills:
    """Picture files, in order.

    size: (width, height) they are scaled to. where: the setting that names them. digests: SHA-256 of each file.
    """

    paths: tuple[Path, ...]
    size: tuple[int, int]
    where: str
    digests: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Source:
    """The pictures that belong to the film's frames.

    end: what follows the last picture: that one again ("hold"), the first one again ("loop"), or nothing ("stop").
    """

    pictures: Clip | Stills
    end: End

    def index(self, frame: int) -> int:
        """Which picture belongs to a frame of the film."""
        count = len(self.pictures.digests)
        return frame % count if self.end == "loop" else min(frame, count - 1)

    def digest(self, frame: int) -> str:
        """The digest of a frame's picture, for the frame's key."""
        return self.pictures.digests[self.index(frame)]


def open_pictures(
    paths: tuple[Path, ...], *, size: tuple[int, int], needed: int, cut: Cut, where: str
) -> Clip | Stills:
    """Open a video file, or picture files, as far as `needed` pictures.

    size: (width, height) they are scaled to. cut: which of them; a single picture is taken whatever it says. where:
    the setting that names them, for messages.
    Raises ProjectError if nothing is left after the cut, and as `open_clip`.
    """
    if len(paths) == 1 and is_video(paths[0].name):
        return open_clip(paths[0], size=size, needed=needed, cut=cut, where=where)
    stop = None if cut.stop is None else cut.stop + 1
    taken = paths if len(paths) == 1 else paths[cut.start : stop : cut.every]
    if not taken:
        what = f"there are {len(paths)} pictures, and none from {cut.start} on."
        raise ProjectError(Problem(what=what, where=where, hint="Pictures are counted from 0."))
    taken = taken[:needed]
    return Stills(paths=taken, size=size, where=where, digests=tuple(digest_of(path) for path in taken))


class SourceReader:
    """Reads the sources of a film, frame by frame. Close it: clips are read by ffmpeg processes."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._clips: dict[str, ClipReader] = {}
        self._still = lru_cache(maxsize=8)(
            read_picture
        )  # a frame looks at its own pictures and at those before

    def picture(self, name: str, frame: int) -> Picture:
        """The picture of source `name` at a frame of the film, uint8 (H, W, 3). Do not write to it.

        Raises ProjectError if a file is not a picture.
        """
        source = self._sources[name]
        pictures, index = source.pictures, source.index(frame)
        if isinstance(pictures, Stills):
            return self._still(pictures.paths[index], pictures.size, where=pictures.where)
        if name not in self._clips:
            self._clips[name] = ClipReader(pictures)
        return self._clips[name].picture(index)

    def close(self) -> None:
        """End ffmpeg; clips open again when asked."""
        for reader in self._clips.values():
            reader.close()
        self._clips.clear()
