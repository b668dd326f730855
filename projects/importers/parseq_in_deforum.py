"""A Parseq manifest within Deforum's settings, which sets the lanes that it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .parseq_frames import Frames, frames_of
from .parseq_table import MOVING, PLAIN
from .rules import as_number, is_true
from .runs_to_keys import schedule_of, text_changes

# Deforum's names for Parseq's fields, where they are not the field's name with _schedule.
_NAMES = {
    "perspective_flip_fv": "perspective_flip_fv",
    "transform_center_x": "transform_center_x",
    "transform_center_y": "transform_center_y",
    "scale": "cfg_scale_schedule",
    **{f"antiblur_{part}": f"{part}_schedule" for part in ("amount", "kernel", "sigma", "threshold")},
}


def with_manifest(values: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """Put the manifest's schedules into the settings. Returns the settings, and the names of the manifest's fields.

    Settings without a manifest, or with its address only, are returned unchanged.
    """
    manifest = _manifest(values.get("parseq_manifest"))
    if manifest is None:
        return values, []
    try:
        frames = frames_of(manifest)
    except ValueError:
        return values, []
    found: dict[str, Any] = dict(values)
    fields = _lanes(found, frames, deltas=is_true(values.get("parseq_use_deltas", True)))
    if frames.prompts:
        found["prompts"] = {str(at): text for at, text in text_changes(frames.prompts).items()}
        found.pop("animation_prompts", None)
        fields.append("prompts")
    if is_true(values.get("parseq_non_schedule_overrides", True)):
        found["max_frames"] = frames.count
        options = manifest.get("options")
        for name, key in (("output_fps", "fps"), ("cadence", "diffusion_cadence")):
            number = as_number(options.get(name)) if isinstance(options, Mapping) else None
            if number:
                found[key] = number
    return found, fields


def _manifest(value: object) -> Mapping[str, Any] | None:
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    try:
        manifest = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) else None


def _lanes(found: dict[str, Any], frames: Frames, *, deltas: bool) -> list[str]:
    """Put the schedules in. Returns the names of their fields."""
    names = []
    for field in (*MOVING, *PLAIN):
        values = frames.step(field) if field in MOVING and deltas else frames.columns.get(field)
        if values is None:
            continue
        name = field if field in MOVING else _NAMES.get(field, f"{field}_schedule")
        schedule = schedule_of(values)
        found[name] = schedule if isinstance(schedule, str) else f"0: ({schedule})"
        names.append(field)
    return names
