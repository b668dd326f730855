"""The 3D camera: where it looks from, which way, and through which lens, before and after moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from motion.camera import Move, flip_matrix, turn

UNITS = 200.0  # translation lanes count in 1/200 of a unit, as in Deforum and Disco Diffusion

Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Pose:
    """One camera move in space, as matrices in float64.

    Convention: camera space is x right, y down, z into the picture, in units; the camera stands at the origin. A point
    X (column) before the move is at `turn @ X + shift` after it. `lens` and `lens_after` (3, 3) take camera space to
    pixels (x right, y down, the first pixel's centre at (0, 0)) before and after the move.
    """

    turn: Matrix
    shift: Matrix
    lens: Matrix
    lens_after: Matrix

    @property
    def still(self) -> bool:
        """Whether the move changes nothing."""
        same_lens = np.array_equal(self.lens, self.lens_after)
        return same_lens and not self.shift.any() and np.array_equal(self.turn, np.eye(3))

    def of_plane(self, distance: float) -> Matrix:
        """The homography (3, 3), source to destination, of a wall square to the view at `distance` units.

        H = K' (R + t n' / d) inv(K): Hartley and Zisserman, Multiple View Geometry (2004), eq. 13.2. Without a shift it
        holds at every distance.
        """
        through = self.turn + np.outer(self.shift, (0.0, 0.0, 1.0 / distance))
        return np.asarray(self.lens_after @ through @ np.linalg.inv(self.lens))


def pose(move: Move, size: tuple[int, int]) -> Pose:
    """The pose of a move for pictures of `size` (width, height).

    Convention: see `Move` for the signs. Turns are R = Rx Ry Rz on row vectors, so the picture is pitched first, then
    turned, then rolled, as in Deforum. `fov` is the vertical angle of view in degrees.

    Raises ValueError for a number that is not finite, a fov outside ]0, 180[, and a lens or aspect of 0 or less.
    """
    _check(move)
    moved = (-move.translation_x, move.translation_y, -move.translation_z)
    return Pose(
        turn=turn(move.rotation_3d_x, move.rotation_3d_y, move.rotation_3d_z).T,
        shift=np.array(moved) / UNITS,
        lens=lens(move.fov, move.aspect, size),
        lens_after=lens(move.fov, move.aspect, size, move.magnify),
    )


def pose_of(moves: Sequence[Move], size: tuple[int, int]) -> Pose | None:
    """The 3D moves of one picture, first to last, as one pose; None where no single pose does the same.

    That is so with a perspective flip on the way, and where the lens after a move is not the lens before the next.
    Convention: see `Pose`. X goes to R2 (R1 X + t1) + t2.
    """
    if any(np.any(flip_matrix(move, size) != np.eye(3)) for move in moves):
        return None
    poses = [pose(move, size) for move in moves]
    if not all(np.allclose(one.lens_after, other.lens, rtol=1e-9) for one, other in pairwise(poses)):
        return None
    whole, shift = np.eye(3), np.zeros(3)
    for one in poses:
        whole, shift = one.turn @ whole, one.turn @ shift + one.shift
    return Pose(turn=whole, shift=shift, lens=poses[0].lens, lens_after=poses[-1].lens_after)


def lens(fov: float, aspect: float, size: tuple[int, int], magnify: float = 1.0) -> Matrix:
    """Camera space to pixels, (3, 3): `fov` high in degrees, seen along the middle of the picture."""
    width, height = size
    focal = height / 2 / math.tan(math.radians(fov) / 2) * magnify
    return np.array([[focal / aspect, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])


def _check(move: Move) -> None:
    shifts = (move.translation_x, move.translation_y, move.translation_z)
    turns = (move.rotation_3d_x, move.rotation_3d_y, move.rotation_3d_z)
    numbers = (*shifts, *turns, move.fov, move.aspect, move.magnify)
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"a camera move needs finite numbers, got {move}")
    if not 0 < move.fov < 180:
        raise ValueError(f"fov is an angle between 0 and 180 degrees, got {move.fov:g}; 70 is usual")
    if move.aspect <= 0 or move.magnify <= 0:
        raise ValueError(f"aspect and magnify are factors above 0, got {move.aspect:g} and {move.magnify:g}")
