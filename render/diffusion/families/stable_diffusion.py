"""Stable Diffusion 1.x, 2.x and XL (with its refiner), in their Turbo, Lightning and LCM forms too.

They have a UNet, and one or two CLIP text encoders. Kolors shares the UNet.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding, Notice, emphasise, read_clips, tokenize
from render.diffusion.guidance import guidance_embedding
from render.diffusion.model import Family, Model

AESTHETIC, AESTHETIC_NEGATIVE = 6.0, 2.5  # the scores that SDXL's refiner was published with


class UNetFamily(Family):
    """A UNet2DConditionModel, which may take its guidance scale as input (LCM)."""

    def embeds_scale(self, model: Model) -> bool:
        return _guidance_width(model) is not None

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"encoder_hidden_states": texts.tokens}
        if (width := _guidance_width(model)) is not None:
            scales = guidance_embedding([cfg_scale] * len(texts.tokens), width)
            found["timestep_cond"] = scales.to(device=model.device, dtype=texts.tokens.dtype)
        return found


def _guidance_width(model: Model) -> int | None:
    """Return the width of the guidance embedding of UNets distilled for it (LCM), else None."""
    width = model.denoiser.config.get("time_cond_proj_dim")
    return None if width is None else int(width)


class SizedUNetFamily(UNetFamily):
    """A UNet that takes a pooled text and the size of the picture as numbers: Podell et al. 2023,
    arXiv:2307.01952, section 2.2.
    """

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        """Return the texts, the pooled texts and the picture's size: as if uncropped, at its own size."""
        ids = [self._size_ids(model, latents, negative=row < negatives) for row in range(len(texts.tokens))]
        time_ids = torch.tensor(ids, dtype=texts.tokens.dtype, device=texts.tokens.device)
        found = super().conditions(model, texts, negatives=negatives, latents=latents, cfg_scale=cfg_scale)
        return {**found, "added_cond_kwargs": {"text_embeds": texts.pooled, "time_ids": time_ids}}

    def _size_ids(self, model: Model, latents: Tensor, *, negative: bool) -> list[float]:
        """Original height and width, top and left of the crop, then the target size or (refiner) a score."""
        height, width = (side * model.factor for side in latents.shape[-2:])
        if model.flags.get("requires_aesthetics_score"):
            return [height, width, 0, 0, AESTHETIC_NEGATIVE if negative else AESTHETIC]
        return [height, width, 0, 0, height, width]


class StableDiffusion(UNetFamily):
    """The last hidden state of one CLIP text encoder, or (clipskip) an earlier one under the last norm."""

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, L, D)."""
        (part,) = model.encoders
        tokens = tokenize(part, text, notice)
        mask = tokens.mask if getattr(part.encoder.config, "use_attention_mask", False) else None
        output = part.encoder(tokens.ids, attention_mask=mask, output_hidden_states=clipskip > 1)
        hidden = output[0]
        if clipskip > 1:
            # transformers 5 has the norm in the encoder itself, where it had a text_model before
            inner = getattr(part.encoder, "text_model", part.encoder)
            hidden = inner.final_layer_norm(output.hidden_states[-clipskip])
        return Embedding(tokens=emphasise(hidden, tokens.weights))


class StableDiffusionXL(SizedUNetFamily):
    """Two CLIP text encoders side by side (the refiner has only the second): Podell et al. 2023, arXiv:2307.01952.

    The last hidden states but one of both encoders, joined, and the last encoder's pooled output.
    """

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, L, D1 + D2) and (1, P)."""
        hidden, pooled = read_clips(model.encoders, text, clipskip, notice)
        return Embedding(tokens=hidden, pooled=pooled[-1])

    def zero_empty(self, model: Model) -> bool:
        return bool(model.flags.get("force_zeros_for_empty_prompt"))
