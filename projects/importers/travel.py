"""The settings of AnimateDiff's prompt travel as projects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyframes import Clock

from .common import seed_of, title_of
from .draft import Draft
from .fizz_table import TRAVEL
from .report import Report
from .samplers import OWN, our_sampler
from .settings import Given, as_number

LENGTH = 16  # of a film whose length nobody says


def is_travel(values: Mapping[str, Any]) -> bool:
    """Whether it is such a file."""
    return isinstance(values.get("prompt_map"), Mapping)


def from_travel(values: Mapping[str, Any], *, name: str, folder: Path, draft: Draft) -> Report:
    """Fill `draft` with what the settings say, and account for every one of them."""
    output = values.get("output")
    flat = {name: value for name, value in values.items() if name != "output"}
    flat |= {
        f"output.{part}": value for part, value in (output if isinstance(output, Mapping) else {}).items()
    }
    if isinstance(flat.get("seed"), list):
        flat["seed"] = (flat["seed"] or [-1])[0]
    given = Given(flat, {}, Report(source=name, written_by="AnimateDiff prompt travel"))
    draft.put("title", title_of(flat.get("name"), name))
    draft.put("fps", given.number("output.fps", otherwise=8.0))
    draft.put("seed", seed_of(given, "seed"))
    for place, setting in (("title", "name"), ("fps", "output.fps"), ("seed", "seed")):
        given.carried(place, setting)
    frames = _prompts(given, draft)
    clock = Clock(frames=frames, fps=8.0, seed=0)
    given.lane(draft, "steps", "steps", clock=clock, dialect="deforum", keep_in_range=True)
    given.lane(draft, "guidance_scale", "cfg_scale", clock=clock, dialect="deforum")
    given.lane(draft, "clip_skip", "clipskip", clock=clock, dialect="deforum", keep_in_range=True)
    _sampler(given, draft)
    if given.has("path"):
        given.report.remarks.append(f"Its checkpoint was {given.word('path')}.")
        given.carried("model", "path")
    for setting, value in flat.items():
        if isinstance(value, Mapping) and setting != "prompt_map" and not _at_work(value):
            given.report.note(setting, "off", "is switched off.")
    given.settle(TRAVEL)
    return given.report


def _at_work(part: Mapping[str, Any]) -> bool:
    """Whether a part of the settings, or something within it, is enabled; without a switch it is."""
    inner = [value for value in part.values() if isinstance(value, Mapping)]
    if "enable" in part:
        return part["enable"] is True
    return (
        any(_at_work(value) for value in inner) if any("enable" in value for value in inner) else bool(part)
    )


def _prompts(given: Given, draft: Draft) -> int:
    """Write the prompts; the number of frames."""
    keyed: dict[int, str] = {}
    for key, text in given.values["prompt_map"].items():
        at = as_number(key)
        if at is None or at < 0 or not at.is_integer() or not isinstance(text, str):
            given.report.note(f"prompt_map.{key}", "missing", "is no frame with a text.", text)
        else:
            keyed[int(at)] = text.replace("\0", " ").strip()
    keyed = dict(sorted(keyed.items())) or {0: ""}
    frames = max(LENGTH, max(keyed) + 1)
    draft.put("frames", frames)
    remark = f"The file does not say how long the film is: {frames} frames are taken. Change it: the prompts go along."
    given.report.remarks.append(remark)
    ratio = min(max(given.number("prompt_fixed_ratio", otherwise=0.5), 0.0), 1.0)
    _write(draft, keyed, ratio if given.has("prompt_fixed_ratio") else 0.0, frames)
    if min(keyed) > 0:
        why = (
            "before its first key the last prompt goes on to the first one there; here the first one is held."
        )
        given.report.note("prompt_map", "changed", why)
    for place, name in (("prefix", "head_prompt"), ("suffix", "tail_prompt")):
        if given.word(name).strip():
            draft.put(f"prompts.{place}", given.word(name).replace("\0", " ").strip())
        given.carried(f"prompts.{place}", name)
    negative = given.values.get("n_prompt")
    texts = [str(text) for text in negative] if isinstance(negative, list) else [given.word("n_prompt")]
    if texts and texts[0].strip():
        draft.put("prompts.negative", texts[0].replace("\0", " ").replace("--neg", " ").strip())
    if len(texts) > 1:
        given.report.note(
            "n_prompt", "changed", "the first negative prompt is taken: a film has one.", negative
        )
    given.carried("prompts.negative", "n_prompt")
    given.carried("prompts", "prompt_map", "prompt_fixed_ratio")
    given.report.note(
        "prompt_map", "changed", "texts are mixed in a straight line; there by default along an arc."
    )
    return frames


def _write(draft: Draft, keyed: Mapping[int, str], ratio: float, frames: int) -> None:
    """Each prompt at its key and, if it is held, once more where it begins to change; the first one after the end."""
    draft.put("prompts.blend", "linear")
    at = list(keyed)
    for frame, after in zip(at, [*at[1:], None], strict=True):
        draft.put(f"prompts.{frame}", keyed[frame])
        if after is not None:
            held = frame + int((after - frame) * ratio)
            if frame < held < after:
                draft.put(f"prompts.{held}", keyed[frame])
        elif ratio < 1 and len(at) > 1 and int((frames - frame) * ratio) > 0:
            draft.put(f"prompts.{frame} + floor({ratio:g}*(max_f + 1 - {frame}))", keyed[frame])
    if len(at) > 1 and ratio < 1 and at[0] == 0:
        draft.put("prompts.max_f + 1", keyed[at[0]])


def _sampler(given: Given, draft: Draft) -> None:
    word = given.word("scheduler")
    if not word:
        return
    found = our_sampler(word)
    if found is None:
        given.report.note(
            "scheduler", "changed", f"there is no sampler {word[:100]} here: the model's own is used."
        )
    draft.put("diffusion.sampler", found or OWN)
    given.carried("diffusion.sampler", "scheduler")
