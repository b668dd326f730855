"""Stable Diffusion XL, its refiner and its Turbo, Lightning and LCM forms.

Two CLIP text encoders side by side (the refiner has only the second), the second one's pooled output, and the
size of the picture as numbers: Podell et al. 2023, arXiv:2307.01952.
"""

from __future__ import annotations

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding, Notice
from render.diffusion.families.table import family_named
from render.diffusion.families.unet import SizedUNetFamily
from render.diffusion.model import Family, Model
from render.diffusion.tokens import emphasise, tokenize


class StableDiffusionXL(SizedUNetFamily):
    """The last hidden states but one of both encoders, joined, and the last encoder's pooled output."""

    row = family_named("sdxl")

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, L, D1 + D2) and (1, P). Emphasis is applied per encoder, and not to the pooled
        output.
        """
        hidden: list[Tensor] = []
        pooled: Tensor | None = None
        for part in model.encoders:
            tokens = tokenize(part.tokenizer, text, notice)
            output = part.encoder(tokens.ids.to(part.encoder.device), output_hidden_states=True)
            pooled = output[0]
            hidden.append(emphasise(output.hidden_states[-1 - clipskip], tokens.weights))
        return Embedding(tokens=torch.cat(hidden, dim=-1), pooled=pooled)

    def zero_empty(self, model: Model) -> bool:
        """The pipeline's own setting decides."""
        return bool(model.flags.get("force_zeros_for_empty_prompt"))


FAMILY: Family = StableDiffusionXL()
