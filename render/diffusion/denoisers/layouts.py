"""Which family's denoiser a file holds, by the names of its tensors. Importable without torch.

A denoiser is stored under diffusers' own names, or under those of the code that it was trained with, which diffusers
converts; single files and GGUF files mostly have the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PREFIX = "model.diffusion_model."
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a family's denoiser is stored.

    A file is of it that has all tensors of `needs` and none of `lacks`. `stacks`: the start of a stack of blocks'
    names and the setting of the model's config that counts them. `inputs`: the end of a tensor's name, and the
    setting that its second dimension is. `guidance`: how the names start that only models which are told their guidance
    have.
    """

    family: str
    needs: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    stacks: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    guidance: str = ""


_FLUX_BLOCKS = {"double_blocks.": "num_layers", "single_blocks.": "num_single_layers"}
_OWN_BLOCKS = {"transformer_blocks.": "num_layers", "single_transformer_blocks.": "num_single_layers"}
_FLUX_INPUTS = {"img_in.weight": "in_channels", "txt_in.weight": "joint_attention_dim"}
_OWN_INPUTS = {"x_embedder.weight": "in_channels", "context_embedder.weight": "joint_attention_dim"}
_TEXT = "attn2.to_k.weight"
_CHROMA = "distilled_guidance_layer.in_proj.weight"

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        family="flux",
        needs=("double_blocks.0.img_attn.norm.key_norm.scale", "single_blocks.0.linear1.weight"),
        lacks=(_CHROMA,),
        stacks=_FLUX_BLOCKS,
        inputs=_FLUX_INPUTS,
        guidance="guidance_in.",
    ),
    Layout(
        family="flux",
        needs=("single_transformer_blocks.0.norm.linear.weight", "norm_out.linear.weight"),
        lacks=(_CHROMA,),
        stacks=_OWN_BLOCKS,
        inputs=_OWN_INPUTS,
        guidance="time_text_embed.guidance_embedder.",
    ),
    Layout(
        family="chroma",
        needs=(_CHROMA, "double_blocks.0.img_attn.qkv.weight"),
        stacks=_FLUX_BLOCKS,
        inputs=_FLUX_INPUTS,
    ),
    Layout(
        family="chroma",
        needs=(_CHROMA, "single_transformer_blocks.0.proj_out.weight"),
        stacks=_OWN_BLOCKS,
        inputs=_OWN_INPUTS,
    ),
    Layout(
        family="sd3",
        needs=("joint_blocks.0.context_block.adaLN_modulation.1.bias", "x_embedder.proj.weight"),
        stacks={"joint_blocks.": "num_layers"},
        inputs={"x_embedder.proj.weight": "in_channels", "context_embedder.weight": "joint_attention_dim"},
    ),
    Layout(
        family="sd3",
        needs=(
            "pos_embed.proj.weight",
            "transformer_blocks.0.attn.add_q_proj.weight",
            "norm_out.linear.weight",
        ),
        stacks={"transformer_blocks.": "num_layers"},
        inputs={"pos_embed.proj.weight": "in_channels", "context_embedder.weight": "joint_attention_dim"},
    ),
    Layout(
        family="qwen-image",
        needs=("transformer_blocks.0.img_mod.1.weight", "txt_norm.weight", "norm_out.linear.weight"),
        stacks={"transformer_blocks.": "num_layers"},
        inputs=_FLUX_INPUTS,
    ),
    *(
        Layout(
            family="z-image",
            needs=("layers.0.adaLN_modulation.0.weight", f"layers.0.attention.{query}.weight"),
            stacks={"layers.": "n_layers", "context_refiner.": "n_refiner_layers"},
            inputs={"cap_embedder.1.weight": "cap_feat_dim"},
        )
        for query in ("qkv", "to_q")
    ),
    Layout(
        family="sana-sprint",
        needs=("caption_projection.linear_1.weight", "patch_embed.proj.weight", "proj_out.weight"),
        stacks={"transformer_blocks.": "num_layers"},
        inputs={
            "patch_embed.proj.weight": "in_channels",
            "caption_projection.linear_1.weight": "caption_channels",
        },
        guidance="time_embed.guidance_embedder.",
    ),
    Layout(
        family="sdxl",
        needs=("input_blocks.0.0.weight", "label_emb.0.0.weight"),
        inputs={"input_blocks.0.0.weight": "in_channels", _TEXT: "cross_attention_dim"},
    ),
    Layout(
        family="sd",
        needs=("input_blocks.0.0.weight", "out.2.weight"),
        lacks=("label_emb.0.0.weight",),
        inputs={"input_blocks.0.0.weight": "in_channels", _TEXT: "cross_attention_dim"},
    ),
    Layout(
        family="kolors",
        needs=("conv_in.weight", "conv_out.weight", "encoder_hid_proj.weight"),
        inputs={"conv_in.weight": "in_channels", _TEXT: "cross_attention_dim"},
    ),
    Layout(
        family="sdxl",
        needs=("conv_in.weight", "conv_out.weight", "add_embedding.linear_1.weight"),
        lacks=("encoder_hid_proj.weight",),
        inputs={"conv_in.weight": "in_channels", _TEXT: "cross_attention_dim"},
    ),
    Layout(
        family="sd",
        needs=("conv_in.weight", "conv_out.weight", "time_embedding.linear_1.weight"),
        lacks=("encoder_hid_proj.weight", "add_embedding.linear_1.weight"),
        inputs={"conv_in.weight": "in_channels", _TEXT: "cross_attention_dim"},
    ),
)


def own_names(names: Iterable[str]) -> dict[str, str]:
    """Return the names of a denoiser's tensors as they are in the file, by their bare names.

    Whole models' files, and some denoisers', begin all names of a denoiser alike; where any does, the others are of
    other parts.
    """
    every = tuple(names)
    started = {name.removeprefix(PREFIX): name for name in every if name.startswith(PREFIX)}
    return started or {name: name for name in every}


def layout_of(shapes: Shapes) -> Layout | None:
    """Return the layout of a denoiser's tensors, by bare name; None where they are no denoiser known here."""
    return next(
        (
            layout
            for layout in LAYOUTS
            if all(name in shapes for name in layout.needs)
            and not any(name in shapes for name in layout.lacks)
        ),
        None,
    )


def misfits(layout: Layout, shapes: Shapes, config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what of a file's denoiser is not as the model's config has it, in words."""
    for start, key in layout.stacks.items():
        if isinstance(config.get(key), int) and (count := _blocks(shapes, start)) != config[key]:
            yield f"{count} blocks {start.rstrip('.')}, and the model has {config[key]} ({key})"
    for end, key in layout.inputs.items():
        wide = next((shape[1] for name, shape in shapes.items() if name.endswith(end)), None)
        if isinstance(config.get(key), int) and wide is not None and wide != config[key]:
            yield f"{key} {wide}, and the model has {config[key]}"
    if layout.guidance:
        told = any(name.startswith(layout.guidance) for name in shapes)
        if told != bool(config.get("guidance_embeds")):
            yield (
                "an input for the guidance scale, and the model has none"
                if told
                else "no input for the guidance scale, and the model has one"
            )


def _blocks(shapes: Shapes, start: str) -> int:
    return len({name[len(start) :].partition(".")[0] for name in shapes if name.startswith(start)})
