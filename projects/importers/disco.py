"""Disco Diffusion's settings files as projects."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyframes import Clock

from ..lanes import STEPS
from .cadence import carry_turbo
from .common import init_image_of, seed_of, title_of, whole
from .disco_guidance import carry_guidance
from .disco_table import DEFAULTS, TABLE
from .draft import Draft
from .report import Report
from .settings import Given, as_number
from .video import carry_disco_video

_LANES = (
    "angle",
    "zoom",
    *STEPS,
    "fov",
)
_BORDERS = {"border": "replicate", "reflection": "reflect"}


def from_disco(values: Mapping[str, Any], *, name: str, folder: Path, draft: Draft) -> Report:
    """Fill `draft` with what the settings say, and account for every one of them."""
    given = Given(values, DEFAULTS, Report(source=name, written_by="Disco Diffusion"))
    mode = given.word("animation_mode").strip().lower()
    clock = _frame(given, draft, name, still=mode not in ("2d", "3d", "video input"))
    if mode == "video input":
        carry_disco_video(given, draft, folder)
    _motion(given, draft, clock, mode)
    _diffusion(given, draft, clock, folder)
    carry_guidance(given, draft, clock, folder)
    carry_turbo(given, draft, mode)
    _symmetry(given, draft)
    _prompts(given, draft)
    if given.has("diffusion_model"):
        given.report.remarks.append(f"Its model was {given.word('diffusion_model')}.")
        given.carried("model", "diffusion_model")
    given.settle(TABLE)
    return given.report


def _symmetry(given: Given, draft: Draft) -> None:
    """The mirrors that are on."""
    kinds = [kind for kind in ("horizontal", "vertical") if given.truth(f"use_{kind}_symmetry")]
    if kinds:
        draft.put("coherence.symmetry", kinds[0] if len(kinds) == 1 else "both")
    given.carried("coherence.symmetry", *(f"use_{kind}_symmetry" for kind in kinds))


def _frame(given: Given, draft: Draft, name: str, *, still: bool) -> Clock:
    draft.put("title", title_of(given.values.get("batch_name"), name))
    pairs = ("width_height", "width_height_for_512x512_models", "width_height_for_256x256_models")
    size = [1280, 768]
    pair: list[Any] = next(
        (given.values[key] for key in pairs if isinstance(given.values.get(key), list)), []
    )
    if len(pair) == 2 and all(as_number(side) is not None for side in pair):
        size = [int(min(max(as_number(side) or 0, 64), 8192)) for side in pair]
    for index, key in enumerate(("width", "height")):
        if given.has(key):
            size[index] = whole(given, (key,), low=64, high=8192, otherwise=size[index])
    draft.put("size", [side - side % 64 for side in size])
    given.carried("size", "width", "height", *pairs)
    frames = 1 if still else whole(given, ("max_frames",), low=1, high=100_000, otherwise=10_000)
    fps = given.number("fps", otherwise=12.0)
    fps = fps if 0 < fps <= 240 else 12.0
    seed = seed_of(given, "seed", "set_seed")
    for place, value in (("frames", frames), ("fps", int(fps) if fps.is_integer() else fps), ("seed", seed)):
        draft.put(place, value)
    given.carried("title", "batch_name")
    if not still:
        given.carried("frames", "max_frames")
        if frames == 10_000:
            given.report.remarks.append("10000 frames is Disco's default, which people stopped by hand.")
    given.carried("fps", "fps")
    given.carried("seed", "seed", "set_seed")
    return Clock(frames=frames, fps=fps, seed=seed)


def _motion(given: Given, draft: Draft, clock: Clock, mode: str) -> None:
    if mode not in ("2d", "3d"):
        if mode not in ("none", "") and not draft.tables["video"]:
            why = "only 2D, 3D and video input with its video are here: the camera stands still."
            given.report.note("animation_mode", "missing", why, given.word("animation_mode"))
        given.carried("motion.mode", "animation_mode")
        return
    draft.put("motion.mode", mode)
    draft.put("motion.compat", "disco")
    given.carried("motion.mode", "animation_mode")
    if mode == "2d":
        draft.put("motion.border", "wrap")
        draft.put("motion.sampling", "bilinear")
    else:
        border = given.word("padding_mode").strip().lower()
        if border not in _BORDERS:
            given.report.note("padding_mode", "missing", "is not here yet: replicate is taken.", border)
        sampling = given.word("sampling_mode").strip().lower()
        if sampling not in ("bicubic", "bilinear"):
            given.report.note("sampling_mode", "missing", "is not here: bilinear is taken.", sampling)
            sampling = "bilinear"
        draft.put("motion.border", _BORDERS.get(border, "replicate"))
        draft.put("motion.sampling", sampling)
        draft.put("motion.depth", "auto")
        given.carried("motion.border", "padding_mode")
        given.carried("motion.sampling", "sampling_mode")
        if given.truth("vr_mode"):
            _two_eyes(given, draft)
    for lane in _LANES:
        given.lane(draft, lane, lane, clock=clock, dialect="disco")


def _two_eyes(given: Given, draft: Draft) -> None:
    """Disco's two eyes turn towards each other; here the lens is shifted, to meet at the same distance."""
    turned = math.radians(min(max(given.number("vr_eye_angle", otherwise=0.5), 0.0), 45.0))
    apart = min(max(given.number("vr_ipd", otherwise=5.0) * math.cos(turned), 1e-3), 1000.0)
    draft.put("output.vr", "side-by-side")
    draft.put("output.vr_eyes", round(apart, 6))
    if turned > 1e-4:
        draft.put("output.vr_screen", round(apart / 2 / math.tan(turned), 3))
    why = "eyes look the same way, with a shifted lens, and pictures are not bent as for a headset."
    given.report.note("vr_eye_angle", "changed", why, given.values.get("vr_eye_angle"))
    given.carried("output.vr", "vr_mode")
    given.carried("output.vr_eyes", "vr_ipd")
    given.carried("output.vr_screen", "vr_eye_angle")


