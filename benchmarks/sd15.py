"""Stable Diffusion 1.5's architecture with random weights: what a real model costs, without fetching one.

Speed does not depend on the weights. The widths are those of the published model (Rombach et al. 2022,
arXiv:2112.10752, and its configs): a UNet of 860 million parameters, a VAE of 84 and CLIP-L's text
encoder of 123. The tokenizer knows bytes only: a text has more tokens than with the real one, but a
prompt always fills the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch

from render.assets.loading import quiet_libraries
from render.devices import find_device, find_dtype
from render.diffusion import ModelDefaults, ModelSource
from render.diffusion.embeddings import TextEncoder
from render.diffusion.families.stable_diffusion import StableDiffusion
from render.diffusion.families.table import family_named
from render.diffusion.model import Model

from .models import Candidate

NAME = "random-weights/sd15"
DEFAULTS = ModelDefaults(steps=20, strength=0.35, cfg_scale=7.5, size=512)
SCHEDULER = {
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
_TEXT_START, _TEXT_END = 512, 513


@dataclass(frozen=True, kw_only=True)
class Widths:
    """Channels of the UNet's and the VAE's levels, and of the text encoder."""

    unet: tuple[int, int, int, int] = (320, 640, 1280, 1280)
    vae: tuple[int, int, int, int] = (128, 256, 512, 512)
    text: int = 768
    text_layers: int = 12
    text_heads: int = 12
    window: int = 77
    vocabulary: int = 49408


def build(device: str, *, widths: Widths | None = None) -> Candidate:
    """The model on a device, in that device's usual precision (half on a GPU)."""
    quiet_libraries()
    where, used = find_device(device), widths or Widths()
    dtype = find_dtype("auto", where)
    torch.manual_seed(0)
    with where:
        unet, vae, text = make_unet(used), make_vae(used), make_text_encoder(used)
    for part in (unet, vae, text):
        part.to(dtype=dtype).eval().requires_grad_(False)
    model = Model(
        source=ModelSource(name=NAME, kind="hub", path=None, family="sd", fingerprint="", defaults=DEFAULTS),
        family=StableDiffusion(family_named("sd")),
        encoders=(TextEncoder(tokenizer=make_tokenizer(used), encoder=text),),
        denoiser=unet,
        vae=vae,
        scheduler="DDIMScheduler",
        scheduler_config={"num_train_timesteps": 1000, **SCHEDULER},
        flags={},
        device=where,
        dtype=dtype,
        notice=_unread,
    )
    return Candidate(name=NAME, model=model, defaults=DEFAULTS)


def make_unet(widths: Widths) -> Any:
    """The denoiser. `attention_head_dim` is the number of heads, whatever its name says."""
    return _diffusers().UNet2DConditionModel(
        sample_size=64,
        layers_per_block=2,
        block_out_channels=widths.unet,
        down_block_types=(*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
        up_block_types=("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
        cross_attention_dim=widths.text,
        attention_head_dim=8,
    )


def make_vae(widths: Widths) -> Any:
    """The autoencoder."""
    return _diffusers().AutoencoderKL(
        block_out_channels=widths.vae,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        sample_size=512,
    )


def make_text_encoder(widths: Widths) -> Any:
    """CLIP-L's text half."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=widths.vocabulary,
            hidden_size=widths.text,
            intermediate_size=4 * widths.text,
            num_hidden_layers=widths.text_layers,
            num_attention_heads=widths.text_heads,
            max_position_embeddings=widths.window,
            projection_dim=widths.text,
            bos_token_id=_TEXT_START,
            eos_token_id=_TEXT_END,
        )
    )


def make_tokenizer(widths: Widths) -> Any:
    """CLIP's byte-level tokenizer without merges: one token for each byte."""
    from transformers import CLIPTokenizer

    letters = [_letter(byte) for byte in range(256)]
    names = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: index for index, name in enumerate(names)}
    return CLIPTokenizer(
        vocab=vocabulary, merges=[], model_max_length=widths.window, pad_token="<|endoftext|>"
    )


def _letter(byte: int) -> str:
    """The printable stand-in that byte-level tokenizers (GPT-2's table) use for one byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [other for other in range(256) if other not in printable].index(byte))


def _unread(message: str) -> None:
    """That the prompt is longer than the window is meant: see the tokenizer."""


def _diffusers() -> Any:
    return import_module("diffusers")
