"""Deforum's prompts, with the texts that are added to each; its guide images, mask and colour picture."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping

from keyframes.errors import quoted

from .common import clean, put_prompts
from .conversion import Conversion
from .rewrite import IN_RANGE, ONE_MINUS

_MAX_GUIDES = 1000
_GUIDE_LANES = {
    "blendFactorMax": "guide_max",
    "blendFactorSlope": "guide_slope",
    "tweening_frames_schedule": "guide_tween",
    "color_correction_factor": "guide_color",
}
_LIKE_A_MODEL = re.compile(r"<(?:lora|lyco|hypernet):[^<>]{1,200}>")
_EDITED = re.compile(r"\[[^\[\]]{0,500}[:|][^\[\]]{0,500}\]|\bBREAK\b")
_SEVERAL = re.compile(r"\bAND\b")
_WEIGHTED = re.compile(r":\s*-?(?:\d|`)")


def carry_prompts(job: Conversion, notebook: bool) -> None:
    """Carry the prompts at their keys, with what is added before and after each."""
    name = "animation_prompts" if isinstance(job.values.get("animation_prompts"), Mapping) else "prompts"
    keyed = _keyed(job, name)
    if isinstance(job.values.get("prompts"), list) and name != "prompts":
        job.report.note("prompts", "off", "prompts for stills.", None)
    negatives = _keyed(job, "neg_prompts")
    if negatives:
        keyed = _with_negatives(keyed, negatives)
    keyed = _surrounded(job, keyed)
    put_prompts(job, keyed, name)
    job.carried("prompts", name, "neg_prompts")
    _warn(job, name, " ".join(keyed.values()), notebook)


def _keyed(job: Conversion, name: str) -> dict[int, str]:
    """Frame -> prompt. Keys may be expressions; of two for the same frame the later one wins."""
    source = job.values.get(name)
    if isinstance(source, list):
        source = dict(enumerate(source))
    if isinstance(source, str):
        source = {"0": source}
    found: dict[int, str] = {}
    for key, text in (source if isinstance(source, Mapping) else {}).items():
        frame = job.position(f"{name}.{key}", str(key), text)
        if frame is None:
            continue
        if frame < 0 or not isinstance(text, str):
            why = "a key before frame 0." if frame < 0 else "not a text."
            job.report.note(f"{name}.{key}", "missing", why, text)
            continue
        found[frame] = clean(text)
    return dict(sorted(found.items()))


def _with_negatives(keyed: dict[int, str], negatives: dict[int, str]) -> dict[int, str]:
    """Prompts and negatives joined, at the keys of both; each holds until its own next key."""

    def at(frame: int, source: dict[int, str]) -> str:
        keys = list(source)
        return source[keys[max(bisect_right(keys, frame) - 1, 0)]] if keys else ""

    frames = sorted({*keyed, *negatives})
    return {frame: f"{at(frame, keyed)} --neg {at(frame, negatives)}" for frame in frames}


def _surrounded(job: Conversion, keyed: dict[int, str]) -> dict[int, str]:
    """Put the added texts into [prompts] if that means the same, else into every prompt."""
    before = clean(job.text("animation_prompts_positive"))
    after = clean(job.text("animation_prompts_negative").replace("--neg", ""))
    job.carried("prompts.prefix", "animation_prompts_positive")
    job.carried("prompts.negative", "animation_prompts_negative")
    if "--neg" in before or any(_SEVERAL.search(text) for text in keyed.values()):
        return {
            frame: f"{before} {text} {'' if '--neg' in f'{before}{text}' else '--neg'} {after}".strip()
            for frame, text in keyed.items()
        }
    for place, text in (("prefix", before), ("negative", after)):
        if text:
            job.put(f"prompts.{place}", text)
    return keyed


def _warn(job: Conversion, name: str, text: str, notebook: bool) -> None:
    """Note what Reverie reads differently in the prompts."""
    boxes = f"{text} {job.text('animation_prompts_positive')} {job.text('animation_prompts_negative')}"
    models = list(dict.fromkeys(_LIKE_A_MODEL.findall(boxes)))
    if models:
        why = f"{quoted(', '.join(models), 100)} stays as text; to use it, write [lora.NAME] with its path and weight."
        job.report.note(name, "changed", why)
    if _EDITED.search(boxes):
        why = "Reverie reads BREAK and prompts that change during the steps ([a:b:0.5], [a|b]) as plain text."
        job.report.note(name, "changed", why)
    if notebook and _WEIGHTED.search(text):
        why = "Reverie reads weights only between parts joined by AND; write (a) :0.7 AND (b) :0.3."
        job.report.note(name, "changed", why)


def carry_guides(job: Conversion) -> None:
    """Carry guides, mask and colour picture whose files lie next to the project."""
    if job.on("use_looper"):
        _guides(job)
    if job.on("use_mask"):
        _mask(job)
    if job.word("color_coherence") == "image":
        path = job.file("color_coherence_image_path", job.get("color_coherence_image_path"))
        if path is not None:
            job.put("coherence.color_match", "lab")
            job.put("coherence.color_method", "histogram")
            job.put("coherence.color_from", path, "color_coherence_image_path")


def _guides(job: Conversion) -> None:
    """Carry the images by their keys; without any, the schedules have no effect."""
    images = job.get("init_images")
    if isinstance(images, str):
        try:
            images = json.loads(images[:1_000_000])
        except (ValueError, RecursionError):
            images = None
    if not isinstance(images, dict):
        job.report.note("init_images", "missing", 'not a JSON object such as {"0": "start.png"}.', images)
        return
    for key, value in list(images.items())[:_MAX_GUIDES]:
        frame = job.position("init_images", str(key).strip(), key)
        path = None if frame is None else job.file("init_images", value)
        if frame is not None and path is not None:
            job.put(f"guide.{max(frame, 0)}", path)
    if not job.tables["guide"]:
        return
    job.carried("guide", "use_looper", "init_images")
    for name, lane in _GUIDE_LANES.items():
        job.lane(lane, name, change=IN_RANGE)
    job.lane("strength", "image_strength_schedule", change=ONE_MINUS)


def _mask(job: Conversion) -> None:
    path = job.file("mask_file", job.get("mask_file"))
    if path is None:
        return
    job.put("masks.painted", path)
    mask = "!painted" if job.on("invert_mask") else "painted"
    job.put("coherence.mask", mask, "use_mask", "mask_file", "invert_mask")
    feather = int(job.limited("mask_overlay_blur", low=0, high=64, otherwise=4))
    job.put("coherence.mask_feather", feather, "mask_overlay_blur")
