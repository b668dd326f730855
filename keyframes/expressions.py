"""Expressions such as `1.02 + 0.01*sin(2*pi*t/30)`: checked once, evaluated over all frames at once.

The language is numexpr's, which Deforum uses, with Python's precedence; `functions` lists its words. It is
parsed here into steps of a stack machine over NumPy arrays: no `eval`, no Python code, nothing that can run
away. Text is at most 2,000 characters, nesting is bounded, and numbers are float64, so `9**9**9` is an
overflow, not a hang.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from keyframes.clock import Clock
from keyframes.errors import Place, quoted
from keyframes.functions import Sample
from keyframes.parser import MAX_VALUE, Parser, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_LENGTH = 2_000


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A checked expression. Two of the same text are equal."""

    text: str
    steps: tuple[Step, ...] = field(repr=False, compare=False)
    place: Place = field(default=Place(), repr=False, compare=False)

    def evaluate(self, frames: NDArray[np.float64], clock: Clock, lane: str) -> NDArray[np.float64]:
        """The value at each of `frames` (n,), as float64 (n,).

        Raises ScheduleError naming the lane and the first frame whose value is not finite or beyond 1e15.
        """
        sample = Sample(frames=frames, clock=clock, lane=lane)
        stack: list[Any] = []
        with np.errstate(all="ignore"):
            for step in self.steps:
                arguments = stack[len(stack) - step.takes :]
                del stack[len(stack) - step.takes :]
                stack.append(step.apply(sample, arguments))
        values = np.array(np.broadcast_to(np.asarray(stack[0], dtype=np.float64), frames.shape))
        bad = ~(np.abs(values) <= MAX_VALUE)
        if bad.any():
            self._refuse(
                float(frames[bad][np.argmin(frames[bad])]), float(values[bad][np.argmin(frames[bad])])
            )
        return values

    def _refuse(self, frame: float, value: float) -> None:
        what = "is not a number" if np.isnan(value) else "is infinite" if np.isinf(value) else f"is {value:g}"
        hint = f"Allowed: numbers up to {MAX_VALUE:g}. To step round a pole: where(t == 5, 1, 1/(t - 5))."
        if np.isnan(value) and any(sign in self.text for sign in "&|^~<>"):
            hint = "The signs & | ^ ~ << >> need whole numbers or conditions."
        place = f" at position {frame:g}" if frame != int(frame) else ""
        raise self.place.error(f"{quoted(self.text)}{place} {what}.", 0, hint, frame=int(frame))


def parse_expression(
    text: str, *, clock: Clock, place: Place | None = None, moving: bool = True
) -> Expression:
    """`text` as an Expression. `place` says where it is, for messages; `moving` allows t, sec, beat,
    rand.

    Raises ScheduleError, with a column, for anything that is not an expression.
    """
    place = place or Place(source=text)
    if len(text) > MAX_LENGTH:
        what = f"this expression has {len(text)} characters."
        raise place.error(what, MAX_LENGTH, f"Allowed: {MAX_LENGTH}. Split it over several keys.")
    if not text.strip():
        raise place.error("an expression is missing here.", 0, 'Example: "1 + 0.01*sin(t)".')
    return Expression(text=text.strip(), steps=Parser(text, clock, place, moving).parse(), place=place)
