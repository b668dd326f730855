"""Disco Diffusion's settings files as projects."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyframes import Clock

from ..lanes import STEPS
from .common import put_init_image, put_rate, put_seed, put_title
from .conversion import Conversion
from .converted import ConvertedProject
from .deforum_video import put_footage
from .disco_guidance import carry_guidance
from .disco_table import DEFAULTS, TABLE
from .names import BORDERS, SAMPLING
from .report import Report
from .rules import as_number, is_true

_LANES = ("angle", "zoom", *STEPS, "fov")
_BORDERS = {name: BORDERS[name] for name in ("border", "reflection")}
_SAMPLERS = {"ddim": "ddim", "plms": "plms"}
_PAIRS = ("width_height", "width_height_for_512x512_models", "width_height_for_256x256_models")
_TURBO = ("turbo_mode", "turbo_steps", "turbo_preroll")


def from_disco(values: Mapping[str, Any], *, name: str, folder: Path, project: ConvertedProject) -> Report:
    """Fill `project` with what the settings say, and account for every one of them."""
    report = Report(source=name, written_by="Disco Diffusion")
    job = Conversion(
        values, project=project, report=report, folder=folder, dialect="disco", defaults=DEFAULTS
    )
    mode = job.word("animation_mode")
    _frame(job, name, still=mode not in ("2d", "3d", "video input"))
    if mode == "video input":
        _video(job)
    _motion(job, mode)
    _diffusion(job)
    carry_guidance(job)
    _turbo(job, mode)
    _symmetry(job)
    _prompts(job)
    if job.has("diffusion_model"):
        report.remarks.append(f"Its model was {job.text('diffusion_model')}.")
        job.carried("model", "diffusion_model")
    return job.settle(TABLE)


def _frame(job: Conversion, name: str, *, still: bool) -> None:
    put_title(job, name, "batch_name")
    size = [1280, 768]
    pair: list[Any] = next((job.values[key] for key in _PAIRS if isinstance(job.values.get(key), list)), [])
    sides = [as_number(side) for side in pair]
    if len(sides) == 2 and None not in sides:
        size = [int(min(max(side or 0, 64), 8192)) for side in sides]
    for index, key in enumerate(("width", "height")):
        if job.has(key):
            size[index] = job.whole(key, low=64, high=8192, otherwise=size[index])
    job.put("size", [side - side % 64 for side in size], "width", "height", *_PAIRS)
    frames = 1 if still else job.whole("max_frames", low=1, high=100_000, otherwise=10_000)
    job.put("frames", frames, *(() if still else ["max_frames"]))
    if frames == 10_000:
        job.report.remarks.append("10000 frames is Disco's default, which people stopped by hand.")
    fps = put_rate(job, "fps", 12.0)
    job.clock = Clock(frames=frames, fps=fps, seed=put_seed(job, "seed", "set_seed"))


def _video(job: Conversion) -> None:
    """The mode Video Input: the clip's pictures, or the painted ones carried along by its flow."""
    if not put_footage(job, "extract_nth_frame"):
        return
    if is_true(job.values.get("video_init_flow_warp", True)):
        job.put("video.motion", "flow", "video_init_flow_warp")
        blend = as_number(job.values.get("video_init_flow_blend", 0.999))
        alpha = round(1 - min(max(0.999 if blend is None else blend, 0.0), 1.0), 6)
        job.put("video.video_alpha", alpha, "video_init_flow_blend")
        if job.on("video_init_check_consistency"):
            job.put("video.consistency", "clip")
        job.carried("video.consistency", "video_init_check_consistency")
    if job.on("video_init_seed_continuity"):
        job.put("diffusion.seed_behavior", "fixed")
    job.carried("diffusion.seed_behavior", "video_init_seed_continuity")


def _motion(job: Conversion, mode: str) -> None:
    if mode not in ("2d", "3d"):
        if mode not in ("none", "") and not job.project.tables["video"]:
            why = "only 2D, 3D and video input with its video are here: the camera stands still."
            job.report.note("animation_mode", "missing", why, job.text("animation_mode"))
        job.carried("motion.mode", "animation_mode")
        return
    job.put("motion.mode", mode, "animation_mode")
    job.put("motion.compat", "disco")
    if mode == "2d":
        job.put("motion.border", "wrap")
        job.put("motion.sampling", "bilinear")
    else:
        border = job.choice("padding_mode", _BORDERS, "replicate", "is not here yet: replicate is taken.")
        job.put("motion.border", border, "padding_mode")
        sampling = job.choice("sampling_mode", SAMPLING, "bilinear", "is not here: bilinear is taken.")
        job.put("motion.sampling", sampling, "sampling_mode")
        job.put("motion.depth", "auto")
        if job.on("vr_mode"):
            _two_eyes(job)
    for lane in _LANES:
        job.lane(lane, lane)


