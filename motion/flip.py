"""The perspective flip: the picture as a card that is rolled, tilted and panned before the camera."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from motion.camera import Move


def flip_matrix(move: Move, size: tuple[int, int], *, deforum: bool = False) -> NDArray[np.float64]:
    """The flip as a matrix (3, 3), source to destination; the identity if all three angles are 0.

    The camera stands h = diagonal / (2 sin(fv / 2)) pixels before the card and sees it in its own size, so only the
    angles change it. deforum: turn it about Deforum's pivot, (side / 2, side / 2) with side = diagonal / cos(fv / 2),
    which lies right of and below the middle, and through its divisor h + 1.

    Convention: OpenCV pixels (x right, y down, the first pixel's centre at (0, 0)); degrees. theta rolls the picture
    clockwise, phi moves the lower edge nearer, gamma moves the right edge farther. `size` is (width, height).

    Raises ValueError for a view angle `fv` outside ]0, 180[.
    """
    angles = (move.perspective_flip_phi, move.perspective_flip_gamma, move.perspective_flip_theta)
    if not any(angles):
        return np.eye(3)
    if not 0 < move.perspective_flip_fv < 180:
        raise ValueError(f"perspective_flip_fv lies between 0 and 180, got {move.perspective_flip_fv:g}")
    half, diagonal = math.radians(move.perspective_flip_fv) / 2, math.hypot(*size)
    away = diagonal / 2 / math.sin(half)
    turned = _axes(*map(math.radians, angles))
    seen = np.zeros((3, 3))
    seen[:2, :2] = away * turned[:2, :2]
    seen[2] = (-turned[2, 0], -turned[2, 1], away + (1.0 if deforum else 0.0))
    side = diagonal / math.cos(half)
    x, y = (side / 2, side / 2) if deforum else ((size[0] - 1) / 2, (size[1] - 1) / 2)
    to, back = np.eye(3), np.eye(3)
    to[:2, 2], back[:2, 2] = (-x, -y), (x, y)
    return np.asarray(back @ seen @ to)


def _axes(tilt: float, pan: float, roll: float) -> NDArray[np.float64]:
    """Rx(tilt) Ry(pan) Rz(roll) on column vectors, radians."""
    (cx, sx), (cy, sy), (cz, sz) = ((math.cos(a), math.sin(a)) for a in (tilt, pan, roll))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_x @ about_y @ about_z)
