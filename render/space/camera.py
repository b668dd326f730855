"""The camera move of a frame, from its lanes."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING

from motion import Move
from projects.lanes import MOVED_BY_SCALE

from ..setup import Setup

if TYPE_CHECKING:
    from keyframes import Row

_LANES = tuple(field.name for field in fields(Move) if field.name != "magnify")


def move_of(setup: Setup, row: Row) -> Move:
    """How the camera moves from the frame before to this one; needs a frame before.

    A `fov` that changes is a lens that changes between the two: the picture before was seen through its own.
    """
    numbers = {lane: row.numbers[lane] for lane in _LANES}
    motion = setup.project.file.motion
    if motion.mode == "2d":
        return Move(**numbers)
    for lane in MOVED_BY_SCALE:
        numbers[lane] *= motion.translation_scale
    if motion.compat != "none":
        return Move(**numbers)
    before = setup.fov_before(row)
    magnify = math.tan(math.radians(before) / 2) / math.tan(math.radians(row.numbers["fov"]) / 2)
    return Move(**{**numbers, "fov": before}, magnify=magnify)
