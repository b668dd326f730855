"""How to render, whatever the project."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict, Unpack

from keyframes import parse_frames

Notice = Callable[[str], None]  # is given a line for people
Frames = str | Iterable[int] | None  # "0-99", frame numbers, or all


class OptionChanges(TypedDict, total=False):
    """RenderOptions as keyword arguments."""

    take: Path | None
    frames: Frames
    film: bool
    metadata: bool
    device: str
    dtype: str
    frame_timeout: float | None
    verify: bool


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """How to plan and render a project.

    take: the folder of the take; by default takes/NAME beside the project. frames: only these and what they need,
    "0-99" or frame numbers; the film then holds these alone. film: whether to assemble film.mp4. metadata: whether
    frames and film carry the project. device: "auto", "cpu", "cuda", "cuda:1" or "mps". dtype: "auto", or torch's name
    of the precision. frame_timeout: seconds that painting one frame may take. verify: hash every stored frame again,
    also those that size and time say are unchanged.
    """

    take: Path | None = None
    frames: Frames = None
    film: bool = True
    metadata: bool = True
    device: str = "auto"
    dtype: str = "auto"
    frame_timeout: float | None = None
    verify: bool = False

    def chosen(self, length: int) -> tuple[int, ...] | None:
        """The frames of a film of `length` frames, in order; None for all. Raises ScheduleError for others."""
        if self.frames is None:
            return None
        text = self.frames if isinstance(self.frames, str) else ",".join(map(str, self.frames))
        return parse_frames(text, length)

    def changed(self, **changes: Unpack[OptionChanges]) -> RenderOptions:
        """These options with some of them changed."""
        return replace(self, **changes)


DEFAULTS = RenderOptions()
