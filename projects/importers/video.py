"""Video input and hybrid video of Deforum and Disco Diffusion as a [video] table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyframes import Clock

from ..footage import is_video
from .common import file_of
from .draft import Draft
from .flows import flow_of
from .settings import Given, as_number, is_true

_VIDEO_INPUT = "video input"
_WHEN = {"before motion": "before", "normal": "init", "true": "init", "after generation": "after"}
_MASKS = {"depth": "depth", "video depth": "video_depth", "blend": "blend", "difference": "difference"}
_EQUALIZED = {"before": "before", "after": "after", "both": "both"}
_MOTIONS = {"optical flow": "flow", "perspective": "perspective", "affine": "affine"}
_MASK_LANES = {
    "hybrid_comp_mask_contrast_schedule": "video_mask_contrast",
    "hybrid_comp_mask_blend_alpha_schedule": "video_mask_blend",
}
_STRETCH_LANES = {
    "hybrid_comp_mask_auto_contrast_cutoff_low_schedule": "video_mask_low",
    "hybrid_comp_mask_auto_contrast_cutoff_high_schedule": "video_mask_high",
}


def carry_deforum_video(given: Given, draft: Draft, clock: Clock, mode: str, folder: Path) -> None:
    """Carry the video of the mode Video Input, or hybrid video."""
    values = given.values
    when = _word(values, "hybrid_composite", _WHEN)
    motion = _word(values, "hybrid_motion", _MOTIONS)
    hybrid = mode in ("2d", "3d") and bool(when or motion)
    if not (hybrid or mode == _VIDEO_INPUT) or not _footage(given, draft, folder):
        return
    _cut(given, draft, "extract_nth_frame", "extract_from_frame", "extract_to_frame")
    given.report.remarks.append(
        "There max_frames became the number of the video's frames; here frames says it."
    )
    if not hybrid:
        draft.put("video.composite", "init")
        given.carried("video", "animation_mode")
        return
    draft.put("video.composite", when or "none")
    draft.put("video.motion", motion or "none")
    if "hybrid_use_first_frame_as_init_image" in values:
        draft.put("video.first_frame", is_true(values["hybrid_use_first_frame_as_init_image"]))
        given.carried("video.first_frame", "hybrid_use_first_frame_as_init_image")
    if is_true(values.get("hybrid_use_init_image")):
        why = "laying the init image over every frame is not here: the video is laid over."
        given.report.note("hybrid_use_init_image", "missing", why, values["hybrid_use_init_image"])
    given.carried("video.composite", "hybrid_composite", "hybrid_use_init_image")
    given.carried("video.motion", "hybrid_motion")
    if when:
        _composite(given, draft, clock)
    if motion:
        _motion(given, draft, clock, motion)


def carry_disco_video(given: Given, draft: Draft, folder: Path) -> None:
    """Carry the mode Video Input: the clip's pictures, or the painted ones carried along by its flow."""
    if not _footage(given, draft, folder):
        return
    _cut(given, draft, "extract_nth_frame")
    values = given.values
    given.report.remarks.append(
        "There max_frames became the number of the video's frames; here frames says it."
    )
    if is_true(values.get("video_init_flow_warp", True)):
        blend = as_number(values.get("video_init_flow_blend", 0.999))
        draft.put("video.motion", "flow")
        draft.put("video.video_alpha", round(1 - min(max(0.999 if blend is None else blend, 0.0), 1.0), 6))
        given.carried("video.motion", "video_init_flow_warp")
        given.carried("video.video_alpha", "video_init_flow_blend")
        if is_true(values.get("video_init_check_consistency")):
            draft.put("video.consistency", "clip")
        given.carried("video.consistency", "video_init_check_consistency")
    if is_true(values.get("video_init_seed_continuity")):
        draft.put("diffusion.seed_behavior", "fixed")
    given.carried("diffusion.seed_behavior", "video_init_seed_continuity")


def _footage(given: Given, draft: Draft, folder: Path) -> bool:
    """Carry the video's path if its file lies beside the project; whether it does."""
    path = file_of(given, "video_init_path", given.values.get("video_init_path"), folder)
    if path is None:
        return False
    if not is_video(path):
        given.report.note("video_init_path", "missing", "is no video.", path)
        return False
    draft.put("video.input", path)
    draft.put("video.end", "hold")
    given.carried("video.input", "video_init_path")
    return True


def _cut(given: Given, draft: Draft, every: str, start: str = "", stop: str = "") -> None:
    """Which pictures of the video; numbers that make no sense are those that take all."""
    numbers = {name: as_number(given.values.get(name)) for name in (every, start, stop) if name}
    step, first, last = (numbers.get(name) for name in (every, start, stop))
    if step is not None and 2 <= step <= 10_000:
        draft.put("video.every", int(step))
    if first is not None and 1 <= first < 2**53:
        draft.put("video.from", int(first))
    if last is not None and max(first or 0, 1) <= last < 2**53:
        draft.put("video.to", int(last))
    for name, place in ((every, "video.every"), (start, "video.from"), (stop, "video.to")):
        given.carried(place, name)


def _composite(given: Given, draft: Draft, clock: Clock) -> None:
    common: dict[str, Any] = {"clock": clock, "dialect": "deforum", "keep_in_range": True}
    given.lane(draft, "hybrid_comp_alpha_schedule", "video_alpha", **common)
    mask = _word(given.values, "hybrid_comp_mask_type", _MASKS)
    given.carried("video.mask", "hybrid_comp_mask_type")
    if not mask:
        return
    draft.put("video.mask", mask)
    draft.put("video.mask_invert", is_true(given.values.get("hybrid_comp_mask_inverse")))
    draft.put("video.mask_equalize", _word(given.values, "hybrid_comp_mask_equalize", _EQUALIZED) or "none")
    stretch = is_true(given.values.get("hybrid_comp_mask_auto_contrast"))
    draft.put("video.mask_auto_contrast", stretch)
    given.carried("video.mask_invert", "hybrid_comp_mask_inverse")
    given.carried("video.mask_equalize", "hybrid_comp_mask_equalize")
    given.carried("video.mask_auto_contrast", "hybrid_comp_mask_auto_contrast")
    for name, lane in {**_MASK_LANES, **(_STRETCH_LANES if stretch else {})}.items():
        given.lane(draft, name, lane, **common)


def _motion(given: Given, draft: Draft, clock: Clock, motion: str) -> None:
    values = given.values
    if is_true(values.get("hybrid_motion_use_prev_img")):
        draft.put("video.motion_from", "render")
    given.carried("video.motion_from", "hybrid_motion_use_prev_img")
    if motion != "flow":
        return
    draft.put("video.flow", flow_of(given, "hybrid_flow_method"))
    given.carried("video.flow", "hybrid_flow_method")
    common: dict[str, Any] = {"clock": clock, "dialect": "deforum", "keep_in_range": True}
    given.lane(draft, "hybrid_flow_factor_schedule", "video_flow_factor", **common)
    if is_true(values.get("hybrid_flow_consistency")):
        draft.put("video.consistency", "still")
        blur = as_number(values.get("hybrid_consistency_blur"))
        draft.put("video.consistency_blur", int(min(max(2 if blur is None else blur, 0), 64)))
    given.carried("video.consistency", "hybrid_flow_consistency")
    given.carried("video.consistency_blur", "hybrid_consistency_blur")


def _word(values: Mapping[str, Any], name: str, known: Mapping[str, str]) -> str:
    """What a setting is called here, "" if it is off or not known."""
    return known.get(str(values.get(name))[:100].strip().lower(), "")
