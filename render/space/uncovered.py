"""What a camera move uncovers, known from its lanes alone: for the plan, which loads neither model nor torch.

The numbers are those that the render measures on the moved picture (`motion.hole_depth`), to float precision.
"""

from __future__ import annotations

import cmath
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from keyframes import Row
from projects.lanes import FLIP

from ..footage.keys import moves
from ..setup import Setup

# A hole asks for its full strength this share of the picture's shorter side inside it: 8 px of 512.
_REACH = 1 / 64


def reach(size: tuple[int, int]) -> int:
    """How many pixels deep in a hole nothing of the picture is left to go on, for (width, height)."""
    return max(2, round(min(size) * _REACH))


def deepest_hole(setup: Setup, row: Row) -> float:
    """The deepest share of a painted frame's hole, 0 to 1: 0 where nothing is uncovered, or the border is another.

    With a cadence the moves since the last painted frame count together.

    A flat picture stays one convex piece when it is moved, so what lies farthest from it is a corner of the
    frame: only the corners are looked at. Exact for the 2D camera; for others, which need the picture's depth
    to know, for a perspective flip and for a clip's motion, the most that it can be.
    """
    motion = setup.project.file.motion
    if row.frame == 0 or motion.border != "reveal":
        return 0.0
    way = setup.cadence.of(row.frame).way[:-1]
    before = [setup.timeline.row(frame).numbers for frame in way if frame > 0]
    flipped = any(numbers[lane] for numbers in (*before, row.numbers) for lane in FLIP[:3])
    if motion.mode != "2d" or flipped or moves(setup, row):
        return 1.0
    return deepest_corner(row.numbers, setup.size, reach(setup.size), before=before)


def deepest_corner(
    lanes: Mapping[str, float],
    size: tuple[int, int],
    reach: int,
    *,
    before: Sequence[Mapping[str, float]] = (),
) -> float:
    """`motion.hole_depth`'s largest value for a 2D move, from its lanes. `size`: (width, height).

    before: the lanes of moves that the picture has made already since it was painted, first to last.
    """
    moves = (*before, lanes)
    if (_coverage(moves, size, *_corners(size, 1)) >= 1 - 1e-9).all():
        return 0.0
    known = _coverage(moves, size, *_corners(size, reach))
    known = np.maximum.accumulate(np.maximum.accumulate(known, axis=1), axis=2)
    steps = np.arange(reach)
    seen = known[:, np.minimum(steps, known.shape[1] - 1), np.minimum(steps, known.shape[2] - 1)]
    return float((1 - seen).sum(axis=1).max() / reach)


def _corners(size: tuple[int, int], reach: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The columns (4, 1, n) and rows (4, n, 1) of the four corners, from the outermost pixel inwards."""
    (width, height), steps = size, np.arange(float(reach))
    x = np.stack([steps[:width], width - 1 - steps[:width]])[[0, 1, 0, 1], None, :]
    y = np.stack([steps[:height], height - 1 - steps[:height]])[[0, 0, 1, 1], :, None]
    return x, y


def _coverage(
    moves: Sequence[Mapping[str, float]],
    size: tuple[int, int],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The coverage of the pixels at (x, y), as the warp has it.

    Convention: that of `motion.matrix2d`, undone: a pixel shows the source at
    centre + (pixel - centre) / (zoom * turn) - shift, in complex numbers x + iy; y down, so a turn
    counter-clockwise is a negative angle.
    """
    width, height = size
    source = x + 1j * y
    for lanes in reversed(moves):
        center = complex(width * lanes["transform_center_x"], height * lanes["transform_center_y"])
        turn = lanes["zoom"] * cmath.exp(-1j * np.radians(lanes["angle"]))
        shift = complex(lanes["translation_x"], lanes["translation_y"])
        source = center + (source - center) / turn - shift
    return _within(source.real, width) * _within(source.imag, height)


def _within(position: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """1 on [0, length - 1], falling to 0 one pixel outside."""
    return np.clip((length + 1) / 2 - np.abs(position - (length - 1) / 2), 0, 1)
