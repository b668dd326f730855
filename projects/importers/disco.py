"""Settings files of Disco Diffusion as projects."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyframes import Clock
from keyframes.cutouts import parse_cutouts

from ..lanes import STEPS
from .common import (
    BORDERS,
    STANDS_STILL,
    note_model,
    put_border,
    put_init_image,
    put_prompts,
    put_rate,
    put_sampling,
    put_seed,
    put_title,
)
from .conversion import Conversion
from .deforum_camera import put_footage
from .disco_table import DEFAULTS, TABLE
from .report import as_number, is_true
from .rewrite import IN_RANGE

_LANES = ("angle", "zoom", *STEPS, "fov")
_BORDERS = {name: BORDERS[name] for name in ("border", "reflection")}
_SAMPLERS = {"ddim": "ddim", "plms": "plms"}
_PAIRS = ("width_height", "width_height_for_512x512_models", "width_height_for_256x256_models")
_SCALES = ("clip_guidance_scale", "tv_scale", "range_scale", "sat_scale")
_CUTS: dict[str, dict[str, Any]] = {
    "cut_overview": {"low": 0, "high": 64, "whole": True},
    "cut_innercut": {"low": 0, "high": 64, "whole": True},
    "cut_ic_pow": {"low": 0.01, "high": 100, "whole": False},
    "cut_icgray_p": {"low": 0, "high": 1, "whole": False},
}
_WITH_ITS_OWN = "sketch"
_TURBO = ("turbo_mode", "turbo_steps", "turbo_preroll")


def from_disco(job: Conversion) -> None:
    """Fill the project from the settings, and report on each."""
    job.report.written_by = "Disco Diffusion"
    job.dialect, job.defaults = "disco", DEFAULTS
    mode = job.word("animation_mode")
    _frame(job, still=mode not in ("2d", "3d", "video input"))
    if mode == "video input":
        _video(job)
    _motion(job, mode)
    _diffusion(job)
    _guidance(job)
    _turbo(job, mode)
    _symmetry(job)
    _prompts(job)
    note_model(job, "diffusion_model")
    job.settle(TABLE)


def _frame(job: Conversion, *, still: bool) -> None:
    put_title(job, "batch_name")
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
        job.report.remarks.append("10000 frames is Disco's default; people stopped it by hand.")
    fps = put_rate(job, "fps", 12.0, quiet=True)
    job.clock = Clock(frames=frames, fps=fps, seed=put_seed(job, "seed", "set_seed"))


def _video(job: Conversion) -> None:
    """Carry the mode Video Input: the clip's pictures, or painted pictures moved by its flow."""
    if not put_footage(job):
        return
    if is_true(job.values.get("video_init_flow_warp", True)):
        job.put("video.motion", "flow", "video_init_flow_warp")
        blend = as_number(job.values.get("video_init_flow_blend", 0.999))
        alpha = round(1 - min(max(0.999 if blend is None else blend, 0.0), 1.0), 6)
        job.put("video.video_alpha", alpha, "video_init_flow_blend")
        job.switch("video_init_check_consistency", "video.consistency", "clip")
    job.switch("video_init_seed_continuity", "diffusion.seed_behavior", "fixed")


def _motion(job: Conversion, mode: str) -> None:
    if mode not in ("2d", "3d"):
        if mode not in ("none", "") and not job.tables["video"]:
            job.report.note("animation_mode", "missing", STANDS_STILL, job.text("animation_mode"))
        job.carried("motion.mode", "animation_mode")
        return
    job.put("motion.mode", mode, "animation_mode")
    job.put("motion.compat", "disco")
    if mode == "2d":
        job.put("motion.border", "wrap")
        job.put("motion.sampling", "bilinear")
    else:
        put_border(job, "padding_mode", _BORDERS)
        put_sampling(job)
        job.put("motion.depth", "auto")
        if job.on("vr_mode"):
            _two_eyes(job)
    for lane in _LANES:
        job.lane(lane, lane)


def _two_eyes(job: Conversion) -> None:
    """Carry stereo. Disco turns the eyes towards each other; Reverie shifts the lens to meet at the same distance."""
    turned = math.radians(job.limited("vr_eye_angle", low=0.0, high=45.0, otherwise=0.5))
    apart = min(max(job.number("vr_ipd", otherwise=5.0) * math.cos(turned), 1e-3), 1000.0)
    job.put("output.vr", "side-by-side", "vr_mode")
    job.put("output.vr_eyes", round(apart, 6), "vr_ipd")
    if turned > 1e-4:
        job.put("output.vr_screen", round(apart / 2 / math.tan(turned), 3))
    why = "Reverie shifts the lens instead of turning the eyes, and does not bend pictures for a headset."
    job.changed("vr_eye_angle", why)
    job.carried("output.vr_screen", "vr_eye_angle")


def _diffusion(job: Conversion) -> None:
    video = job.tables["video"]
    steps = "video_init_steps" if video and job.has("video_init_steps") else "steps"
    job.lane("steps", steps, change=IN_RANGE)
    why = "unknown; using ddim."
    sampler = job.choice("diffusion_sampling_mode", _SAMPLERS, "ddim", why)
    job.put("diffusion.sampler", sampler, "diffusion_sampling_mode")
    job.lane("eta", "eta", change=IN_RANGE)
    image = job.values.get("init_image")
    if image is not None and str(image)[:1000].strip().lower() not in ("", "none"):
        put_init_image(job)
    _strength(job)


