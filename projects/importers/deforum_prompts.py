"""Deforum's prompts, with the positive and negative texts that are added to each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from keyframes.errors import quoted

from .common import clean, put_prompts
from .conversion import Conversion

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
