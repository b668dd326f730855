"""Stable Diffusion XL, its refiner and its Turbo, Lightning and LCM forms.

Two CLIP text encoders side by side (the refiner has only the second), the second one's pooled output, and the
size of the picture as numbers: Podell et al. 2023, arXiv:2307.01952.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from render.diffusion.parts import Embedding, Family, Model, Notice, TextEncoder
from render.diffusion.tokens import emphasise, tokenize

AESTHETIC, AESTHETIC_NEGATIVE = 6.0, 2.5  # the scores that the refiner's published pipeline uses


class StableDiffusionXL:
    """The last hidden states but one of both encoders, joined, and the last encoder's pooled output."""

    def embed(self, encoders: Sequence[TextEncoder], text: str, notice: Notice) -> Embedding:
        """Encode one text: (1, L, D1 + D2) and (1, P). Emphasis is applied per encoder, and not to the pooled
        output.
        """
        hidden: list[Tensor] = []
        pooled: Tensor | None = None
        for part in encoders:
            tokens = tokenize(part.tokenizer, text, notice)
            output = part.encoder(tokens.ids.to(part.encoder.device), output_hidden_states=True)
            pooled = output[0]
            hidden.append(emphasise(output.hidden_states[-2], tokens.weights))
        return Embedding(tokens=torch.cat(hidden, dim=-1), pooled=pooled)

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor
    ) -> dict[str, Any]:
        """Return the texts, the pooled texts and the picture's size: as if uncropped, at its own size."""
        ids = [self._size_ids(model, latents, negative=row < negatives) for row in range(len(texts.tokens))]
        time_ids = torch.tensor(ids, dtype=texts.tokens.dtype, device=texts.tokens.device)
        return {
            "encoder_hidden_states": texts.tokens,
            "added_cond_kwargs": {"text_embeds": texts.pooled, "time_ids": time_ids},
        }

    def _size_ids(self, model: Model, latents: Tensor, *, negative: bool) -> list[float]:
        """Original height and width, top and left of the crop, then the target size or (refiner) a score."""
        height, width = (side * model.factor for side in latents.shape[-2:])
        if model.flags.get("requires_aesthetics_score"):
            return [height, width, 0, 0, AESTHETIC_NEGATIVE if negative else AESTHETIC]
        return [height, width, 0, 0, height, width]


FAMILY: Family = StableDiffusionXL()
