"""Settings of AnimateDiff prompt travel as projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keyframes import Clock

from .common import MODEL_SAMPLER, clean, note_model, our_sampler, put_seed, put_title
from .conversion import Conversion
from .report import as_number, carried, left_out
from .rewrite import IN_RANGE

LENGTH = 16  # of a film without a length

_CARRIED = carried(
    r"""
prompt_map | prompts | blended; after the last key the first one returns
prompt_fixed_ratio | prompts | the share of the way for which each prompt is held
head_prompt | prompts.prefix
tail_prompt | prompts.suffix
n_prompt | prompts.negative | the first of the list
name | title
seed | seed | the first of the list; below 0 becomes a number made from the file
steps | diffusion.steps
guidance_scale | diffusion.cfg_scale
clip_skip | diffusion.clipskip
scheduler | diffusion.sampler
output.fps | fps
path | model | named in a comment; set the model with --model
"""
)

_LEFT = left_out(
    r"""
is_single_prompt_mode | Reverie has one prompt per frame. | harmless: false
motion_module motion_lora_map base | Reverie has no motion networks; the camera of [motion] moves each frame into the
    next. | harmless: "", {}
vae_path | a model has its own; to replace it, write vae. | harmless: ""
lora_map | the LoRAs of a prompt are not carried over yet; write [lora.NAME]. | harmless: {}
controlnet_map | its pictures are in folders of that tool; write [control.NAME] with model and source. | harmless: {}
result | written by a run; not a setting. | harmless: any value
ip_adapter_map | its pictures are in folders of that tool; write [ip_adapter.NAME] with model and pictures. |
    harmless: {}
img2img_map region_map | a film starts from init_image. | harmless: {}
upscale_config stylize_config adetailer dynamic_config | Reverie does not stylise a finished film or find regions in
    it; to upscale, write output.upscale. | harmless: {}
lcm_map gradual_latent_hires_fix_map unet_batch_size compile tensor_rt context context_schedule use_xformers half_vae
    | concerns how the model runs, not the film. | harmless: any value
output.format output.encode_param | use reverie export. | harmless: any value
"""
)

TABLE = (*_CARRIED, *_LEFT)


def from_travel(job: Conversion) -> None:
    """Fill the project from the settings, and report on each."""
    job.report.written_by = "AnimateDiff prompt travel"
    output = job.values.get("output")
    flat = {name: value for name, value in job.values.items() if name != "output"}
    flat |= {f"output.{part}": value for part, value in output.items()} if isinstance(output, Mapping) else {}
    if isinstance(flat.get("seed"), list):
        flat["seed"] = (flat["seed"] or [-1])[0]
    job.values = flat
    put_title(job, "name")
    job.put("fps", job.number("output.fps", otherwise=8.0), "output.fps")
    put_seed(job, "seed")
    frames = _prompts(job)
    job.clock = Clock(frames=frames, fps=8.0, seed=0)
    job.lane("steps", "steps", change=IN_RANGE)
    job.lane("cfg_scale", "guidance_scale")
    job.lane("clipskip", "clip_skip", change=IN_RANGE)
    _sampler(job)
    note_model(job, "path")
    for setting, value in flat.items():
        if isinstance(value, Mapping) and setting != "prompt_map" and not _at_work(value):
            job.report.note(setting, "off", "switched off.")
    job.settle(TABLE)


def _at_work(part: Mapping[str, Any]) -> bool:
    """Whether a part of the settings, or anything in it, is enabled; a part without a switch is."""
    if "enable" in part:
        return part["enable"] is True
    inner = [value for value in part.values() if isinstance(value, Mapping)]
    switched = any("enable" in value for value in inner)
    return any(_at_work(value) for value in inner) if switched else bool(part)


def _prompts(job: Conversion) -> int:
    """Carry the prompts. Returns the number of frames."""
    keyed: dict[int, str] = {}
    for key, text in job.values["prompt_map"].items():
        at = as_number(key)
        if at is None or at < 0 or not at.is_integer() or not isinstance(text, str):
            job.report.note(f"prompt_map.{key}", "missing", "not a frame with a text.", text)
        else:
            keyed[int(at)] = clean(text)
    keyed = dict(sorted(keyed.items())) or {0: ""}
    frames = max(LENGTH, max(keyed) + 1)
    job.put("frames", frames)
    remark = (
        f"The file gives no length; the film has {frames} frames. If you change that, the prompts follow."
    )
    job.report.remarks.append(remark)
    ratio = job.limited("prompt_fixed_ratio", low=0.0, high=1.0, otherwise=0.5)
    _write(job, keyed, ratio if job.has("prompt_fixed_ratio") else 0.0, frames)
    if min(keyed) > 0:
        why = "before the first key AnimateDiff blends from the last prompt to the first; Reverie holds the first."
        job.report.note("prompt_map", "changed", why)
    for place, name in (("prefix", "head_prompt"), ("suffix", "tail_prompt")):
        if job.text(name).strip():
            job.put(f"prompts.{place}", clean(job.text(name)))
        job.carried(f"prompts.{place}", name)
    negative = job.values.get("n_prompt")
    texts = [str(text) for text in negative] if isinstance(negative, list) else [job.text("n_prompt")]
    if texts and texts[0].strip():
        job.put("prompts.negative", clean(texts[0].replace("--neg", " ")))
    if len(texts) > 1:
        job.changed("n_prompt", "a film has one negative prompt; using the first.")
    job.carried("prompts.negative", "n_prompt")
    job.carried("prompts", "prompt_map", "prompt_fixed_ratio")
    why = "Reverie mixes texts in a straight line; AnimateDiff, by default, along an arc."
    job.report.note("prompt_map", "changed", why)
    return frames


def _write(job: Conversion, keyed: Mapping[int, str], ratio: float, frames: int) -> None:
    """Write each prompt at its key and again where it stops being held; after the end the first one returns."""
    job.put("prompts.blend", "linear")
    at = list(keyed)
    for frame, after in zip(at, [*at[1:], None], strict=True):
        job.put(f"prompts.{frame}", keyed[frame])
        if after is not None:
            held = frame + int((after - frame) * ratio)
            if frame < held < after:
                job.put(f"prompts.{held}", keyed[frame])
        elif ratio < 1 and len(at) > 1 and int((frames - frame) * ratio) > 0:
            job.put(f"prompts.{frame} + floor({ratio:g}*(max_f + 1 - {frame}))", keyed[frame])
    if len(at) > 1 and ratio < 1 and at[0] == 0:
        job.put("prompts.max_f + 1", keyed[at[0]])


def _sampler(job: Conversion) -> None:
    word = job.text("scheduler")
    if not word:
        return
    found = our_sampler(word)
    if found is None:
        why = f"Reverie has no sampler {word[:100]}; using the model's own."
        job.report.note("scheduler", "changed", why)
    job.put("diffusion.sampler", found or MODEL_SAMPLER, "scheduler")
