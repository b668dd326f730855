"""What ControlNets put into a frame: for its key, without torch."""

from __future__ import annotations

from keyframes import Row

from ..clips import DEPTH, VIDEO
from ..setup import Setup
from .controls import ProjectControl


def acting(setup: Setup, row: Row) -> list[ProjectControl]:
    """The ControlNets that do something at a frame."""
    pictured = row.frame > 0 or setup.starts_with_picture
    return [control for control in setup.controls if control.acts(row, pictured=pictured)]


def control_inputs(setup: Setup, row: Row) -> list[tuple[object, ...]]:
    """All of them that changes a frame: the network, what it is shown, and how strongly it acts."""
    return [
        (
            control.file.digest,
            _shown(setup, control, row.frame),
            _detected(setup, control, row.frame),
            *(control.lane(row, setting) for setting in ("weight", "start", "end")),
            control.given.mode,
        )
        for control in acting(setup, row)
    ]


def _shown(setup: Setup, control: ProjectControl, frame: int) -> str:
    if control.given.source == "frame":
        return "frame"
    return setup.reels[VIDEO if control.given.source == "video" else control.where].digest(frame)


def _detected(setup: Setup, control: ProjectControl, frame: int) -> tuple[object, ...]:
    given = control.given
    if given.detect == "canny":
        return given.detect, given.low, given.high
    if given.detect != "depth":
        return (given.detect,)
    depth = setup.depth
    if depth.kind == "clip":
        return given.detect, depth.kind, setup.reels[DEPTH].digest(frame)
    return given.detect, depth.kind, depth.digest or depth.name
