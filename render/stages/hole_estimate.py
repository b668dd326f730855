"""What a camera move uncovers, known from its lanes alone: for keys and the plan, which load neither model nor torch.

The numbers are those that the render measures on the moved picture (`motion.hole_depth`), to float precision.
"""

from __future__ import annotations

import cmath
import math
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Points = TypeVar("Points", complex, NDArray[np.complex128])
Values = tuple[tuple[str, float], ...]  # of a motion.Move: the fields that are not as they stand still

# A hole asks for its full strength this share of the picture's shorter side inside it: 8 px of 512.
_REACH = 1 / 64
_SLACK = 1e-9  # pixels


def reach(size: tuple[int, int]) -> int:
    """How many pixels inside a hole it asks for its full strength, for (width, height)."""
    return max(2, round(min(size) * _REACH))


@lru_cache(maxsize=4096)
def uncovers(moves: tuple[Values, ...], size: tuple[int, int]) -> bool:
    """Whether 2D moves without a flip, one after another, uncover anything of a picture of `size` (width, height).

    A flat picture stays one convex piece when it is moved, so what lies farthest from it is a corner of the frame: only
    the corners are looked at.
    """
    right, bottom = size[0] - 1, size[1] - 1
    undone = [_undone(move, size) for move in reversed(moves)]
    # one corner at a time, in plain numbers: NumPy's calls would take longer, for 100,000 frames
    for corner in (0j, right + 0j, bottom * 1j, right + bottom * 1j):
        source = _source(corner, undone)
        if not (-_SLACK <= source.real <= right + _SLACK and -_SLACK <= source.imag <= bottom + _SLACK):
            return True
    return False


@lru_cache(maxsize=4096)
def deepest_hole(moves: tuple[Values, ...], size: tuple[int, int], reach: int) -> float:
    """`motion.hole_depth`'s largest value for the same moves, 0 to 1."""
    if not uncovers(moves, size):
        return 0.0
    (width, height), steps = size, np.arange(float(reach))
    x, y = np.minimum(steps, width - 1), np.minimum(steps, height - 1)[:, None]  # from a corner inwards
    corners = [across + 1j * down for across in (x, width - 1 - x) for down in (y, height - 1 - y)]
    source = _source(np.stack(corners), [_undone(move, size) for move in reversed(moves)])
    known = _within(source.real, width) * _within(source.imag, height)
    known = np.maximum.accumulate(np.maximum.accumulate(known, axis=1), axis=2)
    return float((1 - known.diagonal(axis1=1, axis2=2)).sum(axis=1).max() / reach)


def _source(at: Points, undone: list[tuple[complex, complex, complex]]) -> Points:
    """Where in the source pixels come from, the last move undone first.

    Convention: that of `motion.matrix2d`, undone: a pixel shows the source at
    centre + (pixel - centre) / (zoom * turn) - shift, in complex numbers x + iy; y down, so a turn
    counter-clockwise is a negative angle.
    """
    for center, turn, shift in undone:
        at = center + (at - center) / turn - shift
    return at


def _undone(move: Values, size: tuple[int, int]) -> tuple[complex, complex, complex]:
    """The centre, the turn and the shift of a move, for undoing it."""
    lanes = dict(move)
    center = complex(
        size[0] * lanes.get("transform_center_x", 0.5), size[1] * lanes.get("transform_center_y", 0.5)
    )
    turn = lanes.get("zoom", 1.0) * cmath.exp(-1j * math.radians(lanes.get("angle", 0.0)))
    return center, turn, complex(lanes.get("translation_x", 0.0), lanes.get("translation_y", 0.0))


def _within(position: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """1 on [0, length - 1], falling to 0 one pixel outside."""
    return np.clip((length + 1) / 2 - np.abs(position - (length - 1) / 2), 0, 1)
