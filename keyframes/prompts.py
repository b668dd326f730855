"""Prompts: as the project gives them, as one frame needs them, and how one is read from text.

A prompt's text may hold `--neg`, `AND` parts with weights, and back-tick expressions; Disco's are lists of weighted
texts. A frame's prompt is made of NamedTuples, not dataclasses, because a long blend makes a hundred thousand of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from keyframes.clock import Clock
from keyframes.entries import NUMBER
from keyframes.errors import Place
from keyframes.expressions import Expression, parse_expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

Blend = Literal["hold", "linear", "smooth"]
PromptValue = str | list[str]
Pieces = tuple[str | Expression, ...]
"""Text with expressions in it: strings and expressions in turn."""

LANE = "prompts"
MAX_EXPRESSIONS = 1_000
MAX_WEIGHT = 1_000.0
LEAST_SUM = 1e-3  # Disco's own limit

_NEGATIVE = re.compile(r"--neg(?![\w-])")
_AND = re.compile(r"\bAND\b")
_HOLE = re.compile("\x00(\\d+)\x00")


class TextShare(NamedTuple):
    """A text and its share, 0 to 1, in a mix of embeddings. The shares of one mix sum to 1."""

    text: str
    share: float = 1.0


class PromptPart(NamedTuple):
    """One AND-part of a prompt: a mix of texts (two while blending keys) and its guidance weight.

    The weight scales this part's own guidance, as in A1111: u + sum of weight * cfg * (part - u). It may be
    negative.
    """

    mix: tuple[TextShare, ...]
    weight: float = 1.0


class FramePrompt(NamedTuple):
    """One frame's prompt, resolved: one part or more, and the mix of negative texts (perhaps just "")."""

    parts: tuple[PromptPart, ...]
    negative: tuple[TextShare, ...] = (TextShare(text=""),)


class MixedKey(NamedTuple):
    """One of the keys whose prompts are blended at a frame: its position, its prompt at this frame, its share, and
    whether its prompt is the same at every frame."""

    position: float
    prompt: FramePrompt
    share: float
    fixed: bool


@dataclass(frozen=True, kw_only=True)
class PromptSource:
    """Prompts as given: key position -> prompt, and what is added to each.

    `prompts` may also be one classic text: Deforum's JSON or Disco's dict of keys, or a plain prompt, which
    is key 0. A prompt may hold `--neg`, `AND` parts with weights and back-tick expressions; a list is
    Disco's `["text:5", "text:-1"]`. `prefix` and `suffix` are put before and after every positive text and
    `negative` after every negative one, joined by a space. `blend` is how one key's prompt turns into the
    next one's.
    """

    prompts: Mapping[str, PromptValue] | str
    negative: str = ""
    prefix: str = ""
    suffix: str = ""
    blend: Blend = "hold"


class PartTemplate(NamedTuple):
    """One part of a prompt: its words and its weight."""

    words: Pieces
    weight: float | Expression = 1.0


@dataclass(frozen=True, kw_only=True)
class PromptTemplate:
    """One key's prompt, checked. `normalized`: weights are divided by the size of their sum, as in Disco."""

    parts: tuple[PartTemplate, ...]
    negative: Pieces
    normalized: bool = False

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All the expressions in it, the weights' too."""
        words = [*(piece for part in self.parts for piece in part.words), *self.negative]
        every = [*words, *(part.weight for part in self.parts)]
        return tuple(piece for piece in every if isinstance(piece, Expression))

    def at(self, frame: int, clock: Clock) -> FramePrompt:
        """The prompt at one frame."""
        column = self.weights(np.array([float(frame)]), clock)[:, 0]
        weights = (column / abs(column.sum()) if self.normalized else column).tolist()
        mixes = [(TextShare(text=_text_at(part.words, frame, clock)),) for part in self.parts]
        parts = tuple(PromptPart(weight=weight, mix=mix) for weight, mix in zip(weights, mixes, strict=True))
        return FramePrompt(parts=parts, negative=(TextShare(text=_text_at(self.negative, frame, clock)),))

    def weights(self, frames: NDArray[np.float64], clock: Clock) -> NDArray[np.float64]:
        """The weights (parts, n) at `frames` (n,), as written."""
        given = [part.weight for part in self.parts]
        rows = [
            w.evaluate(frames, clock, LANE) if isinstance(w, Expression) else np.full(len(frames), w)
            for w in given
        ]
        return np.stack(rows)

    def check(self, frames: NDArray[np.float64], clock: Clock, place: Place) -> None:
        """Raise ScheduleError if an expression or a weight goes wrong at any of `frames`."""
        for expression in self.expressions:
            expression.evaluate(frames, clock, LANE)
        weights = self.weights(frames, clock)
        large = ~(np.abs(weights) <= MAX_WEIGHT).all(axis=0)
        nothing = np.abs(weights.sum(axis=0)) < LEAST_SUM if self.normalized else np.zeros_like(large)
        if nothing.any():
            what, hint = "the weights add up to nothing.", f"Allowed: a sum of at least {LEAST_SUM:g}."
            raise place.error(what, None, hint, frame=int(frames[nothing][0]))
        if large.any():
            what, hint = "a weight is too large.", f"Allowed: up to {MAX_WEIGHT:g}."
            raise place.error(what, None, hint, frame=int(frames[large][0]))


