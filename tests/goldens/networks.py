"""Tiny real models with random weights, and the networks beside them, that golden projects name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file

from .. import tiny_families
from ..tiny import tiny_sd, tiny_sdxl
from ..tiny_adapter import tiny_adapter
from ..tiny_clip import tiny_clip, tiny_decoder
from ..tiny_control import tiny_control

FAMILIES = ("sdxl", "kolors", "sd3", "flux", "chroma", "qwen", "zimage", "sana")
_ATTENTION = "attentions.0.transformer_blocks.0.attn1"


def write_networks(folder: Path, families: Sequence[str] = FAMILIES) -> Path:
    """Write them beside the inputs: `sd` and what goes with it, and a model of each other family."""
    from diffusers import UNet2DConditionModel

    tiny_sd(folder / "sd")
    tiny_sd(folder / "sd two", seed=5)
    tiny_clip(folder / "sd" / "picture_text")
    tiny_decoder(folder / "taesd")
    tiny_control(folder / "edges two", "sd", seed=1)
    tiny_adapter(folder, UNet2DConditionModel.from_pretrained(str(folder / "sd" / "unet")))
    for family in families:
        make = tiny_sdxl if family == "sdxl" else getattr(tiny_families, f"tiny_{family}")
        make(folder / family)
    torch.manual_seed(4)
    for name, module in (
        ("style", f"down_blocks.1.{_ATTENTION}.to_q"),
        ("other", f"up_blocks.0.{_ATTENTION}.to_v"),
    ):
        state = {
            f"unet.{module}.lora_A.weight": torch.randn(4, 32),
            f"unet.{module}.lora_B.weight": torch.randn(32, 4),
        }
        save_file(state, folder / f"{name}.safetensors")
    save_file({"emb_params": torch.randn(3, 32)}, folder / "word.safetensors")
    return folder
