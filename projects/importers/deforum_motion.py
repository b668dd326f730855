"""Deforum's camera as a [motion] table, whose lanes have Deforum's names, units and signs."""

from __future__ import annotations

from typing import Any

from ..lanes import FLIP, STEPS
from .common import BORDERS, SAMPLING
from .conversion import Conversion

_LANES = ("angle", "zoom", "transform_center_x", "transform_center_y", *STEPS)
_DEPTHS = ("depth_algorithm", "use_zoe_depth")


def carry_motion(job: Conversion) -> None:
    """Carry mode, borders, depth and all lanes of the camera."""
    mode = job.word("animation_mode")
    if mode not in ("2d", "3d"):
        if not job.tables["video"]:
            why = "Reverie has only 2D, 3D, and Video Input with its video; the camera stands still."
            job.report.note("animation_mode", "missing", why, job.text("animation_mode").strip())
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
    name = "border" if mode == "2d" else "padding_mode"
    border = job.choice(name, BORDERS, "replicate", "Reverie has no such border; using replicate.")
    job.put("motion.border", border, name)
    if mode == "2d":
        job.put("motion.sampling", "bilinear")  # whatever sampling_mode says
        job.off(_idle(mode), "padding_mode", "sampling_mode", "use_depth_warping", *_DEPTHS)
        return
    job.off(_idle(mode), "border")
    sampling = job.choice(
        "sampling_mode", SAMPLING, "bilinear", "Reverie has no such sampling; using bilinear."
    )
    job.put("motion.sampling", sampling, "sampling_mode")
    flat = not job.on("use_depth_warping")
    job.put("motion.depth", "flat" if flat else "auto", "use_depth_warping")
    if flat:
        job.off(_idle(mode), *_DEPTHS)


def _idle(mode: str) -> str:
    return f"has no effect in {mode.upper()}."
