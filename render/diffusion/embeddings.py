"""Prompts as embeddings, which are mixed by shares and stacked to rows.

In families whose texts have as many tokens as words, a shorter text is padded with zeros to the length of the longest
beside it; its mask says which tokens are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

Notice = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class TextEncoder:
    """A tokenizer and the transformer that reads its tokens."""

    tokenizer: Any
    encoder: Any


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """Texts as a denoiser takes them: `tokens` (N, L, D) and, in families which have them, `pooled` (N, P) and
    `mask` (N, L), 1 for a token that is read and 0 for padding."""

    tokens: Tensor
    pooled: Tensor | None = None
    mask: Tensor | None = None

    def to(self, dtype: torch.dtype) -> Embedding:
        """Return the same in another precision; the mask stays as it is."""
        pooled = None if self.pooled is None else self.pooled.to(dtype)
        return Embedding(tokens=self.tokens.to(dtype), pooled=pooled, mask=self.mask)

    def without(self, first: int) -> Embedding:
        """Return the rows after the `first` ones."""
        return Embedding(
            tokens=self.tokens[first:],
            pooled=None if self.pooled is None else self.pooled[first:],
            mask=None if self.mask is None else self.mask[first:],
        )

    def zeros(self) -> Embedding:
        """Return zeros of the same shapes."""
        pooled = None if self.pooled is None else torch.zeros_like(self.pooled)
        return Embedding(tokens=torch.zeros_like(self.tokens), pooled=pooled, mask=self.mask)


def stack(embeddings: Sequence[Embedding]) -> Embedding:
    """Stack embeddings along N, padded to the longest."""
    level = _level(embeddings)
    pooled = [embedding.pooled for embedding in level if embedding.pooled is not None]
    masks = [embedding.mask for embedding in level if embedding.mask is not None]
    return Embedding(
        tokens=torch.cat([embedding.tokens for embedding in level]),
        pooled=torch.cat(pooled) if pooled else None,
        mask=torch.cat(masks) if masks else None,
    )


def mix(embeddings: Sequence[Embedding], shares: Sequence[float]) -> Embedding:
    """Return the sum of embedding times share, token by token. One text alone is returned bit for bit.

    A token is read if any of the texts has it: past the end of a shorter text the longer one's tokens stand alone, at
    their share.
    """
    if len(embeddings) == 1:
        return embeddings[0]
    level = _level(embeddings)
    pooled = [embedding.pooled for embedding in level if embedding.pooled is not None]
    masks = [embedding.mask for embedding in level if embedding.mask is not None]
    return Embedding(
        tokens=_sum([embedding.tokens for embedding in level], shares),
        pooled=_sum(pooled, shares) if pooled else None,
        mask=torch.stack(masks).amax(dim=0) if masks else None,
    )


def _level(embeddings: Sequence[Embedding]) -> Sequence[Embedding]:
    """Pad the shorter ones to the longest, and mask the padding; no masks where nothing is padded."""
    longest = max(embedding.tokens.shape[1] for embedding in embeddings)
    short = any(embedding.tokens.shape[1] < longest for embedding in embeddings)
    if not short and all(embedding.mask is None for embedding in embeddings):
        return embeddings
    return [_padded(embedding, longest - embedding.tokens.shape[1]) for embedding in embeddings]


def _padded(embedding: Embedding, missing: int) -> Embedding:
    mask = embedding.mask
    if mask is None:
        mask = torch.ones(embedding.tokens.shape[:2], device=embedding.tokens.device)
    tokens = pad(embedding.tokens, (0, 0, 0, missing))
    return Embedding(tokens=tokens, pooled=embedding.pooled, mask=pad(mask, (0, missing)))


def _sum(tensors: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Return the share-weighted sum."""
    total = tensors[0] * shares[0]
    for tensor, share in zip(tensors[1:], shares[1:], strict=True):
        total = total + tensor * share
    return total
