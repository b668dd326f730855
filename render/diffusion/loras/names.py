"""The names of a LoRA's tensors, as the programs that train them write them.

Importable without torch, since a plan reads them. diffusers' own converters do the same for kohya's names, but not for
DiffSynth's, nor without importing torch and diffusers; the flow families' names, which are many, are left to them.
Every name says three things: which part of the model it is for, which module there, and whether the tensor is the
`down` (A), the `up` (B) or the `alpha` of that module:

    unet.down_blocks.1.attentions.0...to_q.lora_A.weight            diffusers, peft
    lora_unet_down_blocks_1_attentions_0_..._to_q.lora_down.weight   kohya, with diffusers' names
    lora_unet_input_blocks_4_1_..._to_q.lora_down.weight             kohya, with Stability's names
    blocks.7.transformer_blocks.0.attn1.to_q.lora_A.default.weight   DiffSynth-Studio (SDXL and Kolors)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

Role = Literal["down", "up", "alpha", "other"]
Key = tuple[str, str]  # part and module
DIFFSYNTH, KOHYA, DIFFUSERS, UNKNOWN = "DiffSynth", "kohya", "diffusers", "unknown"
DENOISER = "denoiser"
ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")
UNET_BLOCKS = ("down_blocks.", "mid_block.", "up_blocks.")
Value = TypeVar("Value")

_ROLES: Mapping[Role, str] = {
    "down": r"\.lora_A(\.(?!weight)\w+)?\.weight|(\.lora_|[._]lora\.|\.lora_linear_layer\.)down\.weight",
    "up": r"\.lora_B(\.(?!weight)\w+)?\.weight|(\.lora_|[._]lora\.|\.lora_linear_layer\.)up\.weight",
    "alpha": r"\.alpha",
}
_KOHYA = {"lora_unet_": DENOISER, "lora_te_": ENCODERS[0], "lora_te1_": ENCODERS[0], "lora_te2_": ENCODERS[1]}
_KOHYA_WRITES = {part: start for start, part in _KOHYA.items()}  # of two starts of a part, the later one
_DOTTED = {
    "unet.": DENOISER,
    "transformer.": DENOISER,
    "diffusion_model.": DENOISER,
    **{f"{encoder}.": encoder for encoder in ENCODERS},
}
# words of module names that have an underscore of their own, the longest of those that begin alike first
_WORD = re.compile(
    "down_blocks|mid_block|up_blocks|transformer_blocks|text_model|self_attn|time_embedding|add_embedding|"
    "time_emb_proj|conv_shortcut|conv_norm_out|conv_in|conv_out|encoder_hid_proj|text_projection|token_embedding|"
    "position_embedding|layer_norm1|layer_norm2|proj_in|proj_out|out_proj|q_proj|k_proj|v_proj|linear_1|linear_2|"
    "to_q|to_k|to_v|to_out"
)
_DIFFSYNTH = {  # the attention blocks in DiffSynth's one list of SDXL's blocks; Kolors has the same
    7: "down_blocks.1.attentions.0",
    10: "down_blocks.1.attentions.1",
    15: "down_blocks.2.attentions.0",
    18: "down_blocks.2.attentions.1",
    21: "mid_block.attentions.0",
    25: "up_blocks.0.attentions.0",
    28: "up_blocks.0.attentions.1",
    31: "up_blocks.0.attentions.2",
    35: "up_blocks.1.attentions.0",
    38: "up_blocks.1.attentions.1",
    41: "up_blocks.1.attentions.2",
}
_DIFFSYNTH_BLOCK = re.compile(r"blocks\.(\d+)\.(.+)")
_STABILITY_BLOCK = re.compile(r"(input|middle|output)_blocks?_(\d+)_(?:(\d+)_)?(.+)")
_MIDDLE = ("resnets.0", "attentions.0", "resnets.1")
_RESNET = {
    "in_layers_0": "norm1",
    "in_layers_2": "conv1",
    "emb_layers_1": "time_emb_proj",
    "out_layers_0": "norm2",
    "out_layers_3": "conv2",
    "skip_connection": "conv_shortcut",
}
_OUTSIDE_BLOCKS = {
    "input_blocks_0_0": "conv_in",
    "time_embed_0": "time_embedding.linear_1",
    "time_embed_2": "time_embedding.linear_2",
    "label_emb_0_0": "add_embedding.linear_1",
    "label_emb_0_2": "add_embedding.linear_2",
    "out_0": "conv_norm_out",
    "out_2": "conv_out",
}


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a tensor belongs: `part` of the model (DENOISER, or the name of a text encoder), `module` there by
    its dotted name in diffusers, and its `role`. `form` is the naming that it was read from."""

    part: str
    module: str
    role: Role
    form: str

    @property
    def key(self) -> Key:
        """Its part and module."""
        return self.part, self.module


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
    if block := _DIFFSYNTH_BLOCK.fullmatch(stem):
        home = _DIFFSYNTH.get(int(block[1]))
        module = f"{home}.{tidy(block[2])}" if home else stem
        return Spot(part=DENOISER, module=module, role=role, form=DIFFSYNTH if home else UNKNOWN)
    for prefix, part in _DOTTED.items():
        if stem.startswith(prefix):
            return Spot(part=part, module=tidy(stem.removeprefix(prefix)), role=role, form=DIFFUSERS)
    form = DIFFUSERS if stem.startswith((*UNET_BLOCKS, "transformer_blocks.")) else UNKNOWN
    return Spot(part=DENOISER, module=tidy(stem), role=role, form=form)


