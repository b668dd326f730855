"""Deforum's camera as [motion], whose lanes have Deforum's names, units and signs; its videos as [video]."""

from __future__ import annotations

from typing import Any

from ..footage import is_video
from ..lanes import FLIP, STEPS
from .common import STANDS_STILL, flow_of, put_border, put_sampling
from .conversion import Conversion
from .report import as_number
from .rewrite import IN_RANGE

_LANES = ("angle", "zoom", "transform_center_x", "transform_center_y", *STEPS)
_DEPTHS = ("depth_algorithm", "use_zoe_depth")
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


def carry_motion(job: Conversion) -> None:
    """Carry mode, borders, depth and all lanes of the camera; the video has been carried before."""
    mode = job.word("animation_mode")
    if mode not in ("2d", "3d"):
        if not job.tables["video"]:
            job.report.note("animation_mode", "missing", STANDS_STILL, job.text("animation_mode").strip())
        job.put("motion.mode", "2d")
        return
    job.put("motion.mode", mode, "animation_mode")
    flipped = job.on("enable_perspective_flip", "flip_2d_perspective")
    if mode == "3d" or flipped:
        job.put("motion.compat", "deforum")
    _surroundings(job, mode)
    lanes = list(_LANES)
    if mode == "2d" and flipped:
        why = "Deforum ignored it in 2D with the perspective flip on; Reverie would not."
        for lane in ("translation_x", "translation_y"):
            job.off(why, lane)
            lanes.remove(lane)
    if flipped:
        lanes += FLIP
        job.carried("motion", "enable_perspective_flip", "flip_2d_perspective")
    for lane in lanes:
        job.lane(lane, lane)
    job.lane("fov", "fov_schedule", "fov")
    if job.on("aspect_ratio_use_old_formula"):
        size: Any = job.tables[""]["size"]
        job.put("motion.aspect", round(size[0] / size[1], 6))
        job.off("has no effect with the old formula.", "aspect_ratio_schedule")
    else:
        job.lane("aspect", "aspect_ratio_schedule")
    job.carried("motion.aspect", "aspect_ratio_use_old_formula")


def _surroundings(job: Conversion, mode: str) -> None:
    """Carry what fills the uncovered parts, how pixels are sampled, and the depth."""
    idle = f"has no effect in {mode.upper()}."
    if mode == "2d":
        put_border(job, "border")
        job.put("motion.sampling", "bilinear")  # whatever sampling_mode says
        job.off(idle, "padding_mode", "sampling_mode", "use_depth_warping", *_DEPTHS)
        return
    put_border(job, "padding_mode")
    job.off(idle, "border")
    put_sampling(job)
    flat = not job.on("use_depth_warping")
    job.put("motion.depth", "flat" if flat else "auto", "use_depth_warping")
    if flat:
        job.off(idle, *_DEPTHS)


def put_footage(job: Conversion) -> bool:
    """Write the video and which of its pictures are used. Returns whether its file lies next to the project.

    Numbers that are not allowed are left out, which uses all pictures.
    """
    path = job.file("video_init_path", job.values.get("video_init_path"))
    if path is None:
        return False
    if not is_video(path):
        job.report.note("video_init_path", "missing", "not a video file.", path)
        return False
    job.put("video.input", path, "video_init_path")
    job.put("video.end", "hold")
    names = {"extract_nth_frame": "every", "extract_from_frame": "from", "extract_to_frame": "to"}
    every, first, last = (as_number(job.values.get(name)) for name in names)
    if every is not None and 2 <= every <= 10_000:
        job.put("video.every", int(every))
    if first is not None and 1 <= first < 2**53:
        job.put("video.from", int(first))
    if last is not None and max(first or 0, 1) <= last < 2**53:
        job.put("video.to", int(last))
    for name, place in names.items():
        job.carried(f"video.{place}", name)
    remark = "The original sets max_frames to the length of the video; Reverie keeps frames as written."
    job.report.remarks.append(remark)
    return True


def carry_video(job: Conversion) -> None:
    """Carry the video of the mode Video Input, or hybrid video."""
    mode = job.word("animation_mode")
    when = _WHEN.get(job.word("hybrid_composite"), "")
    motion = _MOTIONS.get(job.word("hybrid_motion"), "")
    hybrid = mode in ("2d", "3d") and bool(when or motion)
    if not (hybrid or mode == "video input") or not put_footage(job):
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
        _video_motion(job, motion)


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


def _video_motion(job: Conversion, motion: str) -> None:
    job.switch("hybrid_motion_use_prev_img", "video.motion_from", "render")
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
