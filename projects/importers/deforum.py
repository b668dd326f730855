"""Deforum's settings files, those of every version since November 2022 and the notebook's, as projects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyframes import Clock, ProjectError

from .cadence import carry_cadence
from .common import init_image_of, seed_of, title_of, whole
from .deforum_control import carry_controls
from .deforum_eras import defaults_of, era_of, is_notebook
from .deforum_film import carry_film
from .deforum_motion import carry_motion
from .deforum_parseq import with_manifest
from .deforum_prompts import carry_prompts
from .deforum_table import TABLE
from .deforum_touches import carry_touches
from .draft import Draft
from .report import Report
from .rewrite import rewritten
from .samplers import OWN, our_sampler
from .settings import SPECS, Given, as_number, is_true
from .video import carry_deforum_video

RANDOM_BELOW_0 = "where(trunc({x}) < 0, floor(4294967296*rand()), {x})"
ODD = "2*floor(trunc({x})/2) + 1"
_GRAIN = {"perlin": 0.24, "uniform": 0.36}  # docs/motion.md, Noise
_GRAIN_OF_NOTEBOOK = 0.5  # added to pictures from -1 to 1, without greying
_SEEDS = ("iter", "fixed", "random", "ladder", "alternate")
_COUNTED = {  # by the number t of the painted frame
    "iter": "s + floor((t + {before})/{every})",
    "ladder": "s + floor(t/2) + 2*(t % 2)",
    "alternate": "s + t % 2",
}


def from_deforum(values: Mapping[str, Any], *, name: str, folder: Path, draft: Draft) -> Report:
    """Fill `draft` with what the settings say, and account for every one of them.

    folder: where the project will stand, and its init image with it.
    """
    values, led = with_manifest(values)
    notebook, era = is_notebook(values), era_of(values)
    by = "Deforum's notebook" if notebook else f"Deforum ({era} or later)"
    given = Given(values, defaults_of(era), Report(source=name, written_by=by))
    clock = _frame(given, draft, notebook, folder, name)
    mode = given.word("animation_mode").strip().lower()
    carry_deforum_video(given, draft, clock, mode, folder)
    carry_motion(given, draft, clock)
    _diffusion(given, draft, clock)
    _seeds(given, draft, clock, carry_cadence(given, draft, clock))
    _coherence(given, draft, clock, notebook)
    carry_film(given, draft, folder)
    carry_touches(given, draft, clock, folder)
    carry_controls(given, draft, clock, folder)
    carry_prompts(given, draft, clock, notebook)
    if given.has("sd_model_name"):
        given.report.remarks.append(f"Its checkpoint was {given.word('sd_model_name')}.")
        given.carried("model", "sd_model_name")
    if led:
        given.report.remarks.append(f"Its Parseq manifest leads {', '.join(led)}.")
        given.carried("the lanes that it leads", "parseq_manifest", "parseq_use_deltas")
        given.carried("fps, frames", "parseq_non_schedule_overrides")
    given.settle(TABLE)
    return given.report


def _frame(given: Given, draft: Draft, notebook: bool, folder: Path, name: str) -> Clock:
    """Title, size, length, rate, seed and init image."""
    draft.put("title", title_of(given.values.get("batch_name"), name))
    given.carried("title", "batch_name")
    step = 64 if notebook else 8
    size = [
        whole(given, names, low=16, high=8192, otherwise=512) for names in (("W", "width"), ("H", "height"))
    ]
    draft.put("size", [max(side - side % step, 16) for side in size])
    given.carried("size", "W", "H", "width", "height")
    frames = whole(given, ("max_frames",), low=1, high=100_000, otherwise=120)
    fps = given.number("fps", otherwise=15.0)
    if not 0 < fps <= 240:
        given.report.note(
            "fps", "missing", "allowed: above 0, up to 240; 15 is taken.", given.values.get("fps")
        )
        fps = 15.0
    seed = seed_of(given, "seed")
    for place, value in (("frames", frames), ("fps", int(fps) if fps.is_integer() else fps), ("seed", seed)):
        draft.put(place, value)
    for key, place in (("max_frames", "frames"), ("fps", "fps"), ("seed", "seed")):
        given.carried(place, key)
    if given.truth("use_init"):
        init_image_of(given, draft, folder)
    return Clock(frames=frames, fps=fps, seed=seed)


def _diffusion(given: Given, draft: Draft, clock: Clock) -> None:
    if given.truth("enable_steps_scheduling") and given.get("steps_schedule") is not None:
        given.lane(draft, "steps_schedule", "steps", clock=clock, dialect="deforum", keep_in_range=True)
        given.carried("diffusion.steps", "enable_steps_scheduling")
    else:
        given.lane(draft, "steps", "steps", clock=clock, dialect="deforum", keep_in_range=True)
    given.lane(draft, "cfg_scale_schedule", "cfg_scale", "scale", clock=clock, dialect="deforum")
    if given.truth("enable_clipskip_scheduling"):
        given.lane(draft, "clipskip_schedule", "clipskip", clock=clock, dialect="deforum", keep_in_range=True)
        given.carried("diffusion.clipskip", "enable_clipskip_scheduling")
    first = None
    if "init_image" in draft.tables[""]:
        first = round(1.0 - min(max(given.number("strength", otherwise=0.8), 0.0), 1.0), 12)
        given.carried("diffusion.strength", "strength")
    turned: dict[str, Any] = {"times": -1.0, "plus": 1.0, "keep_in_range": True, "first": first}
    given.lane(draft, "strength_schedule", "strength", clock=clock, dialect="deforum", **turned)
    if given.truth("enable_ddim_eta_scheduling"):
        given.lane(draft, "ddim_eta_schedule", "eta", clock=clock, dialect="deforum")
        given.carried("diffusion.eta", "enable_ddim_eta_scheduling")
    elif as_number(given.values.get("ddim_eta")):
        given.lane(draft, "ddim_eta", "eta", clock=clock, dialect="deforum")
    _sampler(given, draft)


def _sampler(given: Given, draft: Draft) -> None:
    """The sampler, or the schedule of samplers with each of its names translated."""
    name = "sampler"
    scheduled = given.truth("enable_sampler_scheduling", "enable_schedule_samplers")
    if scheduled and isinstance(given.get("sampler_schedule"), str):
        name = "sampler_schedule"
    text = given.get(name)
    lost: list[str] = []

    def translated(word: object) -> str:
        found = our_sampler(word)
        if found is None:
            lost.append(str(word)[:100])
        return found or OWN

    if name == "sampler":
        draft.put("diffusion.sampler", translated(text))
    else:
        entries = re.findall(r"\s*([^:,]{1,200}?)\s*:\s*([^,:]{1,200})(?:,|$)", text[:100_000])
        if not entries:
            given.report.note(name, "missing", "this schedule is not right.", text)
            return
        keys = [f"{key}: ({translated(word)})" for key, word in entries]
        draft.put("diffusion.sampler", ", ".join(keys))
        given.carried("diffusion.sampler", "enable_sampler_scheduling", "enable_schedule_samplers")
    given.carried("diffusion.sampler", name)
    if lost:
        why = f"there is no sampler {', '.join(dict.fromkeys(lost))} here: the model's own is used for it."
        given.report.note(name, "changed", why, text)


def _seeds(given: Given, draft: Draft, clock: Clock, cadence: int) -> None:
    """The seeds; those that count, count painted frames."""
    behavior = given.word("seed_behavior").strip().lower()
    every = int(min(max(given.number("seed_iter_N", otherwise=1), 1), 1e6))
    if cadence > 1 and behavior in _COUNTED:
        counted = _COUNTED[behavior].format(before=every - 1, every=every)
        draft.put("diffusion.seed_behavior", "schedule")
        draft.put("diffusion.seed", re.sub(r"\bt\b", f"floor(t/{cadence})", counted))
    elif behavior == "schedule":
        draft.put("diffusion.seed_behavior", "schedule")
        _seed_lane(given, draft, clock, "seed_schedule", "seed")
    elif behavior in _SEEDS:
        draft.put("diffusion.seed_behavior", behavior)
    else:
        given.report.note("seed_behavior", "missing", "is not known: iter is taken.", behavior)
    given.carried("diffusion.seed_behavior", "seed_behavior")
    if behavior == "iter":
        if every > 1 and cadence == 1:
            draft.put("diffusion.seed_iter_n", every)
        given.carried("diffusion.seed_iter_n", "seed_iter_N")
    _subseeds(given, draft, clock)


def _subseeds(given: Given, draft: Draft, clock: Clock) -> None:
    """The second seed, where it is switched on: by its schedules, or fixed, as old versions had it."""
    for switch, seed, strength in (
        ("enable_subseed_scheduling", "subseed_schedule", "subseed_strength_schedule"),
        ("seed_enable_extras", "subseed", "subseed_strength"),
    ):
        if is_true(given.values.get(switch)):
            _seed_lane(given, draft, clock, seed, "subseed")
            common: dict[str, Any] = {"clock": clock, "dialect": "deforum"}
            given.lane(draft, strength, "subseed_strength", keep_in_range=True, **common)
            given.carried("diffusion.subseed", switch)
            return


def _seed_lane(given: Given, draft: Draft, clock: Clock, name: str, lane: str) -> None:
    """A schedule of seeds, in which those below 0 mean: any."""
    value = given.get(name)
    if value is None:
        return
    try:
        plain = rewritten(value, SPECS[lane], clock=clock, dialect="deforum")
    except ProjectError:
        given.lane(draft, name, lane, clock=clock, dialect="deforum", shape=RANDOM_BELOW_0)
        return
    draft.put(f"diffusion.{lane}", plain)
    given.carried(f"diffusion.{lane}", name)


def _coherence(given: Given, draft: Draft, clock: Clock, notebook: bool) -> None:
    matched = given.word("color_coherence").replace("Match Frame 0", "").strip().upper()
    if matched in ("LAB", "HSV", "RGB"):
        draft.put("coherence.color_match", matched.lower())
        draft.put("coherence.color_method", "histogram")
    elif matched != "IMAGE":
        draft.put("coherence.color_match", "none")
    if matched not in ("LAB", "HSV", "RGB", "", "NONE", "IMAGE"):
        why = "colours of a video are not matched here yet."
        given.report.note("color_coherence", "missing", why, given.values.get("color_coherence"))
    given.carried("coherence.color_match", "color_coherence")
    kind = given.word("noise_type").strip().lower() or "uniform"
    if kind not in _GRAIN:
        given.report.note("noise_type", "missing", "is not known: uniform is taken.", kind)
        kind = "uniform"
    draft.put("coherence.noise_type", "normal" if kind == "uniform" else kind)
    given.carried("coherence.noise_type", "noise_type")
    factor = _GRAIN_OF_NOTEBOOK if notebook else _GRAIN[kind]
    common: dict[str, Any] = {"clock": clock, "dialect": "deforum"}
    given.lane(draft, "noise_schedule", "noise", times=factor, keep_in_range=True, **common)
    given.lane(draft, "contrast_schedule", "contrast", **common)
    if draft.tables["coherence"].get("contrast") not in (None, 1):
        why = "contrast is turned about mid-grey here, there about black, which brightens as well."
        given.report.note("contrast_schedule", "changed", why, given.get("contrast_schedule"))
    if given.get("amount_schedule") is not None:
        given.lane(draft, "amount_schedule", "antiblur_amount", **common)
        given.lane(draft, "kernel_schedule", "antiblur_kernel", **common, shape=_odd(given, clock))
        given.lane(draft, "sigma_schedule", "antiblur_sigma", **common)
        given.lane(draft, "threshold_schedule", "antiblur_threshold", times=1 / 255, **common)


def _odd(given: Given, clock: Clock) -> str:
    """The shape of a kernel: none if all of its widths are odd."""
    value = as_number(given.get("kernel_schedule"))
    text = given.word("kernel_schedule").replace(" ", "")
    fixed = re.fullmatch(r"0:\(?(\d{1,3})\)?", text)
    width = value if value is not None else float(fixed[1]) if fixed else 0.0
    return "" if int(width) % 2 else ODD
