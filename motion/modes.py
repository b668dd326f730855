"""The one way into a camera move, whatever the kind of camera."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from torch import Tensor

from motion.borders import BORDERS, Border
from motion.camera import Move, matrix2d
from motion.fill import fill
from motion.resample import Sampling, Warped
from motion.warp2d import warp_matrix

Mode = Literal["2d"]
MODES: tuple[Mode, ...] = get_args(Mode)

# A border, or that the hole is left to whoever paints: filled smoothly here, as something to start from.
Uncovered = Literal[Border, "reveal"]
UNCOVERED: tuple[Uncovered, ...] = ("reveal", *BORDERS)


def warp(
    picture: Tensor,
    moves: Sequence[Move],
    *,
    border: Uncovered = "replicate",
    sampling: Sampling = "bilinear",
    mode: Mode = "2d",
    depth: Tensor | None = None,
) -> Warped:
    """Move `picture` (B, C, H, W) by one camera move each, on the picture's device.

    Convention: see `Move` for the signs and `Warped` for the coverage. Positive `translation_x` moves the
    content right, positive `translation_y` down, positive `angle` turns it counter-clockwise, `zoom` above
    1 magnifies.

    With `border="reveal"` the uncovered part is filled smoothly from what is round it (`fill`), to be painted
    anew; a move that uncovers nothing gives the very picture that "replicate" gives.

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
    edge: Border = "replicate" if border == "reveal" else border
    warped = warp_matrix(picture, matrix2d(moves, size), border=edge, sampling=sampling)
    if border != "reveal" or bool((warped.coverage >= 1).all()):
        return warped
    return Warped(picture=fill(warped.picture, warped.coverage), coverage=warped.coverage)
