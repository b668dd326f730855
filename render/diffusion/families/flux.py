"""Flux.1 and Chroma: T5, CLIP's pooled output (Flux.1 alone), and a transformer trained by flow matching.

`dev` was distilled to take its guidance scale as input, and reads no negative prompt. `schnell` was distilled to do
without; for models without that input, a cfg_scale above 1 is classifier-free guidance ("true CFG").

Chroma is Flux.1's transformer without the distilled guidance: it is classifier-free. The transformer gets a mask of
T5's padding; it was trained to read the first padding token.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding, Notice, drop_notice, read_t5, tokenize
from render.diffusion.families.flow import FlowFamily, places
from render.diffusion.model import Model

WINDOW = 512


class Flux(FlowFamily):
    """T5's last hidden states and CLIP's pooled output."""

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, 512, D) and (1, P). Emphasis is not applied to the pooled output."""
        clip, t5 = model.encoders
        ids = tokenize(clip, text, drop_notice).ids
        pooled = clip.encoder(ids, output_hidden_states=False).pooler_output
        return Embedding(tokens=read_t5(t5, text, WINDOW, notice).tokens, pooled=pooled)

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        rows, length = texts.tokens.shape[:2]
        dtype = texts.tokens.dtype
        return {
            "encoder_hidden_states": texts.tokens,
            "pooled_projections": texts.pooled,
            "txt_ids": torch.zeros(length, 3, device=model.device, dtype=dtype),
            "img_ids": places(latents, dtype),
            "guidance": self.embedded_scale(model, rows, cfg_scale),
        }


class Chroma(FlowFamily):
    """T5's last hidden states, and a mask of those that are read."""

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, 512, D), with a mask that also keeps the first padding token."""
        (t5,) = model.encoders
        found = read_t5(t5, text, WINDOW, notice, masked=True)
        assert found.mask is not None
        counted = torch.arange(WINDOW, device=found.mask.device)[None]
        return Embedding(tokens=found.tokens, mask=(counted <= found.mask.sum(dim=1, keepdim=True)).float())

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        assert texts.mask is not None
        rows, length = texts.tokens.shape[:2]
        dtype, spots = texts.tokens.dtype, places(latents, texts.tokens.dtype)
        seen = torch.ones(rows, len(spots), device=spots.device)
        return {
            "encoder_hidden_states": texts.tokens,
            "txt_ids": torch.zeros(length, 3, device=spots.device, dtype=dtype),
            "img_ids": spots,
            "attention_mask": torch.cat([texts.mask, seen], dim=1).to(dtype),
        }
