"""The one way into a camera move, whatever the kind of camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from torch import Tensor

from motion.borders import Border
from motion.camera import Move, matrix2d
from motion.resample import Sampling, Warped
from motion.warp2d import warp_matrix

Mode = Literal["2d"]
MODES: tuple[Mode, ...] = get_args(Mode)


def warp(
    picture: Tensor,
    moves: Sequence[Move],
    *,
    border: Border = "replicate",
    sampling: Sampling = "bilinear",
    mode: Mode = "2d",
    depth: Tensor | None = None,
) -> Warped:
    """Move `picture` (B, C, H, W) by one camera move each, on the picture's device.

    Convention: see `Move` for the signs and `Warped` for the coverage. Positive `translation_x` moves the
    content right, positive `translation_y` down, positive `angle` turns it counter-clockwise, `zoom` above
    1 magnifies.

    `depth` is for cameras that need one; "2d" takes none.

    Raises ValueError for a mode, border or sampling that does not exist, a depth in 2D, wrong shapes, or a
    number of moves that is not the number of pictures.
    """
    if mode not in MODES:
        raise ValueError(f"motion mode {mode!r} does not exist; it is one of {', '.join(MODES)}")
    if depth is not None:
        raise ValueError('motion mode "2d" moves a flat picture and takes no depth')
    if len(moves) != len(picture):
        raise ValueError(f"{len(picture)} pictures need {len(picture)} camera moves, got {len(moves)}")
    size = (picture.shape[-1], picture.shape[-2])
    return warp_matrix(picture, matrix2d(moves, size), border=border, sampling=sampling)
