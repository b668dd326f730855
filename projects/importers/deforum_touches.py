"""Deforum's guided images, masks and colour picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from keyframes import Clock, ScheduleError, parse_position

from .common import file_of
from .draft import Draft
from .settings import Given

_GUIDE_LANES = {
    "blendFactorMax": "guide_max",
    "blendFactorSlope": "guide_slope",
    "tweening_frames_schedule": "guide_tween",
    "color_correction_factor": "guide_color",
}
MAX_GUIDES = 1000


def carry_touches(given: Given, draft: Draft, clock: Clock, folder: Path) -> None:
    """Put the files that lie beside the project, and their schedules, into the draft."""
    if given.truth("use_looper"):
        _guides(given, draft, clock, folder)
    if given.truth("use_mask"):
        _mask(given, draft, folder)
    if given.word("color_coherence").strip().upper() == "IMAGE":
        path = file_of(given, "color_coherence_image_path", given.get("color_coherence_image_path"), folder)
        if path is not None:
            draft.put("coherence.color_match", "lab")
            draft.put("coherence.color_method", "histogram")
            draft.put("coherence.color_from", path)
            given.carried("coherence.color_from", "color_coherence_image_path")


def _guides(given: Given, draft: Draft, clock: Clock, folder: Path) -> None:
    """The images by their keys; without any of them there is nothing for the schedules to do."""
    found = 0
    for key, value in list(_images(given).items())[:MAX_GUIDES]:
        try:
            frame = int(parse_position(str(key).strip(), clock=clock, dialect="deforum"))
        except ScheduleError as error:
            given.report.note("init_images", "missing", f"this key is not right. {error.problems[0]}", key)
            continue
        path = file_of(given, "init_images", value, folder)
        if path is not None:
            draft.put(f"guide.{max(frame, 0)}", path)
            found += 1
    if not found:
        return
    given.carried("guide", "use_looper", "init_images")
    for name, lane in _GUIDE_LANES.items():
        given.lane(draft, name, lane, clock=clock, dialect="deforum", keep_in_range=True)
    turned: dict[str, Any] = {"times": -1.0, "plus": 1.0, "keep_in_range": True}
    given.lane(draft, "image_strength_schedule", "strength", clock=clock, dialect="deforum", **turned)


def _images(given: Given) -> dict[str, Any]:
    value = given.get("init_images")
    if isinstance(value, str):
        try:
            value = json.loads(value[:1_000_000])
        except (ValueError, RecursionError):
            value = None
    if isinstance(value, dict):
        return value
    given.report.note("init_images", "missing", 'is no JSON object such as {"0": "start.png"}.', value)
    return {}


def _mask(given: Given, draft: Draft, folder: Path) -> None:
    path = file_of(given, "mask_file", given.get("mask_file"), folder)
    if path is None:
        return
    draft.put("masks.painted", path)
    draft.put("coherence.mask", "!painted" if given.truth("invert_mask") else "painted")
    draft.put("coherence.mask_feather", int(min(max(given.number("mask_overlay_blur", otherwise=4), 0), 64)))
    given.carried("coherence.mask", "use_mask", "mask_file", "invert_mask")
    given.carried("coherence.mask_feather", "mask_overlay_blur")