def _two_eyes(job: Conversion) -> None:
    """Disco's two eyes turn towards each other; here the lens is shifted, to meet at the same distance."""
    turned = math.radians(job.limited("vr_eye_angle", low=0.0, high=45.0, otherwise=0.5))
    apart = min(max(job.number("vr_ipd", otherwise=5.0) * math.cos(turned), 1e-3), 1000.0)
    job.put("output.vr", "side-by-side", "vr_mode")
    job.put("output.vr_eyes", round(apart, 6), "vr_ipd")
    if turned > 1e-4:
        job.put("output.vr_screen", round(apart / 2 / math.tan(turned), 3))
    why = "eyes look the same way, with a shifted lens, and pictures are not bent as for a headset."
    job.changed("vr_eye_angle", why)
    job.carried("output.vr_screen", "vr_eye_angle")


def _diffusion(job: Conversion) -> None:
    video = job.project.tables["video"]
    steps = "video_init_steps" if video and job.has("video_init_steps") else "steps"
    job.lane("steps", steps, keep_in_range=True)
    why = "is not known: ddim is taken."
    sampler = job.choice("diffusion_sampling_mode", _SAMPLERS, "ddim", why)
    job.put("diffusion.sampler", sampler, "diffusion_sampling_mode")
    job.lane("eta", "eta", keep_in_range=True)
    image = job.values.get("init_image")
    if image is not None and str(image)[:1000].strip().lower() not in ("", "none"):
        put_init_image(job)
    _strength(job)


def _strength(job: Conversion) -> None:
    """1 minus the share of the steps that are skipped; at frame 0 over an init image or a video, its own."""
    text = job.text("frames_skip_steps").strip()
    share = re.fullmatch(r"(\d{1,3})\s*%", text)
    percent = int(share[1]) if share else 101
    if percent > 100:
        why = 'is no share such as "60%", which is taken.'
        job.report.note("frames_skip_steps", "missing", why, text)
        percent = 60
    strength: float | str = round(1.0 - percent / 100, 6)
    if "motion" in job.project.tables["video"]:
        strength = (
            f"0: ({_first(job, 'video_init_skip_steps', 50, 'video_init_steps')}) hold, 1: ({strength})"
        )
    elif "init_image" in job.project.tables[""]:
        strength = f"0: ({_first(job, 'skip_steps', 10)}) hold, 1: ({strength})"
    job.put("diffusion.strength", strength, "frames_skip_steps")


def _first(job: Conversion, skipped: str, otherwise: float, *steps: str) -> float:
    """Strength of frame 0: what is left of the steps when those of a setting are skipped."""
    whole = max(job.number(*steps, "steps", otherwise=250), 1)
    share = min(max(job.number(skipped, otherwise=otherwise) / whole, 0.0), 1.0)
    job.carried("diffusion.strength", skipped)
    return round(1.0 - share, 6)


def _turbo(job: Conversion, mode: str) -> None:
    """Disco's turbo: every frame up to turbo_preroll is painted, then those whose number turbo_steps divides."""
    if not job.on("turbo_mode"):
        job.carried("diffusion.cadence", *(name for name in _TURBO if job.on(name)))
        return
    if mode != "3d":
        job.off("turbo is for 3D only.", *_TURBO)
        return
    steps = int(job.limited("turbo_steps", low=1, high=1000, otherwise=3))
    preroll = int(min(max(as_number(job.values.get("turbo_preroll")) or 10, 0), 1e6))
    gap = steps - preroll % steps
    cadence = f"0: (1) hold, {preroll}: ({gap}) hold, {preroll + gap}: ({steps})"
    job.put("diffusion.cadence", cadence)
    why = "the first frames, all painted, are shown whole; Disco showed one part in turbo_steps of each."
    job.report.note("turbo_mode", "changed", why, value=True)
    job.carried("diffusion.cadence", *_TURBO)


def _symmetry(job: Conversion) -> None:
    """The mirrors that are on."""
    kinds = [kind for kind in ("horizontal", "vertical") if job.on(f"use_{kind}_symmetry")]
    if kinds:
        job.put("coherence.symmetry", kinds[0] if len(kinds) == 1 else "both")
    job.carried("coherence.symmetry", *(f"use_{kind}_symmetry" for kind in kinds))


def _prompts(job: Conversion) -> None:
    source = job.values.get("text_prompts")
    keyed: dict[int, list[str]] = {}
    for key, value in (source if isinstance(source, Mapping) else {}).items():
        texts = [value] if isinstance(value, str) else value
        digits = str(key).strip()
        is_key = re.fullmatch(r"[0-9]{1,9}", digits) is not None
        is_list = isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)
        if is_key and is_list:
            keyed[int(digits)] = [text.replace("\0", " ") for text in texts]
        else:
            why = "is no list of texts." if is_key else "is no key: allowed is a whole frame."
            job.report.note(f"text_prompts.{key}", "missing", why, value)
    if not keyed:
        keyed = {0: [""]}
        job.report.note("text_prompts", "missing", "there is no prompt: the project has an empty one.")
    for frame, texts in sorted(keyed.items()):
        job.put(f"prompts.{frame}", texts)
    job.carried("prompts", "text_prompts")
