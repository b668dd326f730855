"""Disco Diffusion's guidance by CLIP, as the table [clip_guidance]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keyframes import Clock

from ..schema.cutouts import parse_by_noise
from .draft import Draft
from .settings import Given, as_number

_SCALES = ("clip_guidance_scale", "tv_scale", "range_scale", "sat_scale")
_CUTS: dict[str, dict[str, Any]] = {
    "cut_overview": {"low": 0, "high": 64, "whole": True},
    "cut_innercut": {"low": 0, "high": 64, "whole": True},
    "cut_ic_pow": {"low": 0.01, "high": 100, "whole": False},
    "cut_icgray_p": {"low": 0, "high": 1, "whole": False},
}
_WITH_ITS_OWN = "sketch"
_HOW = (
    'the model {model} has no picture-text model of its own. Fetch a CLIPModel, write model = "its folder or name" in '
    "[clip_guidance], and this with the other scales."
)


def carry_guidance(given: Given, draft: Draft, clock: Clock, folder: Path) -> None:
    """Carry the scales, the cut-outs and the clamp over; the scales only for a model that has a picture-text model."""
    model = str(draft.tables[""].get("model", _WITH_ITS_OWN))
    common: dict[str, Any] = {"clock": clock, "dialect": "disco", "keep_in_range": True}
    if _has_its_own(model, folder):
        for name in _SCALES:
            if as_number(given.get(name)) != 0:
                given.lane(draft, name, name, **common)
        _init(given, draft)
        draft.put("clip_guidance.clip_guidance_end", 1)  # Disco was guided to the end
        given.report.remarks.append(
            "The picture is pulled to its prompt by the model's own picture-text model, besides its cfg_scale."
        )
    else:
        for name in (*_SCALES, "init_scale", "frames_scale"):
            if given.has(name) and as_number(given.get(name)) != 0:
                given.report.note(name, "missing", _HOW.format(model=model), given.values[name])
    _clamp(given, draft, common)
    given.lane(draft, "cutn_batches", "cutn_batches", **common)
    for name, allowed in _CUTS.items():
        _cuts(given, draft, name, allowed)
    if given.truth("skip_augs"):
        draft.put("clip_guidance.skip_augs", True)
    given.carried("clip_guidance.skip_augs", "skip_augs")


def _has_its_own(model: str, folder: Path) -> bool:
    """Whether a model brings a picture-text model along: the built-in one does, a folder may."""
    try:
        return model == _WITH_ITS_OWN or (folder / model / "picture_text" / "config.json").is_file()
    except (OSError, ValueError):
        return False


def _init(given: Given, draft: Draft) -> None:
    """The pull towards the moved frame; at frame 0 that towards the init image."""
    later = _scale(given, "frames_scale", 1500.0)
    first = _scale(given, "init_scale", 1000.0) if "init_image" in draft.tables[""] else later
    if first or later:
        lane = later if first == later else f"0: ({first:g}) hold, 1: ({later:g})"
        draft.put("clip_guidance.init_scale", lane)
    given.carried("clip_guidance.init_scale", "frames_scale")
    if "init_image" in draft.tables[""]:
        given.carried("clip_guidance.init_scale", "init_scale")


def _scale(given: Given, name: str, otherwise: float) -> float:
    return min(max(given.number(name, otherwise=otherwise), 0.0), 1e7)


def _clamp(given: Given, draft: Draft, common: dict[str, Any]) -> None:
    """The limit of the pull; without clamp_grad there is none."""
    if given.truth("clamp_grad"):
        given.lane(draft, "clamp_max", "clamp_max", **common)
    else:
        draft.put("clip_guidance.clamp_max", 100)
    given.carried("clip_guidance.clamp_max", "clamp_grad", "clamp_max")


def _cuts(given: Given, draft: Draft, name: str, allowed: dict[str, Any]) -> None:
    """A list over the noise levels, or the plain number of older versions."""
    value = given.get(name)
    number = as_number(value)
    read = int(number) if number is not None and allowed["whole"] and number.is_integer() else number
    try:
        if isinstance(value, str) and "[" in value:
            read = None
            parse_by_noise(value[:10_000], **allowed)
        elif read is None:
            raise ValueError("it is neither a number nor a list")
        else:
            parse_by_noise(read, **allowed)
    except ValueError as error:
        given.report.note(name, "missing", f"{error}.", value)
        return
    draft.put(f"clip_guidance.{name}", value.strip() if read is None else read)
    given.carried(f"clip_guidance.{name}", name)
