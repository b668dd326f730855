"""Positions of keys: `40`, `11.5`, `2.5s`, `50%`, `8b`, `-1` (from the end), `max_f/2`; and ranges of frames, as
Blender writes them: `3,5-10,47..60,-1`.
"""

from __future__ import annotations

import math
import re
from typing import Literal

import numpy as np

from keyframes.clock import Clock
from keyframes.errors import Place, quoted
from keyframes.expressions import parse_expression

Dialect = Literal["reverie", "deforum", "disco"]
DIALECTS: tuple[Dialect, ...] = ("reverie", "deforum", "disco")

MAX_POSITION = 1e9
EXAMPLES = "Examples: 40, 2.5s, 50%, 8b, -1 (the last frame), max_f/2."

_QUANTITY = re.compile(r"([+-]?)((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(s|%|b|f)?", re.ASCII)


def parse_position(
    text: str, *, clock: Clock, place: Place | None = None, dialect: Dialect = "reverie"
) -> float:
    """The frame of a key written as `text`, perhaps between two frames.

    Seconds, beats (`b`) and percent of max_f become frames. A negative number counts back from the end, so
    that -1 is the last frame and -2s two seconds before the end; the Deforum dialect leaves it negative,
    and cuts the value of an expression to a whole frame, as Deforum does; the Disco dialect takes digits
    only.

    Raises ScheduleError for what is none of these, lies before frame 0, or needs a tempo that the clock
    lacks.
    """
    place = place or Place(source=text)
    quantity = _QUANTITY.fullmatch(text.strip())
    if dialect == "disco" and not re.fullmatch(r"\s*\d+\s*", text, re.ASCII):
        raise place.error(
            f"{quoted(text)} is not a key in Disco's dialect.", 0, "Allowed: a whole frame, as in 40."
        )
    if quantity:
        sign, digits, unit = quantity.groups()
        amount = _in_frames(float(digits), unit or "", clock, place)
        if sign != "-":
            return _checked(amount, text, place)
        if dialect == "deforum":
            return -_checked(amount, text, place)
        if unit == "%":
            raise place.error("percent cannot be negative.", 0, "For a tenth before the end write 90%.")
        return _checked(clock.frames - amount if amount else 0.0, text, place)
    expression = parse_expression(text, clock=clock, place=place, moving=False)
    value = float(expression.evaluate(np.zeros(1), clock, place.where)[0])
    return float(int(value)) if dialect == "deforum" else _checked(value, text, place)


def _in_frames(amount: float, unit: str, clock: Clock, place: Place) -> float:
    if unit == "s":
        return amount * clock.fps
    if unit == "%":
        return amount / 100.0 * clock.max_f
    if unit == "b":
        if clock.frames_per_beat is None:
            raise place.error("beats need a tempo.", 0, "Give the project a bpm, such as bpm = 120.")
        return amount * clock.frames_per_beat
    return amount


def _checked(position: float, text: str, place: Place) -> float:
    if position < 0:
        raise place.error(f"the key {quoted(text, 30)} lies before frame 0.", 0, EXAMPLES)
    if not position <= MAX_POSITION or math.isnan(position):
        raise place.error(
            f"the key {quoted(text, 30)} is too far away.", 0, f"Allowed: up to {MAX_POSITION:g}."
        )
    return position


EXAMPLE = 'Example: "3,5-10,47-60,-1" (-1 is the last frame).'

_RANGE = re.compile(r"\s*(-?\d{1,9})\s*(?:(?:\.\.|-)\s*(-?\d{1,9})\s*)?", re.ASCII)


def parse_frames(text: str, frames: int) -> tuple[int, ...]:
    """The frames that `text` names, sorted, each once; ends are included, negatives count from the end.

    `frames` is how many the film has. Raises ScheduleError, with a column, for text that is not a list of
    ranges and for frames outside the film.
    """
    found: set[int] = set()
    start = 0
    for piece in text.split(","):
        place = Place("frames", text, start)
        start += len(piece) + 1
        match = _RANGE.fullmatch(piece)
        if match is None:
            raise place.error(f'"{piece.strip()[:30]}" is not a frame or a range.', 0, EXAMPLE)
        first = _frame(match[1], frames, place.moved(match.start(1)))
        last = first if match[2] is None else _frame(match[2], frames, place.moved(match.start(2)))
        if last < first:
            raise place.error(f'"{piece.strip()}" runs backwards, from {first} to {last}.', 0, EXAMPLE)
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def _frame(digits: str, frames: int, place: Place) -> int:
    number = int(digits)
    frame = number + frames if number < 0 else number
    if not 0 <= frame < frames:
        what = f"the film has no frame {number}."
        raise place.error(what, 0, f"Allowed: 0 to {frames - 1}, or -1 to -{frames} from the end.")
    return frame
