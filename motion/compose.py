"""Several camera moves one after another, in one reading of the picture wherever that is possible.

Reading a picture between its pixels costs a little sharpness each time. Matrices and poses can be put together first,
so that a picture that is carried over ten frames is read once, and what is uncovered on the way is known exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from motion.camera import Move, flip_matrix, matrix2d
from motion.pose import Pose, pose


def matrix_of(moves: Sequence[Move], size: tuple[int, int], *, deforum: bool = False) -> Tensor:
    """The 2D moves of one picture, first to last, as one matrix (3, 3), float64, on the CPU.

    deforum: with that pivot of the perspective flip. Convention: see `matrix2d`; each move is flip * R * T.
    """
    whole = torch.eye(3, dtype=torch.float64)
    for move in moves:
        flip = torch.from_numpy(flip_matrix(move, size, deforum=deforum))
        whole = flip @ matrix2d(move, size) @ whole
    return whole


def pose_of(moves: Sequence[Move], size: tuple[int, int]) -> Pose | None:
    """The 3D moves of one picture, first to last, as one pose; None if there is none that does the same.

    There is none with a perspective flip on the way, and none if the lens after a move is not the lens before the next.

    Convention: see `Pose`. X goes to R2 (R1 X + t1) + t2.
    """
    if any(np.any(flip_matrix(move, size) != np.eye(3)) for move in moves):
        return None
    poses = [pose(move, size) for move in moves]
    if not all(np.allclose(one.lens_after, other.lens, rtol=1e-9) for one, other in pairwise(poses)):
        return None
    turn, shift = np.eye(3), np.zeros(3)
    for one in poses:
        turn, shift = one.turn @ turn, one.turn @ shift + one.shift
    return Pose(turn=turn, shift=shift, lens=poses[0].lens, lens_after=poses[-1].lens_after)