def halves(values: Mapping[str, Value], spots: Mapping[str, Spot]) -> dict[Key, dict[str, Value]]:
    """Sort values of a file's tensors, given by name, into pairs by part and module: {"down": ..., "up": ...}."""
    found: dict[Key, dict[str, Value]] = {}
    for name, value in values.items():
        if spots[name].role in ("down", "up"):
            found.setdefault(spots[name].key, {})[spots[name].role] = value
    return found


def diffusers_name(part: str, module: str) -> str:
    """Return a module's name in LoRA files, which keep CLIP's old names."""
    return module if part == DENOISER or module == "text_projection" else f"text_model.{module}"


def kohya_name(part: str, module: str, *, encoders: int = 2) -> str:
    """Return kohya's name of a module; the text encoder of a model that has only one gets no number."""
    prefix = "lora_te_" if part == ENCODERS[0] and encoders < 2 else _KOHYA_WRITES[part]
    return prefix + flat(diffusers_name(part, module))


def tidy(module: str) -> str:
    """Return a module's name as it is in today's diffusers and transformers."""
    module = module.replace(".processor.", ".").removeprefix("text_model.")
    return re.sub(r"\.to_out$", ".to_out.0", re.sub(r"\.to_(q|k|v|out)_lora$", r".to_\1", module))


def flat(module: str) -> str:
    """Return a dotted name with underscores, as kohya writes it; no two modules of a model get the same."""
    return module.replace(".", "_")


def dotted(module: str) -> str:
    """Undo flat, for the modules of UNets and CLIP."""
    kept = _WORD.sub(lambda word: word[0].replace("_", "\0"), module)
    return kept.replace("_", ".").replace("\0", "_")


def stability_module(module: str, layers: int) -> str | None:
    """Return diffusers' dotted name of a module that kohya's tools wrote with the names of Stability's code.

    That code counts the blocks of each side with their samplers; `layers` is the UNet's layers_per_block. None for a
    name of another kind.
    """
    if module in _OUTSIDE_BLOCKS:
        return _OUTSIDE_BLOCKS[module]
    found = _STABILITY_BLOCK.fullmatch(module)
    if found is None:
        return None
    side, number, place, rest = found[1], int(found[2]), int(found[3] or 0), found[4]
    if side == "middle":
        rest = module.removeprefix(f"middle_block_{number}_")
        return f"mid_block.{_MIDDLE[min(number, 2)]}.{_RESNET.get(rest) or dotted(rest)}"
    block, layer = divmod(number - 1 if side == "input" else number, layers + 1)
    home = f"{'down' if side == 'input' else 'up'}_blocks.{block}"
    if rest == "op":
        return f"{home}.downsamplers.0.conv"
    if rest == "conv":
        return f"{home}.upsamplers.0.conv"
    inner = "resnets" if place == 0 else "attentions"
    return f"{home}.{inner}.{layer}.{_RESNET.get(rest) or dotted(rest)}"


def _split(name: str) -> tuple[str, Role]:
    for role, pattern in _ROLES.items():
        if found := re.search(f"(?:{pattern})$", name):
            return name[: found.start()], role
    return name, "other"
