"""Stable Diffusion 1.x and 2.x, and their Turbo and LCM forms: one CLIP text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from render.diffusion.parts import Embedding, Family, Model, Notice, TextEncoder
from render.diffusion.tokens import emphasise, tokenize


class StableDiffusion:
    """The last hidden state of one CLIP text encoder."""

    def embed(self, encoders: Sequence[TextEncoder], text: str, notice: Notice) -> Embedding:
        """Encode one text: (1, L, D)."""
        (part,) = encoders
        tokens = tokenize(part.tokenizer, text, notice)
        mask = tokens.mask if getattr(part.encoder.config, "use_attention_mask", False) else None
        device = part.encoder.device
        hidden = part.encoder(
            tokens.ids.to(device), attention_mask=None if mask is None else mask.to(device)
        )[0]
        return Embedding(tokens=emphasise(hidden, tokens.weights))

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor
    ) -> dict[str, Any]:
        """Return the texts."""
        return {"encoder_hidden_states": texts.tokens}


FAMILY: Family = StableDiffusion()
