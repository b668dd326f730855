"""Ranges of frames, as Blender writes them: `3,5-10,47..60,-1`."""

from __future__ import annotations

import re

from keyframes.errors import Place

EXAMPLE = 'Example: "3,5-10,47-60,-1" (-1 is the last frame).'

_RANGE = re.compile(r"\s*(-?\d{1,9})\s*(?:(?:\.\.|-)\s*(-?\d{1,9})\s*)?", re.ASCII)


def parse_frames(text: str, frames: int) -> tuple[int, ...]:
    """The frames that `text` names, sorted, each once; ends are included, negatives count from the end.

    `frames` is how many the film has. Raises ScheduleError, with a column, for text that is no list of
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
