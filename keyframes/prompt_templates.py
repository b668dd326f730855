"""One prompt as text: `--neg`, `AND` parts with weights, Disco's weighted lists, back-tick expressions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keyframes.clock import Clock
from keyframes.entries import NUMBER
from keyframes.errors import Place
from keyframes.expressions import Expression, parse_expression
from keyframes.prompts import FramePrompt, PromptPart, TextShare

if TYPE_CHECKING:
    from numpy.typing import NDArray

LANE = "prompts"
MAX_EXPRESSIONS = 1_000
MAX_WEIGHT = 1_000.0
LEAST_SUM = 1e-3  # Disco's own limit

_NEGATIVE = re.compile(r"--neg(?![\w-])")
_AND = re.compile(r"\bAND\b")
_HOLE = re.compile("\x00(\\d+)\x00")


@dataclass(frozen=True, kw_only=True)
class TextTemplate:
    """Text with expressions in it: strings and expressions in turn."""

    pieces: tuple[str | Expression, ...]

    def at(self, frame: int, clock: Clock) -> str:
        """The text at one frame."""
        return "".join(
            piece if isinstance(piece, str) else _number_at(piece, frame, clock) for piece in self.pieces
        )


@dataclass(frozen=True, kw_only=True)
class PartTemplate:
    """One part of a prompt: its words and its weight."""

    words: TextTemplate
    weight: float | Expression = 1.0


@dataclass(frozen=True, kw_only=True)
class PromptTemplate:
    """One key's prompt, checked. `normalized`: weights are divided by the size of their sum, as in Disco."""

    parts: tuple[PartTemplate, ...]
    negative: TextTemplate
    normalized: bool = False

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All the expressions in it, the weights' too."""
        words = [*(piece for part in self.parts for piece in part.words.pieces), *self.negative.pieces]
        every = [*words, *(part.weight for part in self.parts)]
        return tuple(piece for piece in every if isinstance(piece, Expression))

    def at(self, frame: int, clock: Clock) -> FramePrompt:
        """The prompt at one frame."""
        column = self.weights(np.array([float(frame)]), clock)[:, 0]
        weights = (column / abs(column.sum()) if self.normalized else column).tolist()
        mixes = [(TextShare(text=part.words.at(frame, clock)),) for part in self.parts]
        parts = tuple(PromptPart(weight=weight, mix=mix) for weight, mix in zip(weights, mixes, strict=True))
        return FramePrompt(parts=parts, negative=(TextShare(text=self.negative.at(frame, clock)),))

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
    nonempty = [part for part in parts if part.words.pieces] or parts[:1]
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


def _template(text: str, holes: list[Expression]) -> TextTemplate:
    pieces = [holes[int(p)] if index % 2 else p for index, p in enumerate(_HOLE.split(text))]
    return TextTemplate(pieces=tuple(piece for piece in pieces if piece != ""))


def _number_at(expression: Expression, frame: int, clock: Clock) -> str:
    value = float(expression.evaluate(np.array([float(frame)]), clock, LANE)[0])
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
