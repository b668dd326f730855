"""Which family's denoiser a file holds, by the names of its tensors. Importable without torch.

A denoiser is stored under diffusers' names, or under those of the code that it was trained with, which diffusers
converts; single files and GGUF files mostly have the second. (diffusers' infer_diffusers_model_type knows only the
second, takes what it does not know for Stable Diffusion, and imports torch.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "model.diffusion_model."
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Layout:
    """How a family's denoiser is stored; lists are words in a text.

    A file has the first layout all of whose `needs` are among its tensors. `stacks` ("start setting" pairs): how the
    names of a stack of blocks start, and the setting of the model's config that counts them. `inputs` ("end setting"
    pairs): how a tensor's name ends, and the setting that its second dimension is. `guidance`: how the names start that
    only models with an input for the guidance scale have.
    """

    family: str
    needs: str
    stacks: str = ""
    inputs: str = ""
    guidance: str = ""


_CHROMA = "distilled_guidance_layer.in_proj.weight"
_FLUX_BLOCKS = "double_blocks. num_layers single_blocks. num_single_layers"
_OWN_BLOCKS = "transformer_blocks. num_layers single_transformer_blocks. num_single_layers"
_FLUX_INPUTS = "img_in.weight in_channels txt_in.weight joint_attention_dim"
_OWN_INPUTS = "x_embedder.weight in_channels context_embedder.weight joint_attention_dim"
_ONE_STACK = "transformer_blocks. num_layers"
_UNET_INPUTS = "conv_in.weight in_channels attn2.to_k.weight cross_attention_dim"
_STABILITY_INPUTS = "input_blocks.0.0.weight in_channels attn2.to_k.weight cross_attention_dim"
_Z_BLOCKS = "layers. n_layers context_refiner. n_refiner_layers"
_Z_INPUTS = "cap_embedder.1.weight cap_feat_dim"

LAYOUTS: tuple[Layout, ...] = (
    Layout("chroma", f"{_CHROMA} double_blocks.0.img_attn.qkv.weight", _FLUX_BLOCKS, _FLUX_INPUTS),
    Layout("chroma", f"{_CHROMA} single_transformer_blocks.0.proj_out.weight", _OWN_BLOCKS, _OWN_INPUTS),
    Layout(
        "flux",
        "double_blocks.0.img_attn.norm.key_norm.scale single_blocks.0.linear1.weight",
        _FLUX_BLOCKS,
        _FLUX_INPUTS,
        guidance="guidance_in.",
    ),
    Layout(
        "flux",
        "single_transformer_blocks.0.norm.linear.weight norm_out.linear.weight",
        _OWN_BLOCKS,
        _OWN_INPUTS,
        guidance="time_text_embed.guidance_embedder.",
    ),
    Layout(
        "sd3",
        "joint_blocks.0.context_block.adaLN_modulation.1.bias x_embedder.proj.weight",
        "joint_blocks. num_layers",
        "x_embedder.proj.weight in_channels context_embedder.weight joint_attention_dim",
    ),
    Layout(
        "sd3",
        "pos_embed.proj.weight transformer_blocks.0.attn.add_q_proj.weight norm_out.linear.weight",
        _ONE_STACK,
        "pos_embed.proj.weight in_channels context_embedder.weight joint_attention_dim",
    ),
    Layout(
        "qwen-image",
        "transformer_blocks.0.img_mod.1.weight txt_norm.weight norm_out.linear.weight",
        _ONE_STACK,
        _FLUX_INPUTS,
    ),
    Layout(
        "z-image", "layers.0.adaLN_modulation.0.weight layers.0.attention.qkv.weight", _Z_BLOCKS, _Z_INPUTS
    ),
    Layout(
        "z-image", "layers.0.adaLN_modulation.0.weight layers.0.attention.to_q.weight", _Z_BLOCKS, _Z_INPUTS
    ),
    Layout(
        "sana-sprint",
        "caption_projection.linear_1.weight patch_embed.proj.weight proj_out.weight",
        _ONE_STACK,
        "patch_embed.proj.weight in_channels caption_projection.linear_1.weight caption_channels",
        guidance="time_embed.guidance_embedder.",
    ),
    Layout("sdxl", "input_blocks.0.0.weight label_emb.0.0.weight", inputs=_STABILITY_INPUTS),
    Layout("sd", "input_blocks.0.0.weight out.2.weight", inputs=_STABILITY_INPUTS),
    Layout("kolors", "conv_in.weight conv_out.weight encoder_hid_proj.weight", inputs=_UNET_INPUTS),
    Layout("sdxl", "conv_in.weight conv_out.weight add_embedding.linear_1.weight", inputs=_UNET_INPUTS),
    Layout("sd", "conv_in.weight conv_out.weight time_embedding.linear_1.weight", inputs=_UNET_INPUTS),
)


def own_names(names: Iterable[str]) -> dict[str, str]:
    """Return the names of a denoiser's tensors as they are in the file, by their bare names.

    In files of whole models, and in some of denoisers, all names of the denoiser begin alike; where any does, the
    others belong to other parts.
    """
    every = tuple(names)
    started = {name.removeprefix(PREFIX): name for name in every if name.startswith(PREFIX)}
    return started or {name: name for name in every}


def layout_of(shapes: Shapes) -> Layout | None:
    """Return the layout of a denoiser's tensors, by bare name; None for those of anything else."""
    return next((layout for layout in LAYOUTS if all(name in shapes for name in layout.needs.split())), None)


def misfits(layout: Layout, shapes: Shapes, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield, in words, what of a file's denoiser differs from the model's config."""
    for start, key in _pairs(layout.stacks):
        count = len({name[len(start) :].partition(".")[0] for name in shapes if name.startswith(start)})
        if isinstance(config.get(key), int) and count != config[key]:
            yield f"{count} blocks {start.rstrip('.')}, and the model has {config[key]} ({key})"
    for end, key in _pairs(layout.inputs):
        wide = next((shape[1] for name, shape in shapes.items() if name.endswith(end)), None)
        if isinstance(config.get(key), int) and wide is not None and wide != config[key]:
            yield f"{key} {wide}, and the model has {config[key]}"
    if layout.guidance:
        guided = any(name.startswith(layout.guidance) for name in shapes)
        if guided and not config.get("guidance_embeds"):
            yield "an input for the guidance scale, and the model has none"
        elif not guided and config.get("guidance_embeds"):
            yield "no input for the guidance scale, and the model has one"


def _pairs(words: str) -> Iterator[tuple[str, str]]:
    names = iter(words.split())
    return zip(names, names, strict=True)
