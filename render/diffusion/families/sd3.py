"""Stable Diffusion 3 and 3.5: two CLIP text encoders, T5, and a transformer trained by flow matching.

Esser et al. 2024, arXiv:2403.03206. A model may come without T5, the biggest part; zeros stand for it then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from render.diffusion.embeddings import Embedding, Notice
from render.diffusion.families.flow import FlowFamily
from render.diffusion.families.table import family_named
from render.diffusion.model import Family, LatentShape, Model
from render.diffusion.tokens import drop_notice, emphasise, read_t5, tokenize

WINDOW = 256


class StableDiffusion3(FlowFamily):
    """The last hidden states but one of both CLIPs side by side, then T5's last ones; both pooled outputs."""

    row = family_named("sd3")

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, L + 256, D) and (1, P1 + P2). CLIP may lose words that T5 still reads."""
        *clips, t5 = model.encoders if len(model.encoders) > 2 else (*model.encoders, None)
        hidden, pooled = [], []
        for part in clips:
            assert part is not None
            tokens = tokenize(part.tokenizer, text, notice if t5 is None else drop_notice)
            output = part.encoder(tokens.ids.to(part.encoder.device), output_hidden_states=True)
            hidden.append(emphasise(output.hidden_states[-1 - clipskip], tokens.weights))
            pooled.append(output[0])
        short = torch.cat(hidden, dim=-1)
        width = int(model.denoiser.config.joint_attention_dim)
        long = short.new_zeros(1, WINDOW, width) if t5 is None else read_t5(t5, text, WINDOW, notice).tokens
        short = pad(short, (0, long.shape[-1] - short.shape[-1]))
        return Embedding(tokens=torch.cat([short, long], dim=-2), pooled=torch.cat(pooled, dim=-1))

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        """Return the texts."""
        return {"encoder_hidden_states": texts.tokens, "pooled_projections": texts.pooled}

    def answer(
        self, model: Model, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]
    ) -> Tensor:
        """Run the transformer, which cuts the latents into tokens itself."""
        times = timestep.expand(len(latents))
        answers: Tensor = model.denoiser(latents, timestep=times, **conditions, return_dict=False)[0]
        return answers

    def timing(self, model: Model, steps: int, shape: LatentShape) -> dict[str, Any]:
        """Leave the times to the scheduler; models with a shift by size get it."""
        dynamic = model.scheduler_config.get("use_dynamic_shifting")
        return {"mu": self.shift(model, shape)} if dynamic else {}


INSTANCES: tuple[Family, ...] = (StableDiffusion3(),)
