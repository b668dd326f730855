"""A tiny upscaling network with random weights, saved in the ordinary folder format."""

from __future__ import annotations

from pathlib import Path

import torch

WINDOW = 4


def tiny_upscaler(
    folder: Path, *, factor: int = 2, upsampler: str = "pixelshuffledirect", seed: int = 0
) -> Path:
    """Save a Swin2SR of two layers, in windows of 4 pixels."""
    from transformers import Swin2SRConfig, Swin2SRForImageSuperResolution

    torch.manual_seed(seed)
    config = Swin2SRConfig(
        embed_dim=8,
        depths=[2],
        num_heads=[2],
        window_size=WINDOW,
        image_size=16,
        upscale=factor,
        upsampler=upsampler,
        initializer_range=0.1,
    )
    Swin2SRForImageSuperResolution(config).save_pretrained(str(folder))
    return folder
