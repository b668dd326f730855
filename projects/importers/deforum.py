"""Settings files of Deforum as projects: every version since November 2022, and the notebook."""

from __future__ import annotations

import re
from dataclasses import replace

from keyframes import Clock

from .common import (
    MODEL_SAMPLER,
    flow_of,
    note_model,
    our_sampler,
    put_init_image,
    put_rate,
    put_seed,
    put_title,
)
from .conversion import Conversion
from .deforum_camera import carry_motion, carry_video
from .deforum_controls import carry_controls
from .deforum_prompts import carry_guides, carry_prompts
from .deforum_table import TABLE, defaults_of, is_notebook, version_of
from .parseq import with_manifest
from .report import as_number
from .rewrite import IN_RANGE, ODD, ONE_MINUS, RANDOM_BELOW_0, Change

_GRAIN = {"perlin": 0.24, "uniform": 0.36}  # docs/motion.md, Noise
_GRAIN_OF_NOTEBOOK = 0.5  # added to pictures in [-1, 1], and not made grey
_COUNTED = {  # t: number of the painted frame
    "iter": "s + floor((t + {before})/{every})",
    "ladder": "s + floor(t/2) + 2*(t % 2)",
    "alternate": "s + t % 2",
}


def from_deforum(job: Conversion) -> None:
    """Fill the project from the settings, and report on each."""
    job.values, parseq_fields = with_manifest(job.values)
    notebook, version = is_notebook(job.values), version_of(job.values)
    job.defaults = defaults_of(version)
    job.report.written_by = "Deforum's notebook" if notebook else f"Deforum ({version} or later)"
    _frame(job, notebook)
    carry_video(job)
    carry_motion(job)
    _diffusion(job)
    _seeds(job, _cadence(job))
    _coherence(job, notebook)
    _film(job)
    carry_guides(job)
    carry_controls(job)
    carry_prompts(job, notebook)
    note_model(job, "sd_model_name")
    if parseq_fields:
        job.report.remarks.append(f"Its Parseq manifest sets {', '.join(parseq_fields)}.")
        job.carried("the lanes that it sets", "parseq_manifest", "parseq_use_deltas")
        job.carried("fps, frames", "parseq_non_schedule_overrides")
    job.settle(TABLE)


def _frame(job: Conversion, notebook: bool) -> None:
    """Title, size, length, rate, seed and init image."""
    put_title(job, "batch_name")
    step = 64 if notebook else 8
    names = (("W", "width"), ("H", "height"))
    sides = [job.whole(*each, low=16, high=8192, otherwise=512) for each in names]
    job.put("size", [max(side - side % step, 16) for side in sides], "W", "H", "width", "height")
    frames = job.whole("max_frames", low=1, high=100_000, otherwise=120)
    job.put("frames", frames, "max_frames")
    fps = put_rate(job, "fps", 15.0)
    job.clock = Clock(frames=frames, fps=fps, seed=put_seed(job, "seed"))
    if job.on("use_init"):
        put_init_image(job)


def _diffusion(job: Conversion) -> None:
    if job.on("enable_steps_scheduling") and job.get("steps_schedule") is not None:
        job.lane("steps", "steps_schedule", change=IN_RANGE)
        job.carried("diffusion.steps", "enable_steps_scheduling")
    else:
        job.lane("steps", "steps", change=IN_RANGE)
    job.lane("cfg_scale", "cfg_scale_schedule", "scale")
    if job.on("enable_clipskip_scheduling"):
        job.lane("clipskip", "clipskip_schedule", change=IN_RANGE)
        job.carried("diffusion.clipskip", "enable_clipskip_scheduling")
    first = None
    if "init_image" in job.tables[""]:
        first = round(1.0 - job.limited("strength", low=0.0, high=1.0, otherwise=0.8), 12)
        job.carried("diffusion.strength", "strength")
    job.lane("strength", "strength_schedule", change=replace(ONE_MINUS, first=first))
    if job.on("enable_ddim_eta_scheduling"):
        job.lane("eta", "ddim_eta_schedule")
        job.carried("diffusion.eta", "enable_ddim_eta_scheduling")
    elif as_number(job.values.get("ddim_eta")):
        job.lane("eta", "ddim_eta")
    _sampler(job)


def _sampler(job: Conversion) -> None:
    """Carry the sampler, or the schedule of samplers with every name translated."""
    name = "sampler"
    scheduled = job.on("enable_sampler_scheduling", "enable_schedule_samplers")
    if scheduled and isinstance(job.get("sampler_schedule"), str):
        name = "sampler_schedule"
    text = job.get(name)
    lost: list[str] = []

    def translated(word: object) -> str:
        found = our_sampler(word)
        if found is None:
            lost.append(str(word)[:100])
        return found or MODEL_SAMPLER

    if name == "sampler":
        job.put("diffusion.sampler", translated(text), name)
    else:
        entries = re.findall(r"\s*([^:,]{1,200}?)\s*:\s*([^,:]{1,200})(?:,|$)", text[:100_000])
        if not entries:
            job.report.note(name, "missing", "invalid schedule.", text)
            return
        keys = [f"{key}: ({translated(word)})" for key, word in entries]
        switches = ("enable_sampler_scheduling", "enable_schedule_samplers")
        job.put("diffusion.sampler", ", ".join(keys), *switches, name)
    if lost:
        why = f"Reverie has no sampler {', '.join(dict.fromkeys(lost))}; using the model's own."
        job.report.note(name, "changed", why, text)


