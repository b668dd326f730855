"""Tiny models with random weights, saved in the ordinary diffusers folder format.

They paint nothing worth seeing, but they are real models to every line of code that loads and runs one: a
folder with a model_index.json, safetensors weights, tokenizer files and a scheduler config. Sizes are chosen
so that a test paints 64x64 pixels in a few milliseconds. The VAE shrinks by 8, latents have 4 channels,
prompts have 24 tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

WINDOW = 24
_BETAS = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
EPSILON: Mapping[str, Any] = {
    "_class_name": "DDIMScheduler",
    **_BETAS,
    "clip_sample": False,
    "steps_offset": 1,
}
VELOCITY: Mapping[str, Any] = {**EPSILON, "prediction_type": "v_prediction"}
TURBO: Mapping[str, Any] = {
    "_class_name": "EulerAncestralDiscreteScheduler",
    **_BETAS,
    "timestep_spacing": "trailing",
}
PLMS: Mapping[str, Any] = {
    "_class_name": "PNDMScheduler",
    **_BETAS,
    "skip_prk_steps": True,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
LCM: Mapping[str, Any] = {"_class_name": "LCMScheduler", **_BETAS, "clip_sample": False, "steps_offset": 1}


def tiny_sd(
    folder: Path, *, scheduler: Mapping[str, Any] = EPSILON, guidance_dim: int | None = None, seed: int = 0
) -> Path:
    """Save a Stable Diffusion 1.x shaped model; `guidance_dim` gives it LCM's guidance embedding."""
    torch.manual_seed(seed)
    pipe = _diffusers().StableDiffusionPipeline(
        vae=_vae(),
        text_encoder=_text_encoder(32),
        tokenizer=_tokenizer(),
        unet=_unet(cross_attention_dim=32, time_cond_proj_dim=guidance_dim),
        scheduler=_scheduler(scheduler),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.save_pretrained(str(folder))
    return folder


def tiny_sdxl(
    folder: Path, *, scheduler: Mapping[str, Any] = EPSILON, zero_empty: bool = True, seed: int = 0
) -> Path:
    """Save an SDXL shaped model: two text encoders, pooled embedding and size conditioning."""
    torch.manual_seed(seed)
    pipe = _diffusers().StableDiffusionXLPipeline(
        vae=_vae(scaling_factor=0.13025),
        text_encoder=_text_encoder(32),
        text_encoder_2=_text_encoder(40, projection=16),
        tokenizer=_tokenizer(),
        tokenizer_2=_tokenizer(pad="!"),
        unet=_unet(
            cross_attention_dim=72,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=16 + 6 * 8,
        ),
        scheduler=_scheduler(scheduler),
        force_zeros_for_empty_prompt=zero_empty,
        add_watermarker=False,
    )
    pipe.save_pretrained(str(folder))
    return folder


def _unet(**extra: Any) -> Any:
    return _diffusers().UNet2DConditionModel(
        sample_size=8,
        layers_per_block=1,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=8,
        norm_num_groups=8,
        **extra,
    )


def _vae(**extra: Any) -> Any:
    return _diffusers().AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=4,
        sample_size=64,
        **extra,
    )


def _text_encoder(width: int, projection: int | None = None) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        vocab_size=514,
        hidden_size=width,
        intermediate_size=width * 2,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=WINDOW,
        projection_dim=projection or width,
        bos_token_id=512,
        eos_token_id=513,
    )
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config)


def _tokenizer(pad: str = "<|endoftext|>") -> Any:
    """Build CLIP's byte-level tokenizer without merges: one token for each byte."""
    from transformers import CLIPTokenizer

    letters = [_letter(byte) for byte in range(256)]
    names = letters + [letter + "</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: index for index, name in enumerate(names)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=WINDOW, pad_token=pad)


def _letter(byte: int) -> str:
    """Return the printable stand-in that byte-level tokenizers (GPT-2's table) use for one byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [other for other in range(256) if other not in printable].index(byte))


def _scheduler(config: Mapping[str, Any]) -> Any:
    settings = dict(config)
    return getattr(_diffusers(), settings.pop("_class_name"))(**settings)


def _diffusers() -> Any:
    """Return diffusers, untyped as it is."""
    return import_module("diffusers")


def tiny_depth(folder: Path, *, metric: bool = False, seed: int = 0) -> Path:
    """Save a Depth Anything shaped network with its image processor's settings; it looks at 56 pixels, in 14s."""
    from transformers import (
        DepthAnythingConfig,
        DepthAnythingForDepthEstimation,
        Dinov2Config,
        DPTImageProcessorPil,
    )

    torch.manual_seed(seed)
    eye = Dinov2Config(
        hidden_size=24,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        out_features=["stage1", "stage2", "stage3", "stage4"],
        reshape_hidden_states=False,
        apply_layernorm=True,
    )
    config = DepthAnythingConfig(
        backbone_config=eye,
        reassemble_hidden_size=24,
        neck_hidden_sizes=[8, 8, 12, 12],
        fusion_hidden_size=8,
        head_hidden_size=8,
        patch_size=14,
        depth_estimation_type="metric" if metric else "relative",
        max_depth=20 if metric else 1,
    )
    model = DepthAnythingForDepthEstimation(config)
    with torch.no_grad():  # fresh weights see next to no difference between pictures
        for weight in model.parameters():
            weight.mul_(3.0)
        model.head.conv3.bias.fill_(1.0)
    model.save_pretrained(str(folder))
    processor = DPTImageProcessorPil(
        size={"height": 56, "width": 56},
        ensure_multiple_of=14,
        keep_aspect_ratio=True,
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
    )
    processor.save_pretrained(str(folder))
    return folder
