"""Flux.1: T5 and CLIP's pooled output, and a transformer trained by flow matching.

`dev` was distilled to take its guidance scale as input, and reads no negative prompt. `schnell` was distilled to do
without; for models without that input, a cfg_scale above 1 is classifier-free guidance ("true CFG").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding, Notice
from render.diffusion.families.flow import TIME, FlowFamily, pack, places, unpack
from render.diffusion.families.table import family_named
from render.diffusion.model import Family, Model
from render.diffusion.tokens import read_t5, tokenize

WINDOW = 512


class Flux(FlowFamily):
    """T5's last hidden states and CLIP's pooled output."""

    row = family_named("flux")

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, 512, D) and (1, P). Emphasis is not applied to the pooled output."""
        clip, t5 = model.encoders
        ids = tokenize(clip.tokenizer, text, _unsaid).ids
        pooled = clip.encoder(ids.to(clip.encoder.device), output_hidden_states=False).pooler_output
        return Embedding(tokens=read_t5(t5, text, WINDOW, notice).tokens, pooled=pooled)

    def embeds_scale(self, model: Model) -> bool:
        """Tell dev from schnell."""
        return bool(model.denoiser.config.get("guidance_embeds"))

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        """Return the texts, the places of all tokens and, for dev, the guidance scale."""
        rows, length = texts.tokens.shape[:2]
        dtype = texts.tokens.dtype
        scale = torch.full([rows], cfg_scale, device=model.device, dtype=torch.float32)
        return {
            "encoder_hidden_states": texts.tokens,
            "pooled_projections": texts.pooled,
            "txt_ids": torch.zeros(length, 3, device=model.device, dtype=dtype),
            "img_ids": places(latents, dtype),
            "guidance": scale if self.embeds_scale(model) else None,
        }

    def answer(
        self, model: Model, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]
    ) -> Tensor:
        """Ask the transformer about packed latents."""
        times = timestep.expand(len(latents)).to(latents.dtype) / TIME
        found = model.denoiser(pack(latents), timestep=times, **conditions, return_dict=False)[0]
        return unpack(found, latents)


def _unsaid(message: str) -> None:
    """Drop a notice about words that CLIP does not see: T5 sees them."""


FAMILY: Family = Flux()