def parse_prompt(
    text: str | Sequence[str],
    *,
    clock: Clock,
    place: Place,
    prefix: str = "",
    suffix: str = "",
    negative: str = "",
) -> PromptTemplate:
    """One key's prompt, a text or Disco's list of weighted texts, with what is added to it.

    Text: `a cat :0.7 AND a dog :0.3 --neg blurry`. A weight is read only where there is an AND; weights are
    not normalized, as in A1111. Prefix and suffix are added to every part that is not weighted below 0. Raises
    ScheduleError for back-ticks that never close, bad expressions in them, and weights that are refused.
    """
    holes: list[Expression] = []
    surroundings = [
        _with_holes(around, holes, clock, place._replace(where=f"{LANE}.{name}", source=around))
        for around, name in ((prefix, "prefix"), (suffix, "suffix"), (negative, "negative"))
    ]
    listed = not isinstance(text, str)
    positives, negatives = [], []
    for item in text if not isinstance(text, str) else (text,):
        first, *rest = _NEGATIVE.split(_with_holes(item, holes, clock, place._replace(source=item)))
        positives.append(first)
        negatives += rest
    sources = positives if listed else _AND.split(positives[0])
    parts = [_part(source, surroundings, holes, weighted=listed or len(sources) > 1) for source in sources]
    nonempty = [part for part in parts if part.words] or parts[:1]
    return PromptTemplate(
        parts=tuple(nonempty),
        negative=_template(_joined(*negatives, surroundings[2]), holes),
        normalized=listed,
    )


def _with_holes(text: str, holes: list[Expression], clock: Clock, place: Place) -> str:
    """`text` with each back-tick expression taken out to `holes` and its number left between NULs."""
    if "\x00" in text:
        raise place.error("a prompt cannot hold a NUL character.", text.index("\x00"), "Take it out.")
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        raise place.error(
            "this back-tick is never closed.", text.rindex("`"), "Example: (red:`1 + t/max_f`)."
        )
    if len(holes) + len(pieces) // 2 > MAX_EXPRESSIONS:
        raise place.error(
            "too many back-tick expressions.", None, f"Allowed: {MAX_EXPRESSIONS} in one prompt."
        )
    start = 0
    for index, piece in enumerate(pieces):
        if index % 2:
            holes.append(parse_expression(piece, clock=clock, place=place.moved(start)))
            pieces[index] = f"\x00{len(holes) - 1}\x00"
        start += len(piece) + 1
    return "".join(pieces)


def _part(text: str, surroundings: Sequence[str], holes: list[Expression], *, weighted: bool) -> PartTemplate:
    weight: float | Expression = 1.0
    head, _, tail = text.rpartition(":")
    tail = tail.strip()
    hole = _HOLE.fullmatch(tail)
    if weighted and head and (hole or NUMBER.fullmatch(tail)):
        text, weight = head, holes[int(hole[1])] if hole else float(tail)
    if text.strip() and not (isinstance(weight, float) and weight < 0):
        text = _joined(surroundings[0], text, surroundings[1])
    return PartTemplate(words=_template(text.strip(), holes), weight=weight)


def _joined(*texts: str) -> str:
    return " ".join(text.strip() for text in texts if text.strip())


def _template(text: str, holes: list[Expression]) -> Pieces:
    pieces = [holes[int(p)] if index % 2 else p for index, p in enumerate(_HOLE.split(text))]
    return tuple(piece for piece in pieces if piece != "")


def _text_at(pieces: Pieces, frame: int, clock: Clock) -> str:
    return "".join(piece if isinstance(piece, str) else _number_at(piece, frame, clock) for piece in pieces)


def _number_at(expression: Expression, frame: int, clock: Clock) -> str:
    value = float(expression.evaluate(np.array([float(frame)]), clock, LANE)[0])
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
