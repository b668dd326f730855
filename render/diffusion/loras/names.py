"""The names of a LoRA's tensors, as the programs that train them write them.

Importable without torch. Every name says three things: which part of the model it is for, which module there,
and whether the tensor is the `down` (A), the `up` (B) or the `alpha` of that module:

    unet.down_blocks.1.attentions.0...to_q.lora_A.weight            diffusers, peft
    lora_unet_down_blocks_1_attentions_0_..._to_q.lora_down.weight   kohya, with diffusers' names
    lora_unet_input_blocks_4_1_..._to_q.lora_down.weight             kohya, with Stability's names
    blocks.7.transformer_blocks.0.attn1.to_q.lora_A.default.weight   DiffSynth-Studio (SDXL and Kolors)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from render.diffusion.loras.blocks import diffsynth_module, stability_module
from render.diffusion.loras.underscores import dotted, flat

Role = Literal["down", "up", "alpha", "other"]
DIFFSYNTH, KOHYA, DIFFUSERS, UNKNOWN = "DiffSynth", "kohya", "diffusers", "unknown"
DENOISER = "denoiser"
ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")

_ROLES: tuple[tuple[str, Role], ...] = (
    (r"\.lora_A(\.(?!weight)\w+)?\.weight|\.lora_down\.weight|[._]lora\.down\.weight", "down"),
    (r"\.lora_B(\.(?!weight)\w+)?\.weight|\.lora_up\.weight|[._]lora\.up\.weight", "up"),
    (r"\.lora_linear_layer\.down\.weight", "down"),
    (r"\.lora_linear_layer\.up\.weight", "up"),
    (r"\.alpha", "alpha"),
)
_KOHYA = {"lora_unet_": DENOISER, "lora_te_": ENCODERS[0], "lora_te1_": ENCODERS[0], "lora_te2_": ENCODERS[1]}
_KOHYA_SAYS = {ENCODERS[0]: "lora_te1_", ENCODERS[1]: "lora_te2_", DENOISER: "lora_unet_"}
_DOTTED = {
    "unet.": DENOISER,
    "transformer.": DENOISER,
    "diffusion_model.": DENOISER,
    **{f"{encoder}.": encoder for encoder in ENCODERS},
}
_BLOCKS = re.compile(r"blocks\.(\d+)\.(.+)")


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a tensor belongs: `part` of the model (DENOISER, or the name of a text encoder), `module` there by
    its dotted name in diffusers, and its `role`. `form` is the naming that it was read from."""

    part: str
    module: str
    role: Role
    form: str


def read_name(name: str, *, layers: int = 2) -> Spot:
    """Return what a tensor's name says; `form` is UNKNOWN for one that no trainer writes.

    `layers` is the UNet's layers_per_block, 2 in every published one, which Stability's names count.
    """
    stem, role = _split(name.removeprefix("base_model.model."))
    for start, part in _KOHYA.items():
        if stem.startswith(start):
            module = stem.removeprefix(start)
            found = stability_module(module, layers) if part == DENOISER else None
            return Spot(part=part, module=tidy(found or dotted(module)), role=role, form=KOHYA)
    if block := _BLOCKS.fullmatch(stem):
        home = diffsynth_module(int(block[1]), block[2])
        return Spot(part=DENOISER, module=home or stem, role=role, form=DIFFSYNTH if home else UNKNOWN)
    for prefix, part in _DOTTED.items():
        if stem.startswith(prefix):
            return Spot(part=part, module=tidy(stem.removeprefix(prefix)), role=role, form=DIFFUSERS)
    known = stem.startswith(("down_blocks.", "mid_block.", "up_blocks.", "transformer_blocks."))
    return Spot(part=DENOISER, module=tidy(stem), role=role, form=DIFFUSERS if known else UNKNOWN)


def kohya_name(part: str, module: str, *, encoders: int = 2) -> str:
    """Return the name that kohya's tools have for a module; of one text encoder alone without a number."""
    prefix = "lora_te_" if part == ENCODERS[0] and encoders < 2 else _KOHYA_SAYS[part]
    inner = f"text_model.{module}" if part != DENOISER and not module.startswith("text_") else module
    return prefix + flat(inner)


def tidy(module: str) -> str:
    """Return a module's name as it is in today's diffusers and transformers."""
    module = module.replace(".processor.", ".").removeprefix("text_model.")
    return re.sub(r"\.to_out$", ".to_out.0", re.sub(r"\.to_(q|k|v|out)_lora$", r".to_\1", module))


def _split(name: str) -> tuple[str, Role]:
    for pattern, role in _ROLES:
        if found := re.search(f"(?:{pattern})$", name):
            return name[: found.start()], role
    return name, "other"
