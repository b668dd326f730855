"""Tiny ControlNets with random weights, saved in the ordinary diffusers folder format.

As they are made they say nothing: what leads out of them is zero at birth. So that is given random values too.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

_UNET: Mapping[str, Any] = {
    "layers_per_block": 1,
    "block_out_channels": (16, 32),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "attention_head_dim": 8,
    "norm_num_groups": 8,
    "conditioning_embedding_out_channels": (4, 4, 8, 8),
}
_SIZED: Mapping[str, Any] = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8}
_FLUX: Mapping[str, Any] = {
    "patch_size": 1,
    "in_channels": 16,
    "num_layers": 1,
    "num_single_layers": 1,
    "attention_head_dim": 16,
    "num_attention_heads": 2,
    "joint_attention_dim": 32,
    "pooled_projection_dim": 16,
    "axes_dims_rope": (4, 6, 6),
}
_SD3: Mapping[str, Any] = {
    "sample_size": 8,
    "patch_size": 2,
    "in_channels": 4,
    "out_channels": 4,
    "num_layers": 1,
    "attention_head_dim": 8,
    "num_attention_heads": 4,
    "joint_attention_dim": 64,
    "caption_projection_dim": 32,
    "pooled_projection_dim": 24,
    "pos_embed_max_size": 16,
}
CONFIGS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "sd": ("ControlNetModel", {**_UNET, "cross_attention_dim": 32}),
    "sd-pooled": ("ControlNetModel", {**_UNET, "cross_attention_dim": 32, "global_pool_conditions": True}),
    "sdxl": (
        "ControlNetModel",
        {
            **_UNET,
            **_SIZED,
            "cross_attention_dim": 72,
            "projection_class_embeddings_input_dim": 16 + 6 * 8,
        },
    ),
    "kolors": (
        "ControlNetModel",
        {
            **_UNET,
            **_SIZED,
            "cross_attention_dim": 24,
            "encoder_hid_dim": 32,
            "encoder_hid_dim_type": "text_proj",
            "projection_class_embeddings_input_dim": 32 + 6 * 8,
        },
    ),
    "sd3": ("SD3ControlNetModel", _SD3),
    "sd3-pooled": ("SD3ControlNetModel", {**_SD3, "force_zeros_for_pooled_projection": False}),
    "sd3-without-places": (
        "SD3ControlNetModel",
        {
            **_SD3,
            "joint_attention_dim": None,
            "use_pos_embed": False,
            "pos_embed_type": None,
            "force_zeros_for_pooled_projection": False,
        },
    ),
    "flux": ("FluxControlNetModel", _FLUX),
    "flux-told": ("FluxControlNetModel", {**_FLUX, "guidance_embeds": True}),
    "flux-pixels": (
        "FluxControlNetModel",
        {**_FLUX, "conditioning_embedding_channels": 4, "patch_size": 2},
    ),
}


def tiny_control(folder: Path, kind: str, *, seed: int = 0, loudness: float = 0.3, **config: Any) -> Path:
    """Save a ControlNet that fits the tiny model of the same name."""
    name, usual = CONFIGS[kind]
    torch.manual_seed(seed)
    net = getattr(import_module("diffusers"), name)(**{**usual, **config})
    with torch.no_grad():
        for weight in net.parameters():
            if not bool(weight.any()):
                weight.normal_(std=loudness)
    net.save_pretrained(str(folder))
    return folder
