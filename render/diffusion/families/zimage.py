"""Z-Image and its Turbo: Qwen3, a language model, as text encoder, and one transformer for texts and pictures.

Z-Image Team 2025, arXiv:2511.22699. Texts have as many tokens as words; a blend is as long as the
longest. cfg_scale is as everywhere: diffusers' guidance_scale for this family is 1 less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding, Notice, emphasise, tokenize
from render.diffusion.families.flow import TIME, FlowFamily
from render.diffusion.model import LatentShape, Model

WINDOW = 512
_HERE = "\N{OBJECT REPLACEMENT CHARACTER}"


class ZImage(FlowFamily):
    """The last hidden states but one of Qwen3 about the text in a chat."""

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, L, D), L as long as it is."""
        (part,) = model.encoders
        tokens = tokenize(part, text, notice, window=WINDOW, frame=_frame(part.tokenizer))
        read = tokens.mask.bool()
        states = part.encoder(
            input_ids=tokens.ids, attention_mask=read, output_hidden_states=True
        ).hidden_states
        weights = None if tokens.weights is None else tokens.weights[read[0]]
        return Embedding(tokens=emphasise(states[-2][:, read[0]], weights))

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        """Return the texts one by one, each as long as it is."""
        if texts.mask is None:
            return {"cap_feats": list(texts.tokens.unbind())}
        pairs = zip(texts.tokens, texts.mask.bool(), strict=True)
        return {"cap_feats": [tokens[read] for tokens, read in pairs]}

    def answer(
        self, model: Model, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]
    ) -> Tensor:
        """Run the transformer, whose time runs from noise (0) to picture (1), and its answer with it."""
        times = (TIME - timestep.expand(len(latents))) / TIME
        films = list(latents.unsqueeze(2).unbind(dim=0))
        found = model.denoiser(films, times, **conditions, return_dict=False)[0]
        return -torch.stack([film.float() for film in found]).squeeze(2)

    def timing(self, model: Model, steps: int, shape: LatentShape) -> dict[str, Any]:
        """Return even times from 1 to 1 / steps, as torch rounds them."""
        usual = super().timing(model, steps, shape)
        return {**usual, "sigmas": torch.linspace(1.0, 1 / steps, steps).tolist()}


def _frame(tokenizer: Any) -> tuple[str, str]:
    """Return what the chat puts before and after a text."""
    chat = [{"role": "user", "content": _HERE}]
    whole = tokenizer.apply_chat_template(
        chat, tokenize=False, add_generation_prompt=True, enable_thinking=True
    )
    before, _, after = whole.partition(_HERE)
    return before, after