def _cadence(job: Conversion) -> int:
    """Carry cadence and its optical flow. Returns the frames from one painted frame to the next."""
    if job.word("animation_mode") == "video input":
        job.off("Video Input paints every frame.", "diffusion_cadence", "optical_flow_cadence")
        return 1
    cadence = int(job.limited("diffusion_cadence", low=1, high=1000, otherwise=1))
    job.carried("diffusion.cadence", "diffusion_cadence")
    if cadence == 1:
        return 1
    job.put("diffusion.cadence", cadence)
    why = "Reverie also makes the frames after the last painted one, which Deforum leaves out."
    job.report.note("diffusion_cadence", "changed", why, cadence)
    if job.on("optical_flow_cadence"):
        job.put("diffusion.cadence_flow", flow_of(job, "optical_flow_cadence"))
        job.put("diffusion.cadence_flow_factor", 0.5)  # Deforum moves by half of the flow
        half = Change(times=0.5, in_range=True)
        job.lane("cadence_flow_factor", "cadence_flow_factor_schedule", change=half)
    job.carried("diffusion.cadence_flow", "optical_flow_cadence")
    return cadence


def _seeds(job: Conversion, cadence: int) -> None:
    """Carry the seeds. Behaviors that count, count painted frames."""
    behavior = job.word("seed_behavior")
    every = int(job.limited("seed_iter_N", low=1, high=1e6, otherwise=1))
    if cadence > 1 and behavior in _COUNTED:
        counted = _COUNTED[behavior].format(before=every - 1, every=every)
        job.put("diffusion.seed_behavior", "schedule")
        job.put("diffusion.seed", re.sub(r"\bt\b", f"floor(t/{cadence})", counted))
    elif behavior == "schedule":
        job.put("diffusion.seed_behavior", "schedule")
        job.lane("seed", "seed_schedule", change=RANDOM_BELOW_0)
    elif behavior in ("fixed", "random", *_COUNTED):
        job.put("diffusion.seed_behavior", behavior)
    else:
        job.report.note("seed_behavior", "missing", "unknown; using iter.", behavior)
    job.carried("diffusion.seed_behavior", "seed_behavior")
    if behavior == "iter":
        if every > 1 and cadence == 1:
            job.put("diffusion.seed_iter_n", every)
        job.carried("diffusion.seed_iter_n", "seed_iter_N")
    for switch, seed, strength in (  # the second seed: schedules, or constants in old versions
        ("enable_subseed_scheduling", "subseed_schedule", "subseed_strength_schedule"),
        ("seed_enable_extras", "subseed", "subseed_strength"),
    ):
        if job.on(switch):
            job.lane("subseed", seed, change=RANDOM_BELOW_0)
            job.lane("subseed_strength", strength, change=IN_RANGE)
            job.carried("diffusion.subseed", switch)
            return


def _coherence(job: Conversion, notebook: bool) -> None:
    matched = job.text("color_coherence").replace("Match Frame 0", "").strip().upper()
    if matched in ("LAB", "HSV", "RGB"):
        job.put("coherence.color_match", matched.lower())
        job.put("coherence.color_method", "histogram")
    elif matched != "IMAGE":
        job.put("coherence.color_match", "none")
        if matched not in ("", "NONE"):
            job.missing("color_coherence", "Reverie cannot match the colours of a video yet.")
    job.carried("coherence.color_match", "color_coherence")
    kind = job.word("noise_type") or "uniform"
    if kind not in _GRAIN:
        job.report.note("noise_type", "missing", "unknown; using uniform.", kind)
        kind = "uniform"
    job.put("coherence.noise_type", "normal" if kind == "uniform" else kind, "noise_type")
    grain = _GRAIN_OF_NOTEBOOK if notebook else _GRAIN[kind]
    job.lane("noise", "noise_schedule", change=Change(times=grain, in_range=True))
    job.lane("contrast", "contrast_schedule")
    if job.tables["coherence"].get("contrast") not in (None, 1):
        why = "Reverie changes contrast about mid-grey; Deforum changes it about black, which also brightens."
        job.report.note("contrast_schedule", "changed", why, job.get("contrast_schedule"))
    if job.get("amount_schedule") is not None:
        job.lane("antiblur_amount", "amount_schedule")
        job.lane("antiblur_kernel", "kernel_schedule", change=ODD)
        job.lane("antiblur_sigma", "sigma_schedule")
        job.lane("antiblur_threshold", "threshold_schedule", change=Change(times=1 / 255))


def _film(job: Conversion) -> None:
    """Carry sound track, interpolation and upscaling."""
    if job.word("add_soundtrack") == "file" and job.has("soundtrack_path"):
        sound = job.file("soundtrack_path", job.get("soundtrack_path"))
        if sound is not None:
            job.put("audio", sound, "soundtrack_path", "add_soundtrack")
    times = as_number(job.values.get("frame_interpolation_x_amount"))
    if job.on("frame_interpolation_engine") and times is not None and times >= 2:
        job.put("output.interpolate", int(min(times, 16)))
        job.carried("output.interpolate", "frame_interpolation_x_amount", "frame_interpolation_engine")
        why = "output.interpolate makes the in-between frames by optical flow, not by a network."
        job.changed("frame_interpolation_engine", why)
        if job.on("frame_interpolation_slow_mo_enabled"):
            why = "for slow motion, export at a lower --fps."
            job.report.note("frame_interpolation_slow_mo_enabled", "missing", why, True)
    digits = re.search(r"\d+", job.text("r_upscale_factor")[:20])
    factor = int(digits[0]) if digits else 2
    if job.on("r_upscale_video") and 1 < factor <= 8:
        job.put("output.upscale", factor, "r_upscale_factor", "r_upscale_video", "r_upscale_model")
        why = "output.upscale enlarges with a Lanczos filter; to use a network, name it in output.upscaler."
        job.changed("r_upscale_model", why)
