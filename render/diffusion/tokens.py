"""Texts as tokens with weights: the tokenizer's window, and emphasis.

The whole text is tokenised at once, so that its tokens are those of the plain text; a token's weight is that of the
piece with its first character.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from keyframes.emphasis import parse_emphasis
from render.diffusion.embeddings import Embedding, Notice, TextEncoder

LONGEST_WORD = 30


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """`ids` and `mask` (1, L), integers; `weights` (L,) floats, or None where all are 1."""

    ids: Tensor
    mask: Tensor
    weights: Tensor | None


def tokenize(
    tokenizer: Any,
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
    window = window or int(tokenizer.model_max_length)
    full = tokenizer(plain, return_offsets_mapping=True, verbose=False)
    offsets = [tuple(pair) for pair in full["offset_mapping"]]
    if len(offsets) > window:
        end = len(plain) - len(after)
        notice(lost_words(window, _from_word(plain[:end], offsets[window - 1][0])))
    batch = tokenizer(
        plain,
        padding="max_length" if fill else False,
        max_length=window,
        truncation=True,
        return_tensors="pt",
    )
    return Tokens(
        ids=batch["input_ids"],
        mask=batch["attention_mask"],
        weights=_weights(pieces, offsets, window if fill else min(window, len(offsets))),
    )


def lost_words(window: int, lost: str) -> str:
    """Return the notice about words that a model does not see."""
    return f'The prompt is longer than the {window} tokens that the model reads; it does not see "{lost}".'


def read_t5(part: TextEncoder, text: str, window: int, notice: Notice, *, masked: bool = False) -> Embedding:
    """Encode one text with T5, padded to the window: (1, window, D), with the tokenizer's mask.

    `masked`: T5 ignores the padding.
    """
    tokens = tokenize(part.tokenizer, text, notice, window=window)
    device = part.encoder.device
    mask = tokens.mask.to(device) if masked else None
    hidden = part.encoder(tokens.ids.to(device), attention_mask=mask)[0]
    return Embedding(tokens=emphasise(hidden, tokens.weights), mask=tokens.mask.to(device))


def _from_word(text: str, start: int) -> str:
    """Return the end of a text from the word that `start` is in; from `start` where words have no spaces."""
    space = text.rfind(" ", max(start - LONGEST_WORD, 0), start + 1)
    return text[space + 1 if space >= 0 else start :].strip()


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


def drop_notice(message: str) -> None:
    """Drop a notice about words that CLIP does not see: T5 sees them."""
