"""Tiny IP-Adapters with random weights, in the published layout: one file, and a picture encoder in image_encoder/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

SIDE, SEEN, PROJECTED, TOKENS = 32, 16, 12, 4


def tiny_adapter(
    folder: Path, denoiser: Any, *, parts: bool = False, seed: int = 0, name: str = "ip-adapter.safetensors"
) -> Path:
    """Save an IP-Adapter for a UNet; the kind that reads `parts` of pictures is called "plus"."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    width = int(denoiser.config.cross_attention_dim)
    state = _resampler(width) if parts else _projection(width)
    number = 1
    for layer, processor in denoiser.attn_processors.items():
        if layer.endswith("attn2.processor"):
            del processor
            size = denoiser.get_submodule(layer.removesuffix(".processor")).to_q.out_features
            for half in ("k", "v"):
                state[f"ip_adapter.{number}.to_{half}_ip.weight"] = torch.randn(size, width) * 0.3
            number += 2
    save_file(state, folder / name)
    if not (folder / "image_encoder").exists():
        _encoder(folder / "image_encoder")
    return folder / name


def _projection(width: int) -> dict[str, torch.Tensor]:
    return {
        "image_proj.proj.weight": torch.randn(TOKENS * width, PROJECTED),
        "image_proj.proj.bias": torch.randn(TOKENS * width),
        "image_proj.norm.weight": torch.ones(width),
        "image_proj.norm.bias": torch.zeros(width),
    }


def _resampler(width: int) -> dict[str, torch.Tensor]:
    inner = 64  # one head of 64, as diffusers reads them
    shapes = {
        "latents": (1, TOKENS, inner),
        "proj_in.weight": (inner, SEEN),
        "proj_in.bias": (inner,),
        "proj_out.weight": (width, inner),
        "proj_out.bias": (width,),
        "norm_out.weight": (width,),
        "norm_out.bias": (width,),
    }
    for layer in range(4):  # as many as diffusers expects
        shapes |= {
            f"layers.{layer}.0.norm1.weight": (inner,),
            f"layers.{layer}.0.norm1.bias": (inner,),
            f"layers.{layer}.0.norm2.weight": (inner,),
            f"layers.{layer}.0.norm2.bias": (inner,),
            f"layers.{layer}.0.to_q.weight": (inner, inner),
            f"layers.{layer}.0.to_kv.weight": (2 * inner, inner),
            f"layers.{layer}.0.to_out.weight": (inner, inner),
            f"layers.{layer}.1.0.weight": (inner,),
            f"layers.{layer}.1.0.bias": (inner,),
            f"layers.{layer}.1.1.weight": (4 * inner, inner),
            f"layers.{layer}.1.3.weight": (inner, 4 * inner),
        }
    return {f"image_proj.{name}": torch.randn(shape) * 0.3 for name, shape in shapes.items()}


def _encoder(folder: Path) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(9)
    config = CLIPVisionConfig(
        hidden_size=SEEN,
        intermediate_size=24,
        num_hidden_layers=3,
        num_attention_heads=2,
        image_size=SIDE,
        patch_size=8,
        projection_dim=PROJECTED,
    )
    encoder = CLIPVisionModelWithProjection(config)
    with torch.no_grad():  # fresh weights see next to no difference between pictures
        for weight in encoder.parameters():
            weight.mul_(3.0)
    encoder.save_pretrained(str(folder))
