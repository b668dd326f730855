"""Whose colours frames are given: what the project says, and where it says nothing, what its model is best with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from projects.schema import ProjectFile

Space = Literal["none", "lab", "rgb", "hsv"]


@dataclass(frozen=True, kw_only=True)
class ColorChoice:
    """A colour match, resolved. space: "none" for none. source: "frame" (`frame`), "previous", "prompt", or a file.
    pictures: how many are painted of a prompt.
    """

    space: Space = "none"
    method: Literal["histogram", "mean"] = "mean"
    source: str = "frame"
    frame: int = 0
    pictures: int = 1


def choose_colors(file: ProjectFile, wanted: str, pictures: int) -> ColorChoice:
    """The colour match of a project file. wanted: whose colours its model is best with, "" for none; pictures: of how
    many.

    A film that begins with a picture, is painted over a clip or has guides gets its colours from there: for these the
    model is not asked.
    """
    given = file.coherence
    pictured = file.init_image is not None or bool(file.video.input) or bool(file.guide.keys)
    space, source = given.color_match, given.color_from
    if space == "auto" and source == "auto":
        space, source = ("lab", wanted) if wanted and not pictured else ("none", "frame")
    elif space == "auto":
        space = "lab"
    elif source == "auto":
        source = "frame"
    return ColorChoice(
        space=space,
        method=given.color_method,
        source=source,
        frame=given.color_frame,
        pictures=given.color_pictures or pictures,
    )
