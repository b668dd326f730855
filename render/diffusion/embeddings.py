"""Texts as tokens with weights, and as embeddings, which are mixed by shares and stacked to rows.

A text is tokenised whole, so that its tokens are those of the plain text; a token's weight is that of the piece with
its first character. In families whose texts have as many tokens as words, a shorter text is padded with zeros to the
length of the longest beside it; its mask says which tokens are read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from keyframes.emphasis import parse_emphasis

Notice = Callable[[str], None]
LONGEST_WORD = 30


@dataclass(frozen=True, kw_only=True)
class TextEncoder:
    """A tokenizer and the transformer that reads its tokens."""

    tokenizer: Any
    encoder: Any


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """`ids` and `mask` (1, L), integers; `weights` (L,), or None where all are 1. All are on the encoder's device."""

    ids: Tensor
    mask: Tensor
    weights: Tensor | None


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
        return replace(self, tokens=self.tokens.to(dtype), pooled=pooled)

    def without(self, first: int) -> Embedding:
        """Return the rows after the `first` ones."""
        return _combined([self], lambda tensors: tensors[0][first:])

    def zeros(self) -> Embedding:
        """Return zeros of the same shapes; the mask stays as it is."""
        pooled = None if self.pooled is None else torch.zeros_like(self.pooled)
        return replace(self, tokens=torch.zeros_like(self.tokens), pooled=pooled)


def stack(embeddings: Sequence[Embedding]) -> Embedding:
    """Stack embeddings along N, padded to the longest."""
    return _combined(_level(embeddings), torch.cat)


def mix(embeddings: Sequence[Embedding], shares: Sequence[float]) -> Embedding:
    """Return the sum of embedding times share, token by token. One text alone is returned bit for bit.

    A token is read if any of the texts has it: past the end of a shorter text the longer one's tokens stand alone, at
    their share.
    """
    if len(embeddings) == 1:
        return embeddings[0]
    level = _level(embeddings)
    masks = [embedding.mask for embedding in level if embedding.mask is not None]
    mixed = _combined(level, lambda tensors: weighted_sum(tensors, shares))
    return replace(mixed, mask=torch.stack(masks).amax(dim=0) if masks else None)


def weighted_sum(tensors: Sequence[Tensor], shares: Sequence[float] | Tensor) -> Tensor:
    """Return the sum of tensors times shares."""
    total = tensors[0] * shares[0]
    for tensor, share in zip(tensors[1:], shares[1:], strict=True):
        total = total + tensor * share
    return total


def _combined(embeddings: Sequence[Embedding], join: Callable[[list[Tensor]], Tensor]) -> Embedding:
    """Return the embedding whose tokens, pooled outputs and mask are joined from those of several."""
    pooled = [embedding.pooled for embedding in embeddings if embedding.pooled is not None]
    masks = [embedding.mask for embedding in embeddings if embedding.mask is not None]
    return Embedding(
        tokens=join([embedding.tokens for embedding in embeddings]),
        pooled=join(pooled) if pooled else None,
        mask=join(masks) if masks else None,
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
    return replace(embedding, tokens=tokens, mask=pad(mask, (0, missing)))


def tokenize(
    part: TextEncoder,
    text: str,
    notice: Notice,
    *,
    window: int | None = None,
    frame: tuple[str, str] = ("", ""),
    fill: bool = True,
) -> Tokens:
    """Tokenise a prompt to the whole window, by default the tokenizer's own; without `fill`, to its own length.

    `frame` is the prompt template of a language model: what it reads before and after the text, without emphasis. A
    longer text loses its end; `notice` is called with the lost words. Raises ScheduleError for impossible emphasis.
    """
    before, after = frame
    pieces = [(before, 1.0), *parse_emphasis(text), (after, 1.0)]
    plain = "".join(piece for piece, _ in pieces)
    window = window or int(part.tokenizer.model_max_length)
    full = part.tokenizer(plain, return_offsets_mapping=True, verbose=False)
    offsets = [tuple(pair) for pair in full["offset_mapping"]]
    if len(offsets) > window:
        end = len(plain) - len(after)
        notice(lost_words(window, _from_word(plain[:end], offsets[window - 1][0])))
    batch = part.tokenizer(
        plain,
        padding="max_length" if fill else False,
        max_length=window,
        truncation=True,
        return_tensors="pt",
    )
    weights = _weights(pieces, offsets, window if fill else min(window, len(offsets)))
    device = part.encoder.device
    return Tokens(
        ids=batch["input_ids"].to(device),
        mask=batch["attention_mask"].to(device),
        weights=None if weights is None else weights.to(device),
    )


def lost_words(window: int, lost: str) -> str:
    """Return the notice about words that a model does not see."""
    return f'The prompt is longer than the {window} tokens that the model reads; it does not see "{lost}".'


def drop_notice(message: str) -> None:
    """Drop a notice: nobody asked for it, or it is about words that CLIP does not see and T5 sees."""


def read_clips(
    parts: Sequence[TextEncoder], text: str, clipskip: int, notice: Notice
) -> tuple[Tensor, list[Tensor]]:
    """Encode one text with CLIPs: their hidden states but one side by side, (1, L, D1 + D2), and each one's pooled
    output, (1, P), which emphasis leaves as it is.
    """
    hidden, pooled = [], []
    for part in parts:
        tokens = tokenize(part, text, notice)
        output = part.encoder(tokens.ids, output_hidden_states=True)
        hidden.append(emphasise(output.hidden_states[-1 - clipskip], tokens.weights))
        pooled.append(output[0])
    return torch.cat(hidden, dim=-1), pooled


def read_t5(part: TextEncoder, text: str, window: int, notice: Notice, *, masked: bool = False) -> Embedding:
    """Encode one text with T5, padded to the window: (1, window, D), with the tokenizer's mask.

    `masked`: T5 ignores the padding.
    """
    tokens = tokenize(part, text, notice, window=window)
    hidden = part.encoder(tokens.ids, attention_mask=tokens.mask if masked else None)[0]
    return Embedding(tokens=emphasise(hidden, tokens.weights), mask=tokens.mask)


def emphasise(hidden: Tensor, weights: Tensor | None) -> Tensor:
    """Multiply each token's embedding (1, L, D) by its weight (L,), then restore the mean over all, as A1111 does.

    Without weights `hidden` itself is returned.
    """
    if weights is None:
        return hidden
    weighted = hidden * weights.to(hidden)[None, :, None]
    mean = weighted.float().mean()
    scale = torch.where(mean == 0, 1.0, hidden.float().mean() / mean)
    return weighted * scale.to(hidden.dtype)


def _from_word(text: str, start: int) -> str:
    """Return the end of a text from the word that `start` is in; from `start` where words have no spaces."""
    space = text.rfind(" ", max(start - LONGEST_WORD, 0), start + 1)
    return text[space + 1 if space >= 0 else start :].strip()


def _weights(
    pieces: Sequence[tuple[str, float]], offsets: Sequence[tuple[int, ...]], window: int
) -> Tensor | None:
    """Return each token's weight; special tokens and padding, which cover no text, have 1."""
    if all(weight == 1.0 for _, weight in pieces):
        return None
    starts = [0, *accumulate(len(piece) for piece, _ in pieces)]
    found = [
        pieces[bisect_right(starts, start) - 1][1] if stop > start else 1.0
        for start, stop in offsets[:window]
    ]
    if len(offsets) > window:
        found[-1] = 1.0  # truncation puts the end token here
    return torch.tensor(found + [1.0] * (window - len(found)))
