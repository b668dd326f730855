"""Parseq manifests as projects, and within Deforum's settings: Deforum's lanes with Parseq's value at every frame."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from keyframes import Clock, Problem, ProjectError

from .common import clean, put_prompts, put_rate, put_title
from .conversion import Conversion
from .parseq_frames import MOVING, PLAIN, TABLE, Frames, frames_of, rows_of
from .report import Report, as_number, is_true, plain_number
from .rewrite import AS_IT_IS, ODD, ONE_MINUS, RANDOM_BELOW_0, Change, schedule_of

_CHANGES = {
    "strength": ONE_MINUS,
    "noise": Change(times=0.24, in_range=True),  # of Deforum's perlin noise: docs/motion.md, Noise
    "antiblur_kernel": ODD,
    "antiblur_threshold": Change(times=1 / 255),
    "seed": RANDOM_BELOW_0,
}
# Deforum's names for Parseq's fields, where they are not the field's name with _schedule.
_DEFORUM_NAMES = {
    "perspective_flip_fv": "perspective_flip_fv",
    "transform_center_x": "transform_center_x",
    "transform_center_y": "transform_center_y",
    "scale": "cfg_scale_schedule",
    **{f"antiblur_{part}": f"{part}_schedule" for part in ("amount", "kernel", "sigma", "threshold")},
}
_ONLY_3D = ("translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
_ONLY_2D = ("angle", "zoom", "transform_center_x", "transform_center_y")
_LENS = ("transform_center_x", "transform_center_y", "perspective_flip_fv", "fov", "aspect_ratio")


def from_parseq(job: Conversion) -> None:
    """Fill the project from the manifest, and report on each of its parts.

    Raises ProjectError for a manifest without frames.
    """
    job.report.written_by, job.dialect = "Parseq", "reverie"
    prompts = job.values.get("prompts")
    try:
        frames = frames_of(job.values)
    except ValueError as error:
        raise ProjectError(Problem(what=f"cannot be read as a Parseq manifest: {error}.")) from error
    schedules = {column: schedule_of(numbers) for column, numbers in frames.columns.items()}
    job.values = {**_flat(job.values), **schedules, **dict.fromkeys(frames.lost)}
    for column, why in frames.lost.items():
        job.report.note(column, "missing", why)
    _frame(job, frames)
    _motion(job, frames)
    for field in PLAIN:
        if field not in _LENS:
            _plain(job, frames, field)
    if "diffusion.seed" in job.report.carried.values():
        job.put("diffusion.seed_behavior", "schedule")
    keyed = _text_changes(frames.prompts) or _prompts(prompts, frames.count, job.report)
    job.carried("prompts", "prompts")
    put_prompts(job, {frame: clean(text) for frame, text in keyed.items()}, "prompts")
    job.settle(TABLE)


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest's parts by name; those of `options` and `meta` one by one."""
    flat: dict[str, Any] = {}
    for part, value in values.items():
        if part in ("options", "meta") and isinstance(value, Mapping):
            flat |= {f"{part}.{name}": inner for name, inner in value.items()}
        else:
            flat[part] = value
    return flat


def _frame(job: Conversion, frames: Frames) -> None:
    put_title(job, "meta.docName")
    fps = put_rate(job, "options.output_fps", 20.0)
    job.put("frames", frames.count, "rendered_frames", "keyframes")
    job.put("seed", 0)
    bpm = as_number(job.values.get("options.bpm"))
    if bpm is not None and 0 < bpm <= 10_000:
        job.put("bpm", plain_number(bpm), "options.bpm")
    cadence = int(job.limited("options.cadence", low=1, high=1000, otherwise=1))
    if cadence > 1:
        job.put("diffusion.cadence", cadence)
    job.carried("diffusion.cadence", "options.cadence")
    remark = "A manifest has no size, sampler or border; the project uses Reverie's defaults."
    job.report.remarks.append(remark)
    job.clock = Clock(frames=frames.count, fps=fps, seed=0, bpm=bpm)


