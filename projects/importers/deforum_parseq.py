"""A Parseq manifest within Deforum's settings: it leads the lanes that it has, as it did there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from .parseq_frames import Frames, delta, frames_of
from .parseq_table import MOVING, PLAIN
from .runs import schedule_of
from .settings import as_number, is_true

# Deforum's own names for what a manifest leads.
_NAMES = {
    "perspective_flip_fv": "perspective_flip_fv",
    "transform_center_x": "transform_center_x",
    "transform_center_y": "transform_center_y",
    "scale": "cfg_scale_schedule",
    **{f"antiblur_{part}": f"{part}_schedule" for part in ("amount", "kernel", "sigma", "threshold")},
}


def with_manifest(values: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """The settings with the manifest's schedules put in, and the names of the fields that these are.

    The settings come back as they are if they hold no manifest, or only its address.
    """
    manifest = _manifest(values.get("parseq_manifest"))
    if manifest is None:
        return values, []
    try:
        frames = frames_of(manifest)
    except ValueError:
        return values, []
    found: dict[str, Any] = dict(values)
    led = _lanes(found, frames, deltas=is_true(values.get("parseq_use_deltas", True)))
    if frames.prompts:
        found["prompts"] = _keyed(frames.prompts)
        found.pop("animation_prompts", None)
        led.append("prompts")
    if is_true(values.get("parseq_non_schedule_overrides", True)):
        found["max_frames"] = frames.count
        options = manifest.get("options")
        for name, key in (("output_fps", "fps"), ("cadence", "diffusion_cadence")):
            number = as_number(options.get(name)) if isinstance(options, Mapping) else None
            if number:
                found[key] = number
    return found, led


def _manifest(value: object) -> Mapping[str, Any] | None:
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    try:
        manifest = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) else None


def _lanes(found: dict[str, Any], frames: Frames, *, deltas: bool) -> list[str]:
    """Put the schedules in; the fields that were."""
    led = []
    for field in (*MOVING, *PLAIN):
        values = frames.columns.get(field)
        if field in MOVING and deltas:
            step = frames.columns.get(f"{field}_delta")
            values = step if step is not None else None if values is None else delta(field, values)
        if values is None:
            continue
        name = field if field in MOVING else _NAMES.get(field, f"{field}_schedule")
        found[name] = f"0: ({given})" if isinstance(given := schedule_of(values), int | float) else given
        led.append(field)
    return led


def _keyed(texts: list[str]) -> dict[str, str]:
    keyed, at = {}, 0
    for text, run in groupby(texts):
        keyed[str(at)] = text
        at += len(list(run))
    return keyed
