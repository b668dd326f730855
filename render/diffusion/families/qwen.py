"""Qwen-Image: a vision-language model as text encoder, in Chinese and English, and a VAE made for video.

Wu et al. 2025, arXiv:2508.02324. Texts have as many tokens as words; a blend is as long as the longest of them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from render.diffusion.embeddings import Embedding, Notice, emphasise, tokenize
from render.diffusion.families.flow import FlowFamily, pack, unpack
from render.diffusion.model import Model, latent_statistics

WINDOW, TEMPLATE_TOKENS = 1024, 34  # the template's tokens before the text are cut off
# the template that the model was trained with
BEFORE = (
    "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, spatial "
    "relationships of the objects and background:<|im_end|>\n<|im_start|>user\n"
)
AFTER = "<|im_end|>\n<|im_start|>assistant\n"


class QwenImage(FlowFamily):
    """The last hidden states of Qwen2.5-VL about the text in a question."""

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, L, D), L as long as it is."""
        (part,) = model.encoders
        window = WINDOW + TEMPLATE_TOKENS
        tokens = tokenize(part, text, notice, window=window, frame=(BEFORE, AFTER), fill=False)
        states = part.encoder(
            input_ids=tokens.ids, attention_mask=tokens.mask, output_hidden_states=True
        ).hidden_states
        hidden = emphasise(states[-1], tokens.weights)
        return Embedding(tokens=hidden[:, TEMPLATE_TOKENS:][:, :WINDOW])

    def conditions(
        self, model: Model, texts: Embedding, *, negatives: int, latents: Tensor, cfg_scale: float
    ) -> dict[str, Any]:
        rows = len(texts.tokens)
        height, width = (side // 2 for side in latents.shape[-2:])
        return {
            "encoder_hidden_states": texts.tokens,
            "encoder_hidden_states_mask": None if texts.mask is None else texts.mask.bool(),
            "img_shapes": [[(1, height, width)]] * rows,
            "guidance": self.embedded_scale(model, rows, cfg_scale),
        }

    def rescale_guided(self, guided: Tensor, plain: Tensor) -> Tensor:
        """Give each token of the guided prediction the length that it has without guidance."""
        tokens = pack(guided)
        lengths = torch.norm(pack(plain), dim=-1, keepdim=True) / torch.norm(tokens, dim=-1, keepdim=True)
        return unpack(tokens * lengths, guided)

    def encode(self, model: Model, pictures: Tensor) -> Tensor:
        """Encode pictures as films of one frame. diffusers multiplies with the inverse of the deviation."""
        mean, deviation = latent_statistics(model)
        latents: Tensor = model.vae.encode(pictures.unsqueeze(2)).latent_dist.mode()[:, :, 0]
        return (latents.float() - mean) * (1.0 / deviation)

    def decode(self, model: Model, latents: Tensor) -> Tensor:
        mean, deviation = latent_statistics(model)
        given = (latents / (1.0 / deviation) + mean).to(model.vae.dtype)
        frames: Tensor = model.vae.decode(given.unsqueeze(2), return_dict=False)[0]
        return frames[:, :, 0]
