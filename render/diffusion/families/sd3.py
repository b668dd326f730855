"""Stable Diffusion 3 and 3.5: two CLIP text encoders, T5, and a transformer trained by flow matching.

Esser et al. 2024, arXiv:2403.03206. A model may come without T5, the biggest part; zeros stand for it then.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from render.diffusion.embeddings import Embedding, Notice, drop_notice, read_clips, read_t5
from render.diffusion.families.flow import FlowFamily
from render.diffusion.model import Family, LatentShape, Model

WINDOW = 256


class StableDiffusion3(FlowFamily):
    """The last hidden states but one of both CLIPs side by side, then T5's last ones; both pooled outputs."""

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, L + 256, D) and (1, P1 + P2). CLIP may lose words that T5 still reads."""
        clips, t5s = model.encoders[:2], model.encoders[2:]
        short, pooled = read_clips(clips, text, clipskip, drop_notice if t5s else notice)
        width = int(model.denoiser.config.joint_attention_dim)
        long = read_t5(t5s[0], text, WINDOW, notice).tokens if t5s else short.new_zeros(1, WINDOW, width)
        short = pad(short, (0, long.shape[-1] - short.shape[-1]))
        return Embedding(tokens=torch.cat([short, long], dim=-2), pooled=torch.cat(pooled, dim=-1))

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        return {"encoder_hidden_states": texts.tokens, "pooled_projections": texts.pooled}

    answer = Family.answer  # the transformer cuts the latents into tokens itself

    def timing(self, model: Model, steps: int, shape: LatentShape) -> dict[str, Any]:
        """Leave the times to the scheduler; models with a shift by size get it."""
        dynamic = model.scheduler_config.get("use_dynamic_shifting")
        return {"mu": self.shift(model, shape)} if dynamic else {}