def _motion(job: Conversion, frames: Frames) -> None:
    """Carry the camera: differences from frame to frame, those that Parseq wrote or those of its positions."""
    steps = {field: values for field in MOVING if (values := frames.step(field)) is not None}
    space = any(steps[field][1:].any() for field in _ONLY_3D if field in steps)
    job.put("motion.mode", "3d" if space else "2d")
    moves = "moves through space, so the film is 3D" if space else "stays in the plane, so the film is 2D"
    job.report.remarks.append(f"Its camera {moves}; the manifest does not say.")
    if space:
        job.put("motion.compat", "deforum")
    idle = _ONLY_2D if space else _ONLY_3D
    why = f"has no effect in {'3D' if space else '2D'}."
    for field, values in steps.items():
        column = f"{field}_delta"
        if field in idle:
            job.report.note(column if column in job.values else field, "off", why)
        elif column in frames.columns:
            job.lane(field, column)
        else:
            job.put(f"motion.{field}", schedule_of(values), field)
    for field in _LENS:
        if field in _ONLY_2D and space and field in frames.columns:
            job.report.note(field, "off", why)
        else:
            _plain(job, frames, field)


def _plain(job: Conversion, frames: Frames, field: str) -> None:
    if field in frames.columns:
        job.lane(PLAIN[field], field, change=_CHANGES.get(field, AS_IT_IS))


def _prompts(prompts: object, count: int, report: Report) -> dict[int, str]:
    """Frame -> prompt of a manifest without rendered frames; of two at the same time, the later one."""
    if not isinstance(prompts, Mapping) or prompts.get("enabled") is False:
        return {}
    shown = _shown(prompts, count)
    if any("${" in text for _, _, text in shown):
        why = "${...} is Parseq's own language and stays in the text; import the manifest with its rendered frames."
        report.note("prompts", "changed", why)
    keyed: dict[int, str] = {}
    last = -1
    for start, stop, text in sorted(shown, key=lambda item: item[0]):
        if start <= last:
            why = "only Parseq's rendered frames mix prompts of the same time; using the later one."
            report.note("prompts", "changed", why)
        if keyed and start > last + 1:
            keyed.setdefault(last + 1, "")
        keyed[start] = text
        last = max(last, stop)
    return keyed


def _shown(prompts: Mapping[str, Any], count: int) -> list[tuple[int, int, str]]:
    """(first frame, last frame, text) of each prompt."""
    common = prompts.get("commonPrompt")
    if not isinstance(prompts.get("promptList"), list):
        return [(0, count - 1, _joined(prompts, {}))]
    found = []
    for prompt in rows_of(prompts["promptList"]):
        everywhere = prompt.get("allFrames") is True
        start = 0 if everywhere else int(as_number(prompt.get("from")) or 0)
        stop = as_number(prompt.get("to"))
        last = count - 1 if everywhere or stop is None else int(stop)
        if 0 <= start < count and start <= last:
            found.append((start, last, _joined(prompt, common if isinstance(common, Mapping) else {})))
    return found


def _joined(prompt: Mapping[str, Any], common: Mapping[str, Any]) -> str:
    """One text as in Deforum: a prompt with what all prompts share."""

    def both(side: str) -> str:
        parts = (str(part.get(side) or "").strip() for part in (prompt, common))
        return " ".join(part.replace("\n", " ") for part in parts if part)

    negative = both("negative")
    return f"{both('positive')} --neg {negative}" if negative else both("positive")


def _text_changes(texts: Sequence[str]) -> dict[int, str]:
    """Frame -> text, for each frame at which the text changes."""
    return {at: text for at, text in enumerate(texts) if at == 0 or text != texts[at - 1]}


def with_manifest(values: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """Put the manifest's schedules into the settings. Returns the settings, and the names of the manifest's fields.

    Settings without a manifest, or with its address only, are returned unchanged.
    """
    text = values.get("parseq_manifest")
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return values, []
    try:
        manifest = json.loads(text)
        frames = frames_of(manifest)
    except (ValueError, RecursionError):
        return values, []
    found: dict[str, Any] = dict(values)
    fields = []
    deltas = is_true(values.get("parseq_use_deltas", True))
    for field in (*MOVING, *PLAIN):
        numbers = frames.step(field) if field in MOVING and deltas else frames.columns.get(field)
        if numbers is not None:
            name = field if field in MOVING else _DEFORUM_NAMES.get(field, f"{field}_schedule")
            schedule = schedule_of(numbers)
            found[name] = schedule if isinstance(schedule, str) else f"0: ({schedule})"
            fields.append(field)
    if frames.prompts:
        found["prompts"] = {str(at): text for at, text in _text_changes(frames.prompts).items()}
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
