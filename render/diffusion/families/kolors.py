"""Kolors: SDXL's UNet with ChatGLM3, a language model, as its text encoder. It reads Chinese and English.

Kolors Team 2024, "Kolors: Effective Training of Diffusion Model for Photorealistic Text-to-Image Synthesis".
ChatGLM's tokenizer fills up on the left.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import torch
from torch import Tensor

from keyframes.emphasis import parse_emphasis
from render.diffusion.embeddings import Embedding, Notice, emphasise, lost_words
from render.diffusion.families.stable_diffusion import SizedUNetFamily
from render.diffusion.model import Model

WINDOW = 256


class Kolors(SizedUNetFamily):
    """The last hidden states but one of ChatGLM, and the last token's last hidden state as pooled output.

    An empty negative prompt is the encoded empty text, as in the published examples: the pipeline's setting
    for zeros fails there for want of a pooled output.
    """

    def embed(self, model: Model, text: str, *, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text: (1, 256, D) and (1, D). The hidden states lie as (L, N, D)."""
        (part,) = model.encoders
        batch, weights = _tokenize(part.tokenizer, text, notice)
        states = part.encoder(**batch.to(part.encoder.device), output_hidden_states=True).hidden_states
        hidden = states[-2].permute(1, 0, 2).clone()
        return Embedding(tokens=emphasise(hidden, weights), pooled=states[-1][-1, :, :].clone())


def _tokenize(tokenizer: Any, text: str, notice: Notice) -> tuple[Any, Tensor | None]:
    """Tokenise to the whole window, filled up on the left, and return each token's weight (256,); None where all are 1.

    SentencePiece does not say where in the text a token stands, so the tokens before a piece are counted.
    """
    pieces = parse_emphasis(text)
    plain = "".join(piece for piece, _ in pieces)
    room = WINDOW - len(tokenizer.get_prefix_tokens())
    speech = tokenizer.tokenizer.sp_model
    ids = speech.encode(plain)
    if len(ids) > room:
        notice(lost_words(WINDOW, speech.decode(ids[room:])))
    batch = tokenizer(plain, padding="max_length", max_length=WINDOW, truncation=True, return_tensors="pt")
    if all(weight == 1.0 for _, weight in pieces):
        return batch, None
    before = ["".join(piece for piece, _ in pieces[:index]) for index in range(len(pieces))]
    starts = [len(speech.encode(part)) for part in before]
    weights = [pieces[bisect_right(starts, index) - 1][1] for index in range(len(ids))][:room]
    return batch, torch.tensor([1.0] * (WINDOW - len(weights)) + weights)
