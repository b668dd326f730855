"""A tiny picture-text model and a tiny decoder with random weights, saved in the ordinary folder formats."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.tiny import WINDOW, _diffusers, _tokenizer

SIDE = 16


def tiny_clip(folder: Path, *, seed: int = 0) -> Path:
    """Save a CLIPModel that looks at 16 pixels, with its tokenizer and its processor's settings."""
    from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig

    torch.manual_seed(seed)
    size = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_attention_heads": 2,
        "num_hidden_layers": 2,
    }
    text = CLIPTextConfig(
        **size, vocab_size=514, max_position_embeddings=WINDOW, bos_token_id=512, eos_token_id=513
    )
    eye = CLIPVisionConfig(**size, image_size=SIDE, patch_size=4)
    config = CLIPConfig(text_config=text.to_dict(), vision_config=eye.to_dict(), projection_dim=8)
    CLIPModel(config).save_pretrained(str(folder))
    _tokenizer().save_pretrained(str(folder))
    (folder / "preprocessor_config.json").write_text(
        '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}'
    )
    return folder


def tiny_decoder(folder: Path, *, channels: int = 4, seed: int = 0) -> Path:
    """Save an AutoencoderTiny for latents of 8 pixels."""
    torch.manual_seed(seed)
    _diffusers().AutoencoderTiny(
        latent_channels=channels,
        encoder_block_out_channels=(8,) * 4,
        decoder_block_out_channels=(8,) * 4,
        num_encoder_blocks=(1,) * 4,
        num_decoder_blocks=(1,) * 4,
    ).save_pretrained(str(folder))
    return folder
