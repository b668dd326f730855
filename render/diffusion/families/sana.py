"""Sana-Sprint: one to four steps, a language model as text encoder, and a VAE that shrinks by 32.

Chen et al. 2025, arXiv:2503.09641. It was distilled to take its guidance scale as input, and reads no negative prompt.
Its time is an angle from pi/2 (noise) to 0 (picture): latents are cos(t) x picture + sin(t) x noise, where both
have a deviation of sigma_data.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding, Notice, emphasise, tokenize
from render.diffusion.model import Family, LatentShape, Model

WINDOW = 300
FIRST, SECOND = 1.57080, 1.3  # the angles of two steps, as published


class SanaSprint(Family):
    """Gemma reads an instruction, then the text. Its last hidden states for the first token and the text are kept."""

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text, in small letters: (1, 300, D) with a mask."""
        (part,) = model.encoders
        part.tokenizer.padding_side = "right"
        before = _instruction()
        window = len(part.tokenizer.encode(before)) + WINDOW - 2
        tokens = tokenize(part, text.lower().strip(), notice, window=window, frame=(before, ""))
        hidden = part.encoder(tokens.ids, attention_mask=tokens.mask)[0]
        kept = [0, *range(window - WINDOW + 1, window)]
        weights = None if tokens.weights is None else tokens.weights[kept]
        return Embedding(tokens=emphasise(hidden[:, kept], weights), mask=tokens.mask[:, kept])

    def embeds_scale(self, model: Model) -> bool:
        """Every Sana-Sprint takes it as input."""
        return True

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        scale = torch.full([len(texts.tokens)], cfg_scale, device=model.device).to(texts.tokens.dtype)
        return {
            "encoder_hidden_states": texts.tokens,
            "encoder_attention_mask": texts.mask,
            "guidance": scale * model.denoiser.config.guidance_embeds_scale,
        }

    def answer(
        self, model: Model, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]
    ) -> Tensor:
        """Run the transformer, which knows flow matching's time, and turn its answer to the angle's.

        Equation 8 of the paper; TrigSchedule.scaled has turned the latents.
        """
        times = timestep.expand(len(latents))
        flow = torch.sin(times) / (torch.cos(times) + torch.sin(times))
        found: Tensor = model.denoiser(latents, timestep=flow, **conditions, return_dict=False)[0]
        s = flow.view(-1, 1, 1, 1)
        turned: Tensor = (1 - 2 * s) * latents + (1 - 2 * s + 2 * s**2) * found
        turned = (turned / torch.sqrt(s**2 + (1 - s) ** 2)).float()
        return turned * _deviation(model)

    def timing(self, model: Model, steps: int, shape: LatentShape) -> dict[str, Any]:
        """Return the first angle and, for two steps, the second; others are even."""
        return {"max_timesteps": FIRST, "intermediate_timesteps": SECOND if steps == 2 else None}

    def encode(self, model: Model, pictures: Tensor) -> Tensor:
        """Encode to latents of the deviation sigma_data."""
        latents: Tensor = model.vae.encode(pictures).latent
        return latents.float() * float(model.vae.config.scaling_factor) * _deviation(model)

    def decode(self, model: Model, latents: Tensor) -> Tensor:
        given = (latents / _deviation(model)).to(model.vae.dtype) / float(model.vae.config.scaling_factor)
        picture: Tensor = model.vae.decode(given, return_dict=False)[0]
        return picture


def _deviation(model: Model) -> float:
    return float(model.scheduler_config["sigma_data"])


@cache
def _instruction() -> str:
    """Return the instruction before each text, which the pipeline has as a default."""
    asked = signature(import_module("diffusers").SanaSprintPipeline.__call__).parameters
    return "\n".join(asked["complex_human_instruction"].default)
