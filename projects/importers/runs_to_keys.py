"""One value per frame as the shortest schedule with the same values."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from .rules import plain_number

Numbers = NDArray[np.float64]
_EXACT = 1e-12  # relative: what another order of additions may change


def schedule_of(values: Numbers) -> int | float | str:
    """The schedule of `values` (frames,): a number for a constant, else keys where straight lines meet.

    Raises ValueError for no values, and for one that is not finite.
    """
    if not len(values) or not np.isfinite(values).all():
        raise ValueError("a schedule is made of one finite number per frame")
    if (values == values[0]).all():
        return plain_number(float(values[0]))
    return ", ".join(f"{at}: ({_text(float(values[at]))})" for at in _corners(values))


def text_changes(texts: Iterable[str]) -> dict[int, str]:
    """Frame -> text, for each frame at which the text changes."""
    found, at = {}, 0
    for text, run in groupby(texts):
        found[at] = text
        at += len(list(run))
    return found


def _corners(values: Numbers) -> list[int]:
    """The frames where straight lines meet."""
    found, last = [0], len(values) - 1
    while found[-1] < last:
        found.append(_reach(values, found[-1], last))
    if len(found) > 1 and values[found[-1]] == values[found[-2]]:
        found.pop()  # the last key's value holds to the end
    return found


def _reach(values: Numbers, start: int, last: int) -> int:
    """The last frame on a straight line from `start`, by doubling a step and then halving it."""
    good, step = start + 1, 1
    while good + step <= last and _straight(values, start, good + step):
        good, step = good + step, 2 * step
    while step:
        if good + step <= last and _straight(values, start, good + step):
            good += step
        step //= 2
    return good


def _straight(values: Numbers, start: int, stop: int) -> bool:
    u = np.arange(stop - start + 1) / (stop - start)
    here, there = values[start], values[stop]
    line = here + (there - here) * u
    given = values[start : stop + 1]
    return bool((np.abs(line - given) <= _EXACT * np.maximum(np.abs(given), 1e-9)).all())


def _text(value: float) -> str:
    """The shortest digits that read back the same, without an exponent: Deforum reads one as an expression."""
    return str(np.format_float_positional(value, trim="-"))
