"""How many pixels one latent stands for, from a VAE's config.

Importable without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FACTOR = 8


def vae_factor(config: Mapping[str, Any]) -> int:
    """Return the pixels per latent along a side: each level but the last of a VAE halves the picture.

    AutoencoderKL and AutoencoderDC name their levels by channels; Qwen-Image's VAE, made for video, says for
    each halving whether time is halved too.
    """
    for name, more in (
        ("block_out_channels", -1),
        ("encoder_block_out_channels", -1),
        ("temperal_downsample", 0),
    ):
        levels = config.get(name)
        if isinstance(levels, list | tuple) and levels:
            return int(2 ** (len(levels) + more))
    return FACTOR