def _diffusion(given: Given, draft: Draft, clock: Clock, folder: Path) -> None:
    common: dict[str, Any] = {"clock": clock, "dialect": "disco", "keep_in_range": True}
    steps = "video_init_steps" if draft.tables["video"] and given.has("video_init_steps") else "steps"
    given.lane(draft, steps, "steps", **common)
    sampler = given.word("diffusion_sampling_mode").strip().lower()
    if sampler not in ("ddim", "plms"):
        given.report.note("diffusion_sampling_mode", "missing", "is not known: ddim is taken.", sampler)
    draft.put("diffusion.sampler", sampler if sampler in ("ddim", "plms") else "ddim")
    given.carried("diffusion.sampler", "diffusion_sampling_mode")
    given.lane(draft, "eta", "eta", **common)
    image = given.values.get("init_image")
    if image is not None and str(image)[:1000].strip().lower() not in ("", "none"):
        init_image_of(given, draft, folder)
    _strength(given, draft, clock)


def _strength(given: Given, draft: Draft, clock: Clock) -> None:
    """1 minus the share of the steps that are skipped; at frame 0 over an init image, its own."""
    text = given.word("frames_skip_steps").strip()
    share = re.fullmatch(r"(\d{1,3})\s*%", text)
    if share is None or int(share[1]) > 100:
        given.report.note("frames_skip_steps", "missing", 'is no share such as "60%", which is taken.', text)
    skipped = int(share[1]) / 100 if share and int(share[1]) <= 100 else 0.6
    strength: float | str = round(1.0 - skipped, 6)
    if "motion" in draft.tables["video"]:
        steps = max(given.number("video_init_steps", "steps", otherwise=250), 1)
        first = round(
            1.0 - min(max(given.number("video_init_skip_steps", otherwise=50) / steps, 0.0), 1.0), 6
        )
        strength = f"0: ({first}) hold, 1: ({strength})"
        given.carried("diffusion.strength", "video_init_skip_steps")
    elif "init_image" in draft.tables[""]:
        steps = max(given.number("steps", otherwise=250), 1)
        first = round(1.0 - min(max(given.number("skip_steps", otherwise=10) / steps, 0.0), 1.0), 6)
        strength = f"0: ({first}) hold, 1: ({strength})"
        given.carried("diffusion.strength", "skip_steps")
    draft.put("diffusion.strength", strength)
    given.carried("diffusion.strength", "frames_skip_steps")


def _prompts(given: Given, draft: Draft) -> None:
    source = given.values.get("text_prompts")
    keyed: dict[int, list[str]] = {}
    for key, value in (source if isinstance(source, Mapping) else {}).items():
        texts = [value] if isinstance(value, str) else value
        digits = str(key).strip()
        right = re.fullmatch(r"[0-9]{1,9}", digits) is not None
        if (
            not right
            or not isinstance(texts, list)
            or not all(isinstance(text, str) for text in texts)
            or not texts
        ):
            why = "is no list of texts." if right else "is no key: allowed is a whole frame."
            given.report.note(f"text_prompts.{key}", "missing", why, value)
            continue
        keyed[int(digits)] = [text.replace("\0", " ") for text in texts]
    if not keyed:
        keyed = {0: [""]}
        given.report.note("text_prompts", "missing", "there is no prompt: the project has an empty one.")
    for frame, texts in sorted(keyed.items()):
        draft.put(f"prompts.{frame}", texts)
    given.carried("prompts", "text_prompts")
