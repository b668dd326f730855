"""Prompts as embeddings: each text is encoded once, then mixed by shares and stacked to rows.

In families whose texts have as many tokens as words, a shorter text is padded with zeros to the length of the longest
beside it; its mask says which tokens are read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import pad

from keyframes.prompts import TextShare

Notice = Callable[[str], None]
REMEMBERED = 128


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


class Reader(Protocol):
    """What encodes one text: a model."""

    @property
    def notice(self) -> Notice:
        """Is called with what a person should know."""
        ...

    @property
    def zero_empty(self) -> bool:
        """Whether an empty negative prompt is the zero embedding."""
        ...

    @property
    def text_weights(self) -> tuple[float, ...]:
        """The weights of the LoRAs that change the text encoders."""
        ...

    def embed(self, text: str, clipskip: int, notice: Notice) -> Embedding:
        """Encode one text, with its emphasis, to an Embedding of N = 1."""
        ...


class PromptEncoder:
    """Encodes texts for a model and remembers the last ones.

    An embedding depends on the text, on the layer of CLIP that is read (`clipskip`, from the end: 1 is the usual one),
    and on the LoRAs in the text encoders.
    """

    def __init__(self, model: Reader, *, remembered: int = REMEMBERED) -> None:
        self._model = model
        self._remembered = remembered
        self._known: OrderedDict[tuple[object, ...], Embedding] = OrderedDict()
        self._noticed: set[str] = set()

    def text(self, text: str, clipskip: int = 1) -> Embedding:
        """Return the Embedding (N = 1) of one text. Raises ScheduleError for impossible emphasis."""
        key = (self._model.text_weights, clipskip, text)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        with torch.inference_mode():
            embedding = self._model.embed(text, clipskip, self.notice_once)
        self._known[key] = embedding
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return embedding

    def mix(self, shares: Sequence[TextShare], clipskip: int = 1) -> Embedding:
        """Return the mix of texts by their shares (which sum to 1), tokens and pooled output linearly."""
        return mix([self.text(share.text, clipskip) for share in shares], [share.share for share in shares])

    def negative(self, shares: Sequence[TextShare], clipskip: int = 1) -> Embedding:
        """Return the mix of negative texts.

        The empty text is the zero embedding for models whose pipeline says so (SDXL: force_zeros_for_empty_prompt).
        """
        texts = shares or (TextShare(text=""),)
        embeddings = [self._negative(share.text, clipskip) for share in texts]
        return mix(embeddings, [share.share for share in texts])

    def notice_once(self, message: str) -> None:
        """Pass a notice on the first time: both of SDXL's tokenizers lose the same words, frame after frame."""
        if message not in self._noticed:
            self._noticed.add(message)
            self._model.notice(message)

    def _negative(self, text: str, clipskip: int) -> Embedding:
        embedding = self.text(text, clipskip)
        return embedding.zeros() if self._model.zero_empty and not text.strip() else embedding