def _strength(job: Conversion) -> None:
    """Carry the share of steps that are not skipped; frame 0 over an init image or a video has its own."""
    text = job.text("frames_skip_steps").strip()
    share = re.fullmatch(r"(\d{1,3})\s*%", text)
    percent = int(share[1]) if share else 101
    if percent > 100:
        why = 'not a share such as "60%"; using 60%.'
        job.report.note("frames_skip_steps", "missing", why, text)
        percent = 60
    strength: float | str = round(1.0 - percent / 100, 6)
    if "motion" in job.tables["video"]:
        strength = (
            f"0: ({_first(job, 'video_init_skip_steps', 50, 'video_init_steps')}) hold, 1: ({strength})"
        )
    elif "init_image" in job.tables[""]:
        strength = f"0: ({_first(job, 'skip_steps', 10)}) hold, 1: ({strength})"
    job.put("diffusion.strength", strength, "frames_skip_steps")


def _first(job: Conversion, skipped: str, otherwise: float, *steps: str) -> float:
    """Strength of frame 0: the share of the steps that is left after those that a setting skips."""
    whole = max(job.number(*steps, "steps", otherwise=250), 1)
    share = min(max(job.number(skipped, otherwise=otherwise) / whole, 0.0), 1.0)
    job.carried("diffusion.strength", skipped)
    return round(1.0 - share, 6)


def _guidance(job: Conversion) -> None:
    """Carry cut-outs and clamp, and the scales if the model has a picture-text model of its own."""
    model = str(job.tables[""]["model"])
    if _has_its_own(model, job.folder):
        for name in _SCALES:
            if as_number(job.get(name)) != 0:
                job.lane(name, name, change=IN_RANGE)
        _init_scale(job)
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
        job.lane("clamp_max", "clamp_max", change=IN_RANGE)
    else:
        job.put("clip_guidance.clamp_max", 100)  # no limit
    job.carried("clip_guidance.clamp_max", "clamp_grad", "clamp_max")
    job.lane("cutn_batches", "cutn_batches", change=IN_RANGE)
    for name, allowed in _CUTS.items():
        _cuts(job, name, allowed)
    job.switch("skip_augs", "clip_guidance.skip_augs")


def _has_its_own(model: str, folder: Path) -> bool:
    """Whether a model has a picture-text model: the built-in one does, a folder may."""
    try:
        return model == _WITH_ITS_OWN or (folder / model / "picture_text" / "config.json").is_file()
    except (OSError, ValueError):
        return False


def _init_scale(job: Conversion) -> None:
    """Carry the pull towards the moved frame, and at frame 0 towards the init image."""
    names = ["frames_scale"]
    first = later = job.limited("frames_scale", low=0.0, high=1e7, otherwise=1500.0)
    if "init_image" in job.tables[""]:
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


def _turbo(job: Conversion, mode: str) -> None:
    """Carry turbo as cadence: paint each frame up to turbo_preroll, then every multiple of turbo_steps."""
    if not job.on("turbo_mode"):
        job.carried("diffusion.cadence", *(name for name in _TURBO if job.on(name)))
        return
    if mode != "3d":
        job.off("turbo works in 3D only.", *_TURBO)
        return
    steps = int(job.limited("turbo_steps", low=1, high=1000, otherwise=3))
    preroll = int(min(max(as_number(job.values.get("turbo_preroll")) or 10, 0), 1e6))
    gap = steps - preroll % steps
    cadence = f"0: (1) hold, {preroll}: ({gap}) hold, {preroll + gap}: ({steps})"
    job.put("diffusion.cadence", cadence)
    why = "Reverie shows the first frames whole; Disco blends in one part in turbo_steps of each."
    job.report.note("turbo_mode", "changed", why, value=True)
    job.carried("diffusion.cadence", *_TURBO)


def _symmetry(job: Conversion) -> None:
    """Carry the mirrors that are on."""
    kinds = [kind for kind in ("horizontal", "vertical") if job.on(f"use_{kind}_symmetry")]
    if kinds:
        job.put("coherence.symmetry", kinds[0] if len(kinds) == 1 else "both")
    job.carried("coherence.symmetry", *(f"use_{kind}_symmetry" for kind in kinds))


def _prompts(job: Conversion) -> None:
    source = job.values.get("text_prompts")
    prompts: dict[int, list[str]] = {}
    for key, value in (source if isinstance(source, Mapping) else {}).items():
        texts = [value] if isinstance(value, str) else value
        digits = str(key).strip()
        is_key = re.fullmatch(r"[0-9]{1,9}", digits) is not None
        is_list = isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)
        if is_key and is_list:
            prompts[int(digits)] = [text.replace("\0", " ") for text in texts]
        else:
            why = "not a list of texts." if is_key else "not a key; use a whole frame number."
            job.report.note(f"text_prompts.{key}", "missing", why, value)
    put_prompts(job, dict(sorted(prompts.items())), "text_prompts", empty=[""])
    job.carried("prompts", "text_prompts")
