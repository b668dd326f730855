"""Prompts as embeddings: each text is encoded once, then weighted, mixed and stacked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor

from keyframes.prompts import TextShare
from render.diffusion.parts import Embedding, Model

REMEMBERED = 128


class Encoder:
    """Encodes texts for a model and remembers the last ones. An embedding depends on its text only."""

    def __init__(self, model: Model, *, remembered: int = REMEMBERED) -> None:
        self._model = model
        self._remembered = remembered
        self._known: OrderedDict[str, Embedding] = OrderedDict()
        self._told: set[str] = set()

    def text(self, text: str) -> Embedding:
        """Return the Embedding (N = 1) of one text with emphasis. Raises ScheduleError for impossible
        emphasis.
        """
        if text in self._known:
            self._known.move_to_end(text)
            return self._known[text]
        with torch.inference_mode():
            embedding = self._model.family.embed(self._model.encoders, text, self._tell)
        self._known[text] = embedding
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return embedding

    def mix(self, shares: Sequence[TextShare]) -> Embedding:
        """Return the mix of texts by their shares (which sum to 1): embeddings and pooled embeddings,
        linearly.
        """
        return _mixed([self.text(share.text) for share in shares], [share.share for share in shares])

    def negative(self, shares: Sequence[TextShare]) -> Embedding:
        """Return the mix of negative texts.

        The empty text is the zero embedding for models whose pipeline says so (SDXL:
        force_zeros_for_empty_prompt).
        """
        given = shares or (TextShare(text=""),)
        return _mixed([self._negative(share.text) for share in given], [share.share for share in given])

    def _tell(self, message: str) -> None:
        """Pass a notice on, once: both of SDXL's tokenizers lose the same words."""
        if message not in self._told:
            self._told.add(message)
            self._model.notice(message)

    def _negative(self, text: str) -> Embedding:
        embedding = self.text(text)
        if text.strip() or not self._model.flags.get("force_zeros_for_empty_prompt"):
            return embedding
        pooled = embedding.pooled
        return Embedding(
            tokens=torch.zeros_like(embedding.tokens),
            pooled=None if pooled is None else torch.zeros_like(pooled),
        )


def stack(embeddings: Sequence[Embedding]) -> Embedding:
    """Stack Embeddings along N."""
    pooled = [embedding.pooled for embedding in embeddings if embedding.pooled is not None]
    return Embedding(
        tokens=torch.cat([embedding.tokens for embedding in embeddings]),
        pooled=torch.cat(pooled) if pooled else None,
    )


def _mixed(embeddings: Sequence[Embedding], shares: Sequence[float]) -> Embedding:
    """Return the sum of embedding times share. One text alone is returned bit for bit."""
    if len(embeddings) == 1:
        return embeddings[0]
    pooled = [embedding.pooled for embedding in embeddings if embedding.pooled is not None]
    return Embedding(
        tokens=_sum([embedding.tokens for embedding in embeddings], shares),
        pooled=_sum(pooled, shares) if pooled else None,
    )


def _sum(tensors: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Return the share-weighted sum."""
    total = tensors[0] * shares[0]
    for tensor, share in zip(tensors[1:], shares[1:], strict=True):
        total = total + tensor * share
    return total
