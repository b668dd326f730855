"""What a clip has to do with a frame: for its key, and for the plan. torch is not imported."""

from __future__ import annotations

from keyframes import Row
from projects.lanes import VIDEO as LANES

from ..clips import DEPTH, MASK, VIDEO
from ..setup import Setup

_DEEP = ("depth", "video_depth")


def video_inputs(setup: Setup, row: Row) -> dict[str, object] | None:
    """What of the clip goes into a frame, apart from its lanes; None if nothing does."""
    told: dict[str, object] = {}
    if row.frame == 0 and setup.starts_with_clip:
        told["first"] = setup.reels[VIDEO].digest(0)
    if _is_laid(setup, row):
        told["laid"] = _laid(setup, row)
    if moves(setup, row):
        told.update(_motion(setup, row))
    return told or None


def clip_move(setup: Setup, row: Row) -> dict[str, object] | None:
    """What the clip's motion to a frame is made from, its lane too; None if it does not move the frame."""
    if not moves(setup, row):
        return None
    return {**_motion(setup, row), "factor": row.numbers["video_flow_factor"]}


def _motion(setup: Setup, row: Row) -> dict[str, object]:
    given = setup.project.file.video
    seen = _pictures(setup, row, before=given.motion_from == "clip")
    told: dict[str, object] = {"motion": (given.motion, given.motion_from, seen)}
    if given.motion == "flow":
        told["flow"] = (given.flow, given.consistency, given.consistency_blur)
    return told


def idle_video_lanes(setup: Setup, row: Row) -> set[str]:
    """The lanes of `[video]` that do nothing at a frame."""
    given, laid = setup.project.file.video, _is_laid(setup, row)
    used = set()
    if laid:
        used.add("video_alpha")
    if laid and given.mask != "none":
        used.add("video_mask_contrast")
        used.update(("video_mask_low", "video_mask_high") if given.mask_auto_contrast else ())
        used.update(("video_mask_blend",) if given.mask == "blend" else ())
    if moves(setup, row):
        used.add("video_flow_factor")
    return {spec.name for spec in LANES} - used


def moves(setup: Setup, row: Row) -> bool:
    """Whether the clip's motion moves a frame."""
    given = setup.project.file.video
    return bool(
        given.input and row.frame > 0 and given.motion != "none" and row.numbers["video_flow_factor"] != 0
    )


def _is_laid(setup: Setup, row: Row) -> bool:
    """Whether the clip is laid over the picture of a frame."""
    given = setup.project.file.video
    if not given.input or given.composite == "none" or (row.frame == 0 and given.composite != "after"):
        return False
    shows_through = given.consistency == "clip" and moves(setup, row)
    return shows_through or row.numbers["video_alpha"] > 0


def _laid(setup: Setup, row: Row) -> list[object]:
    given = setup.project.file.video
    before = given.composite == "before"
    frame = setup.cadence.of(row.frame).way[0] - 1 if before else row.frame
    told: list[object] = [given.composite, setup.reels[VIDEO].digest(frame), given.mask]
    if given.mask == "none":
        return told
    told += [given.mask_invert, given.mask_equalize, given.mask_auto_contrast]
    if given.mask in _DEEP:
        told += [setup.depth.kind, setup.depth.digest or setup.depth.name]
        told += [setup.reels[DEPTH].digest(frame)] if DEPTH in setup.reels else []
    if MASK in setup.reels:
        told += [setup.reels[MASK].digest(frame)]
    return told


def _pictures(setup: Setup, row: Row, *, before: bool) -> list[str]:
    reel = setup.reels[VIDEO]
    return [reel.digest(frame) for frame in ((row.frame - 1, row.frame) if before else (row.frame,))]
