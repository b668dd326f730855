"""Deforum's camera as a [motion] table: its lanes have Deforum's names, units and signs."""

from __future__ import annotations

from typing import Any

from keyframes import Clock

from ..lanes import STEPS
from .draft import Draft
from .settings import Given

_BORDERS = {"replicate": "replicate", "wrap": "wrap", "border": "replicate", "reflection": "reflect"}
_LANES = (
    "angle",
    "zoom",
    "transform_center_x",
    "transform_center_y",
    *STEPS,
)
_FLIP = (
    "perspective_flip_theta",
    "perspective_flip_phi",
    "perspective_flip_gamma",
    "perspective_flip_fv",
)


def carry_motion(given: Given, draft: Draft, clock: Clock) -> None:
    """Carry mode, borders, depth and all lanes of the camera."""
    named = given.word("animation_mode").strip()
    mode = named.lower()
    if mode not in ("2d", "3d"):
        if not draft.tables["video"]:
            why = "only 2D and 3D are here yet, and video input with its video: the camera stands still."
            given.report.note("animation_mode", "missing", why, named)
        draft.put("motion.mode", "2d")
        return
    draft.put("motion.mode", mode)
    given.carried("motion.mode", "animation_mode")
    flipped = given.truth("enable_perspective_flip", "flip_2d_perspective")
    if mode == "3d" or flipped:
        draft.put("motion.compat", "deforum")
    _surroundings(given, draft, mode)
    common: dict[str, Any] = {"clock": clock, "dialect": "deforum"}
    for lane in _LANES:
        if mode == "2d" and flipped and lane in ("translation_x", "translation_y"):
            if given.has(lane):
                why = "had no effect in 2D while the perspective flip was on; here it would have one."
                given.report.note(lane, "off", why, given.values[lane])
            continue
        given.lane(draft, lane, lane, **common)
    if flipped:
        for lane in _FLIP:
            given.lane(draft, lane, lane, **common)
        given.carried("motion", "enable_perspective_flip", "flip_2d_perspective")
    given.lane(draft, "fov_schedule", "fov", "fov", **common)
    _aspect(given, draft, common)


def _surroundings(given: Given, draft: Draft, mode: str) -> None:
    """What fills the uncovered parts, how pixels are read, and where depth comes from."""
    name = "border" if mode == "2d" else "padding_mode"
    border = given.word(name).strip().lower()
    if border in _BORDERS:
        draft.put("motion.border", _BORDERS[border])
    else:
        given.report.note(name, "missing", "this border is not here yet: replicate is taken.", border)
        draft.put("motion.border", "replicate")
    given.carried("motion.border", name)
    if mode == "2d":
        draft.put("motion.sampling", "bilinear")  # whatever sampling_mode says
        _idle(
            given,
            mode,
            "padding_mode",
            "sampling_mode",
            "use_depth_warping",
            "depth_algorithm",
            "use_zoe_depth",
        )
        return
    _idle(given, mode, "border")
    sampling = given.word("sampling_mode").strip().lower()
    if sampling not in ("bicubic", "bilinear"):
        given.report.note("sampling_mode", "missing", "is not here: bilinear is taken.", sampling)
        sampling = "bilinear"
    draft.put("motion.sampling", sampling)
    given.carried("motion.sampling", "sampling_mode")
    flat = not given.truth("use_depth_warping")
    draft.put("motion.depth", "flat" if flat else "auto")
    given.carried("motion.depth", "use_depth_warping")
    if flat:
        _idle(given, mode, "depth_algorithm", "use_zoe_depth")


def _idle(given: Given, mode: str, *names: str) -> None:
    for name in names:
        if given.has(name):
            given.report.note(
                name, "off", f"has no effect in this film ({mode.upper()}).", given.values[name]
            )


def _aspect(given: Given, draft: Draft, common: dict[str, Any]) -> None:
    if given.truth("aspect_ratio_use_old_formula"):
        size: Any = draft.tables[""]["size"]
        draft.put("motion.aspect", round(size[0] / size[1], 6))
        given.carried("motion.aspect", "aspect_ratio_use_old_formula")
        _idle(given, "old formula", "aspect_ratio_schedule")
        return
    given.lane(draft, "aspect_ratio_schedule", "aspect", **common)
    given.carried("motion.aspect", "aspect_ratio_use_old_formula")
