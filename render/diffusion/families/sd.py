"""Stable Diffusion 1.x and 2.x, and their Turbo and LCM forms: one CLIP text encoder."""

from __future__ import annotations

from render.diffusion.embeddings import Embedding, Notice
from render.diffusion.families.table import family_named
from render.diffusion.families.unet import UNetFamily
from render.diffusion.model import Family, Model
from render.diffusion.tokens import emphasise, tokenize


class StableDiffusion(UNetFamily):
    """The last hidden state of one CLIP text encoder, or (clipskip) an earlier one under the last norm."""

    row = family_named("sd")

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, L, D)."""
        (part,) = model.encoders
        tokens = tokenize(part.tokenizer, text, notice)
        mask = tokens.mask if getattr(part.encoder.config, "use_attention_mask", False) else None
        device = part.encoder.device
        skip = clipskip
        output = part.encoder(
            tokens.ids.to(device),
            attention_mask=None if mask is None else mask.to(device),
            output_hidden_states=skip > 1,
        )
        hidden = output[0]
        if skip > 1:  # transformers 5 has the norm in the encoder itself, where it had a text_model before
            inner = getattr(part.encoder, "text_model", part.encoder)
            hidden = inner.final_layer_norm(output.hidden_states[-skip])
        return Embedding(tokens=emphasise(hidden, tokens.weights))


FAMILY: Family = StableDiffusion()
