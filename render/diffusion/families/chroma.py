"""Chroma: Flux.1's transformer without its distilled guidance, T5 alone as its text encoder.

Guidance is classifier-free. The transformer gets a mask of T5's padding; it was trained to read the
first padding token.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding, Notice
from render.diffusion.families.flow import FlowFamily, places
from render.diffusion.families.table import family_named
from render.diffusion.model import Family, Model
from render.diffusion.tokens import read_t5

WINDOW = 512


class Chroma(FlowFamily):
    """T5's last hidden states, and a mask of those that are read."""

    row = family_named("chroma")

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
        """Return the texts, the places of all tokens, and a mask over texts and picture."""
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


FAMILY: Family = Chroma()
