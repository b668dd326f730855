"""What the families with a UNet share: Stable Diffusion, SDXL and Kolors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding
from render.diffusion.guidance import guidance_embedding
from render.diffusion.model import Family, Model

AESTHETIC, AESTHETIC_NEGATIVE = 6.0, 2.5  # the scores that SDXL's refiner was published with


class UNetFamily(Family):
    """A UNet2DConditionModel, which may take its guidance scale as input (LCM)."""

    def embeds_scale(self, model: Model) -> bool:
        """LCM models have an input for the scale."""
        return model.guidance_width is not None

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        """Return the texts and, for LCM models, the guidance scale."""
        found: dict[str, Any] = {"encoder_hidden_states": texts.tokens}
        if model.guidance_width is not None:
            scales = guidance_embedding([cfg_scale] * len(texts.tokens), model.guidance_width)
            found["timestep_cond"] = scales.to(device=model.device, dtype=texts.tokens.dtype)
        return found

    def answer(
        self, model: Model, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]
    ) -> Tensor:
        """Run the UNet."""
        answers: Tensor = model.denoiser(latents, timestep, **conditions, return_dict=False)[0]
        return answers


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
