"""Disco Diffusion's CLIP guidance as the table [clip_guidance]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..schema.cutouts import parse_cutouts
from .conversion import Conversion
from .rules import as_number

_SCALES = ("clip_guidance_scale", "tv_scale", "range_scale", "sat_scale")
_CUTS: dict[str, dict[str, Any]] = {
    "cut_overview": {"low": 0, "high": 64, "whole": True},
    "cut_innercut": {"low": 0, "high": 64, "whole": True},
    "cut_ic_pow": {"low": 0.01, "high": 100, "whole": False},
    "cut_icgray_p": {"low": 0, "high": 1, "whole": False},
}
_WITH_ITS_OWN = "sketch"


def carry_guidance(job: Conversion) -> None:
    """Carry cut-outs and clamp, and the scales if the model has a picture-text model of its own."""
    model = str(job.project.tables[""].get("model", _WITH_ITS_OWN))
    if _has_its_own(model, job.folder):
        for name in _SCALES:
            if as_number(job.get(name)) != 0:
                job.lane(name, name, keep_in_range=True)
        _init(job)
        job.put("clip_guidance.clip_guidance_end", 1)  # Disco was guided to the end
        job.report.remarks.append(
            "Besides cfg_scale, the model's own picture-text model guides each picture to its prompt."
        )
    else:
        why = (
            f"the model {model} has no picture-text model of its own. Download a CLIPModel, write model = "
            '"its folder or name" in [clip_guidance], and add this and the other scales there.'
        )
        for name in (*_SCALES, "init_scale", "frames_scale"):
            if job.has(name) and as_number(job.get(name)) != 0:
                job.missing(name, why)
    if job.on("clamp_grad"):
        job.lane("clamp_max", "clamp_max", keep_in_range=True)
    else:
        job.put("clip_guidance.clamp_max", 100)  # no limit
    job.carried("clip_guidance.clamp_max", "clamp_grad", "clamp_max")
    job.lane("cutn_batches", "cutn_batches", keep_in_range=True)
    for name, allowed in _CUTS.items():
        _cuts(job, name, allowed)
    if job.on("skip_augs"):
        job.put("clip_guidance.skip_augs", True)
    job.carried("clip_guidance.skip_augs", "skip_augs")


def _has_its_own(model: str, folder: Path) -> bool:
    """Whether a model has a picture-text model: the built-in one does, a folder may."""
    try:
        return model == _WITH_ITS_OWN or (folder / model / "picture_text" / "config.json").is_file()
    except (OSError, ValueError):
        return False


def _init(job: Conversion) -> None:
    """Carry the pull towards the moved frame, and at frame 0 towards the init image."""
    names = ["frames_scale"]
    first = later = job.limited("frames_scale", low=0.0, high=1e7, otherwise=1500.0)
    if "init_image" in job.project.tables[""]:
        first = job.limited("init_scale", low=0.0, high=1e7, otherwise=1000.0)
        names.append("init_scale")
    if first or later:
        lane = later if first == later else f"0: ({first:g}) hold, 1: ({later:g})"
        job.put("clip_guidance.init_scale", lane)
    job.carried("clip_guidance.init_scale", *names)


def _cuts(job: Conversion, name: str, allowed: dict[str, Any]) -> None:
    """Carry a list over the noise levels, or the number that older versions have."""
    value = job.get(name)
    number = as_number(value)
    given: float | str | None = number
    if isinstance(value, str) and "[" in value:
        given = value[:10_000]
    elif number is not None and allowed["whole"] and number.is_integer():
        given = int(number)
    try:
        if given is None:
            raise ValueError("neither a number nor a list")
        parse_cutouts(given, **allowed)
    except ValueError as error:
        job.report.note(name, "missing", f"{error}.", value)
        return
    job.put(f"clip_guidance.{name}", value.strip() if isinstance(given, str) else given, name)
