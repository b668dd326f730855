"""From a value per frame back to few keys: a schedule that can be read and edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def simplify(values: NDArray[np.float64], tolerance: float) -> list[int]:
    """The frames at which keys are needed so that straight ways between them stay within `tolerance`.

    values: (frames,), finite. The first and last frame are always among them. Ramer (1972), Douglas and
    Peucker (1973), with the distance measured in the value alone: so the bound holds at every frame.
    Raises ValueError for no values or a negative tolerance.
    """
    if len(values) == 0 or tolerance < 0:
        raise ValueError("simplify needs at least one value and a tolerance of 0 or more")
    last = len(values) - 1
    kept, open_ways = {0, last}, [(0, last)]
    while open_ways:
        first, stop = open_ways.pop()
        inner = np.arange(first + 1, stop)
        if not len(inner):
            continue
        straight = values[first] + (values[stop] - values[first]) * (inner - first) / (stop - first)
        error = np.abs(values[inner] - straight)
        worst = int(np.argmax(error))
        if error[worst] > tolerance:
            split = int(inner[worst])
            kept.add(split)
            open_ways += [(first, split), (split, stop)]
    return sorted(kept)


def keys_text(values: NDArray[np.float64], tolerance: float, *, digits: int = 4) -> str:
    """The values (frames,) as a schedule string with as few keys as `simplify` needs.

    Every frame of it is within the tolerance, and half a unit of the last of `digits` decimals.
    """
    keys = [(frame, round(float(values[frame]), digits) + 0.0) for frame in simplify(values, tolerance)]
    while len(keys) > 1 and keys[-1][1] == keys[-2][1]:  # after the last key its value holds
        keys.pop()
    return ", ".join(f"{frame}: ({value:.15g})" for frame, value in keys)
