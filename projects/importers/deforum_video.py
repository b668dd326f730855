"""Deforum's video input and hybrid video as [video]; its sound, interpolation and upscaling as [output]."""

from __future__ import annotations

import re

from ..footage import is_video
from .common import flow_of
from .conversion import Conversion
from .rewrite import IN_RANGE
from .rules import as_number

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


def put_footage(job: Conversion, every: str, start: str = "", stop: str = "") -> bool:
    """Write the video and which of its pictures are used. Returns whether its file lies next to the project.

    every, start, stop: names of the settings. Numbers that are not allowed are left out, which uses all pictures.
    """
    path = job.file("video_init_path", job.values.get("video_init_path"))
    if path is None:
        return False
    if not is_video(path):
        job.report.note("video_init_path", "missing", "not a video file.", path)
        return False
    job.put("video.input", path, "video_init_path")
    job.put("video.end", "hold")
    step, first, last = (as_number(job.values.get(name)) if name else None for name in (every, start, stop))
    if step is not None and 2 <= step <= 10_000:
        job.put("video.every", int(step))
    if first is not None and 1 <= first < 2**53:
        job.put("video.from", int(first))
    if last is not None and max(first or 0, 1) <= last < 2**53:
        job.put("video.to", int(last))
    for name, place in ((every, "video.every"), (start, "video.from"), (stop, "video.to")):
        job.carried(place, *filter(None, [name]))
    job.report.remarks.append(
        "The original sets max_frames to the length of the video; Reverie keeps frames as written."
    )
    return True


def carry_video(job: Conversion) -> None:
    """Carry the video of the mode Video Input, or hybrid video."""
    mode, when, motion = (
        job.word("animation_mode"),
        _WHEN.get(job.word("hybrid_composite"), ""),
        _MOTIONS.get(job.word("hybrid_motion"), ""),
    )
    hybrid = mode in ("2d", "3d") and bool(when or motion)
    if not (hybrid or mode == "video input"):
        return
    if not put_footage(job, "extract_nth_frame", "extract_from_frame", "extract_to_frame"):
        return
    if not hybrid:
        job.put("video.composite", "init")
        job.carried("video", "animation_mode")
        return
    job.put("video.composite", when or "none", "hybrid_composite")
    job.put("video.motion", motion or "none", "hybrid_motion")
    if "hybrid_use_first_frame_as_init_image" in job.values:
        first = job.on("hybrid_use_first_frame_as_init_image")
        job.put("video.first_frame", first, "hybrid_use_first_frame_as_init_image")
    if job.on("hybrid_use_init_image"):
        why = "Reverie lays the video over every frame, never the init image."
        job.missing("hybrid_use_init_image", why)
    job.carried("video.composite", "hybrid_use_init_image")
    if when:
        _composite(job)
    if motion:
        _motion(job, motion)


def _composite(job: Conversion) -> None:
    job.lane("video_alpha", "hybrid_comp_alpha_schedule", change=IN_RANGE)
    mask = _MASKS.get(job.word("hybrid_comp_mask_type"))
    job.carried("video.mask", "hybrid_comp_mask_type")
    if not mask:
        return
    job.put("video.mask", mask)
    job.put("video.mask_invert", job.on("hybrid_comp_mask_inverse"), "hybrid_comp_mask_inverse")
    equalized = _EQUALIZED.get(job.word("hybrid_comp_mask_equalize"), "none")
    job.put("video.mask_equalize", equalized, "hybrid_comp_mask_equalize")
    stretch = job.on("hybrid_comp_mask_auto_contrast")
    job.put("video.mask_auto_contrast", stretch, "hybrid_comp_mask_auto_contrast")
    for name, lane in {**_MASK_LANES, **(_STRETCH_LANES if stretch else {})}.items():
        job.lane(lane, name, change=IN_RANGE)


def _motion(job: Conversion, motion: str) -> None:
    if job.on("hybrid_motion_use_prev_img"):
        job.put("video.motion_from", "render")
    job.carried("video.motion_from", "hybrid_motion_use_prev_img")
    if motion != "flow":
        return
    job.put("video.flow", flow_of(job, "hybrid_flow_method"), "hybrid_flow_method")
    job.lane("video_flow_factor", "hybrid_flow_factor_schedule", change=IN_RANGE)
    if job.on("hybrid_flow_consistency"):
        job.put("video.consistency", "still")
        blur = as_number(job.values.get("hybrid_consistency_blur"))
        job.put("video.consistency_blur", int(min(max(2 if blur is None else blur, 0), 64)))
    job.carried("video.consistency", "hybrid_flow_consistency")
    job.carried("video.consistency_blur", "hybrid_consistency_blur")


def carry_film(job: Conversion) -> None:
    """Carry sound track, interpolation and upscaling."""
    if job.word("add_soundtrack") == "file" and job.has("soundtrack_path"):
        sound = job.file("soundtrack_path", job.get("soundtrack_path"))
        if sound is not None:
            job.put("audio", sound, "soundtrack_path", "add_soundtrack")
    times = as_number(job.values.get("frame_interpolation_x_amount"))
    if job.on("frame_interpolation_engine") and times is not None and times >= 2:
        job.put("output.interpolate", int(min(times, 16)))
        job.carried("output.interpolate", "frame_interpolation_x_amount", "frame_interpolation_engine")
        why = "output.interpolate makes the in-between frames by optical flow, not by a network."
        job.changed("frame_interpolation_engine", why)
        if job.on("frame_interpolation_slow_mo_enabled"):
            why = "for slow motion, export at a lower --fps."
            job.report.note("frame_interpolation_slow_mo_enabled", "missing", why, True)
    digits = re.search(r"\d+", job.text("r_upscale_factor")[:20])
    factor = int(digits[0]) if digits else 2
    if job.on("r_upscale_video") and 1 < factor <= 8:
        job.put("output.upscale", factor, "r_upscale_factor", "r_upscale_video", "r_upscale_model")
        why = "output.upscale enlarges with a Lanczos filter; to use a network, name it in output.upscaler."
        job.changed("r_upscale_model", why)
