"""Emphasis inside a prompt, as A1111 writes it: `(word)`, `(word:1.3)`, `[word]`, `\\(`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from keyframes.errors import Problem, ScheduleError

STEP = 1.1
MAX_DEPTH = 64
MAX_WEIGHT = 100.0

_TOKEN = re.compile(r"\\[()\[\]\\]|[(\[\]]|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|\)|[^\\()\[\]:]+|[\\:]")


def parse_emphasis(text: str) -> tuple[tuple[str, float], ...]:
    r"""`text` in pieces with their weights: `a (red:1.3) cat` -> `("a ", 1.0), ("red", 1.3), (" cat", 1.0)`.

    `(x)` is 1.1 times, `[x]` 1/1.1 times, `(x:1.3)` 1.3 times as strong; they nest by multiplying. `\(`,
    `\)`, `\[`, `\]` and `\\` are the characters themselves. A bracket that is never closed reaches to the
    end, one that was never opened is text, both as in A1111. Neighbours of equal weight are joined; ""
    gives one empty piece.

    Raises ScheduleError for more than 64 nested brackets and for weights beyond 100.
    """
    tokens = list(_TOKEN.finditer(text))
    factors = _bracket_factors(tokens)
    pieces = groupby(_weighted(text, tokens, factors), key=lambda piece: piece[1])
    joined = tuple(("".join(words for words, _ in group), weight) for weight, group in pieces)
    return joined or (("", 1.0),)


def _bracket_factors(tokens: list[re.Match[str]]) -> dict[int, float | None]:
    """Token index -> what it multiplies the weight by (an opening bracket), or None (one that closes)."""
    factors: dict[int, float | None] = {}
    opened: list[int] = []
    for index, token in enumerate(tokens):
        word = token[0]
        if word in ("(", "["):
            factors[index] = STEP if word == "(" else 1 / STEP
            opened.append(index)
        elif word[0] != "\\" and opened and word[-1] == (")" if tokens[opened[-1]][0] == "(" else "]"):
            start = opened.pop()
            factors[start] = float(token[1]) if token[1] else factors[start]
            factors[index] = None
    return factors


def _weighted(
    text: str, tokens: list[re.Match[str]], factors: dict[int, float | None]
) -> Iterator[tuple[str, float]]:
    """The text between brackets with its weight, one token at a time."""
    weights = [1.0]
    for index, token in enumerate(tokens):
        if index not in factors:
            word = token[0]
            yield (word[1:] if word[0] == "\\" and len(word) > 1 else word), weights[-1]
            continue
        factor = factors[index]
        if factor is None:
            weights.pop()
            continue
        weights.append(weights[-1] * factor)
        if len(weights) > MAX_DEPTH + 1 or abs(weights[-1]) > MAX_WEIGHT:
            what = f"the emphasis is nested deeper than {MAX_DEPTH} brackets or stronger than {MAX_WEIGHT:g}."
            raise ScheduleError(
                Problem(what=what, text=text, column=token.start() + 1, hint='Example: "a (red:1.3) cat".')
            )
