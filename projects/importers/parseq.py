"""Parseq's manifests as projects: every field at every frame as Parseq has it, in Deforum's lanes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from keyframes import Clock, Problem, ProjectError

from .common import title_of
from .draft import Draft
from .parseq_frames import Frames, delta, frames_of
from .parseq_prompts import prompts_of
from .parseq_table import MOVING, PLAIN, TABLE
from .report import Report
from .runs import Numbers, schedule_of
from .settings import Given, as_number

_GRAIN = 0.24  # of Deforum's perlin noise: docs/motion.md, Noise
_ODD = "2*floor(trunc({x})/2) + 1"
_RANDOM_BELOW_0 = "where(trunc({x}) < 0, floor(4294967296*rand()), {x})"
_HOW: dict[str, dict[str, Any]] = {
    "strength": {"times": -1.0, "plus": 1.0, "keep_in_range": True},
    "noise": {"times": _GRAIN, "keep_in_range": True},
    "antiblur_kernel": {"shape": _ODD},
    "antiblur_threshold": {"times": 1 / 255},
    "seed": {"shape": _RANDOM_BELOW_0},
}
_ONLY_3D = ("translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
_ONLY_2D = ("angle", "zoom", "transform_center_x", "transform_center_y")
_STILL = {"zoom": 1.0}


def is_manifest(values: Mapping[str, Any]) -> bool:
    """Whether Parseq wrote it."""
    framed = any(isinstance(values.get(name), list) for name in ("rendered_frames", "keyframes"))
    return framed and isinstance(values.get("options"), Mapping)


def from_parseq(values: Mapping[str, Any], *, name: str, folder: Path, draft: Draft) -> Report:
    """Fill `draft` with what the manifest says, and account for every part of it.

    Raises ProjectError for a manifest without frames.
    """
    try:
        frames = frames_of(values)
    except ValueError as error:
        raise ProjectError(
            Problem(what=f"is no Parseq manifest that can be read: {error}.", file=name)
        ) from error
    schedules = {column: schedule_of(numbers) for column, numbers in frames.columns.items()}
    flat = {**_flat(values), **schedules, **dict.fromkeys(frames.lost)}
    given = Given(flat, {}, Report(source=name, written_by="Parseq"))
    for column, why in frames.lost.items():
        given.report.note(column, "missing", why)
    clock = _frame(given, draft, frames, name)
    _motion(given, draft, frames, clock)
    for field in ("strength", "scale", "steps", "seed", "subseed", "subseed_strength", "noise", "contrast"):
        _plain(given, draft, frames, field, clock)
    for field in ("amount", "kernel", "sigma", "threshold"):
        _plain(given, draft, frames, f"antiblur_{field}", clock)
    if "diffusion.seed" in given.report.carried.values():
        draft.put("diffusion.seed_behavior", "schedule")
    _prompts(given, draft, values, frames)
    given.settle(TABLE)
    return given.report


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest's parts by name; those of `options` and `meta` one by one."""
    flat: dict[str, Any] = {}
    for part, value in values.items():
        if part in ("options", "meta") and isinstance(value, Mapping):
            flat |= {f"{part}.{name}": inner for name, inner in value.items()}
        else:
            flat[part] = value
    return flat


def _frame(given: Given, draft: Draft, frames: Frames, name: str) -> Clock:
    draft.put("title", title_of(given.values.get("meta.docName"), name))
    fps = given.number("options.output_fps", otherwise=20.0)
    if not 0 < fps <= 240:
        given.report.note("options.output_fps", "missing", "allowed: above 0, up to 240; 20 is taken.", fps)
        fps = 20.0
    draft.put("fps", int(fps) if fps.is_integer() else fps)
    draft.put("frames", frames.count)
    draft.put("seed", 0)
    bpm = as_number(given.values.get("options.bpm"))
    if bpm is not None and 0 < bpm <= 10_000:
        draft.put("bpm", int(bpm) if bpm.is_integer() else bpm)
        given.carried("bpm", "options.bpm")
    cadence = int(min(max(given.number("options.cadence", otherwise=1), 1), 1000))
    if cadence > 1:
        draft.put("diffusion.cadence", cadence)
    given.carried("diffusion.cadence", "options.cadence")
    given.carried("title", "meta.docName")
    given.carried("fps", "options.output_fps")
    given.carried("frames", "rendered_frames", "keyframes")
    remark = "A manifest holds no size, no sampler and no border: those are this program's own."
    given.report.remarks.append(remark)
    return Clock(frames=frames.count, fps=fps, seed=0, bpm=bpm)


def _motion(given: Given, draft: Draft, frames: Frames, clock: Clock) -> None:
    """The camera. Positions become what is done from frame to frame; the differences that Parseq wrote win."""
    steps: dict[str, Numbers] = {}
    for field in MOVING:
        if f"{field}_delta" in frames.columns:
            steps[field] = frames.columns[f"{field}_delta"]
        elif field in frames.columns:
            steps[field] = delta(field, frames.columns[field])
    space = any(_moves(field, steps[field]) for field in _ONLY_3D if field in steps)
    draft.put("motion.mode", "3d" if space else "2d")
    told = "moves through space: a 3D film" if space else "does not move through space: a 2D film"
    given.report.remarks.append(f"Its camera {told}. The manifest itself does not say.")
    if space:
        draft.put("motion.compat", "deforum")
    for field, values in steps.items():
        column = f"{field}_delta"
        if field in (_ONLY_2D if space else _ONLY_3D):
            told_of = column if column in given.values else field
            given.report.note(told_of, "off", f"has no effect in this film ({'3D' if space else '2D'}).")
            continue
        if column in frames.columns:
            given.lane(draft, column, field, clock=clock, dialect="reverie")
            continue
        draft.put(f"motion.{field}", schedule_of(values))
        given.carried(f"motion.{field}", field)
    for field in ("transform_center_x", "transform_center_y", "perspective_flip_fv", "fov", "aspect_ratio"):
        if field in _ONLY_2D and space and field in frames.columns:
            given.report.note(field, "off", "has no effect in this film (3D).")
        else:
            _plain(given, draft, frames, field, clock)


def _moves(field: str, values: Numbers) -> bool:
    return bool(np.any(values[1:] != _STILL.get(field, 0.0)))


def _plain(given: Given, draft: Draft, frames: Frames, field: str, clock: Clock) -> None:
    if field not in frames.columns:
        return
    lane = PLAIN[field]
    how = dict(_HOW.get(lane, {}))
    values = frames.columns[field]
    if lane == "seed" and (values >= 0).all():
        how = {}
    if lane == "antiblur_kernel" and (np.trunc(values) % 2 == 1).all():
        how = {}
    given.lane(draft, field, lane, clock=clock, dialect="reverie", **how)


def _prompts(given: Given, draft: Draft, values: Mapping[str, Any], frames: Frames) -> None:
    texts = frames.prompts
    if texts:
        keyed = {at: text for at, text in _changes(texts)}
        given.carried("prompts", "prompts")
    else:
        keyed = prompts_of(values.get("prompts"), frames.count, given.report)
        given.carried("prompts", "prompts")
    for at, text in keyed.items():
        draft.put(f"prompts.{at}", text.replace("\0", " ").strip())
    if not keyed:
        draft.put("prompts.0", "")
        given.report.note("prompts", "missing", "there is no prompt: the project has an empty one.")


def _changes(texts: list[str]) -> list[tuple[int, str]]:
    """The frames at which the text changes, with the text from there on."""
    found, at = [], 0
    for text, run in groupby(texts):
        found.append((at, text))
        at += len(list(run))
    return found
