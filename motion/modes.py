"""The one way into a camera move, whatever the kind of camera."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from motion.ancestors import warp_flow
from motion.borders import BORDERS, Border
from motion.camera import Move, matrix2d
from motion.fill import fill
from motion.flip import flip_matrix
from motion.journey import matrix_of, pose_of
from motion.pose import Pose, pose
from motion.resample import Sampling, Warped
from motion.warp2d import warp_matrix
from motion.warp3d import warp_depth

Mode = Literal["2d", "3d"]
MODES: tuple[Mode, ...] = get_args(Mode)
Compat = Literal["none", "deforum", "disco"]
COMPATS: tuple[Compat, ...] = get_args(Compat)

# A border, or that the hole is left to whoever paints: filled smoothly here, as something to start from.
Uncovered = Literal[Border, "reveal"]
UNCOVERED: tuple[Uncovered, ...] = ("reveal", *BORDERS)


def warp(
    picture: Tensor,
    moves: Sequence[Move | Sequence[Move]],
    *,
    border: Uncovered = "replicate",
    sampling: Sampling = "bilinear",
    mode: Mode = "2d",
    depth: Tensor | None = None,
    soft_edges: bool = False,
    compat: Compat = "none",
) -> Warped:
    """Move `picture` (B, C, H, W) by one camera move each, on the picture's device.

    Several moves for a picture are made one after another, first to last, in one reading of it where that is possible
    (motion.journey); `depth` is that of the picture before them all.

    depth: (B, 1, H, W), how far each pixel is, in units, for "3d"; without it the picture is a wall one unit away.
    soft_edges: whether the depth's edges are ramps, as networks give them (see `warp_depth`); for compat "none".
    compat: "none" is a pinhole camera with hidden surfaces; "deforum" and "disco" move as those programs do
    (motion.ancestors, and Deforum's pivot of the perspective flip); in 2D their matrix is ours.

    Convention: see `Move` for the signs, which differ between 2D and 3D, and `Warped` for the coverage. A perspective
    flip comes last in 2D (flip * R * T) and first in 3D, as in Deforum.

    With `border="reveal"` the uncovered part is filled smoothly from what is round it (`fill`), to be painted
    anew; a move that uncovers nothing gives the very picture that "replicate" gives.

    Raises ValueError for a mode, border, sampling or compat that does not exist, a depth in 2D, wrong shapes, or a
    number of moves that is not the number of pictures.
    """
    if mode not in MODES:
        raise ValueError(f"motion mode {mode!r} does not exist; it is one of {', '.join(MODES)}")
    if compat not in COMPATS:
        raise ValueError(f"compat {compat!r} does not exist; it is one of {', '.join(COMPATS)}")
    if depth is not None and mode == "2d":
        raise ValueError('motion mode "2d" moves a flat picture and takes no depth')
    if len(moves) != len(picture):
        raise ValueError(f"{len(picture)} pictures need {len(picture)} camera moves, got {len(moves)}")
    edge: Border = "replicate" if border == "reveal" else border
    how = _How(border=edge, sampling=sampling, mode=mode, soft_edges=soft_edges, compat=compat)
    ways = [[move] if isinstance(move, Move) else move for move in moves]
    if all(len(way) == 1 for way in ways):
        moved = _moved(picture, [way[0] for way in ways], depth, how)
    else:
        one = [slice(i, i + 1) for i in range(len(picture))]
        depths = [None if depth is None else depth[i] for i in one]
        each = [
            _one_after_another(picture[i], way, far, how)
            for i, way, far in zip(one, ways, depths, strict=True)
        ]
        moved = Warped(
            picture=torch.cat([moved.picture for moved in each]),
            coverage=torch.cat([moved.coverage for moved in each]),
        )
    if border != "reveal" or bool((moved.coverage >= 1).all()):
        return moved
    return Warped(picture=fill(moved.picture, moved.coverage), coverage=moved.coverage)


@dataclass(frozen=True, kw_only=True)
class _How:
    """How pictures are moved: see `warp`."""

    border: Border
    sampling: Sampling
    mode: Mode
    soft_edges: bool
    compat: Compat


def _moved(picture: Tensor, moves: Sequence[Move], depth: Tensor | None, how: _How) -> Warped:
    """One move for each picture."""
    size = (picture.shape[-1], picture.shape[-2])
    flips = _flips(moves, size, how)
    if how.mode == "2d":
        matrix = matrix2d(moves, size)
        matrix = matrix if flips is None else flips @ matrix
        return warp_matrix(picture, matrix, border=how.border, sampling=how.sampling)
    return _through_space(picture, moves, flips, depth, how)


def _flips(moves: Sequence[Move], size: tuple[int, int], how: _How) -> Tensor | None:
    """The perspective flips, (B, 3, 3); None if there are none."""
    if not any(m.perspective_flip_theta or m.perspective_flip_phi or m.perspective_flip_gamma for m in moves):
        return None
    return torch.from_numpy(np.stack([flip_matrix(m, size, deforum=how.compat == "deforum") for m in moves]))


def _one_after_another(picture: Tensor, moves: Sequence[Move], depth: Tensor | None, how: _How) -> Warped:
    """Several moves for one picture. Where they are no single one, its depth goes along with it, as it is."""
    size = (picture.shape[-1], picture.shape[-2])
    if len(moves) == 1:
        return _moved(picture, moves, depth, how)
    if how.mode == "2d":
        matrix = matrix_of(moves, size, deforum=how.compat == "deforum")
        return warp_matrix(picture, matrix, border=how.border, sampling=how.sampling)
    if depth is None:
        depth = _wall(picture)
    whole = pose_of(moves, size) if how.compat == "none" else None
    if whole is not None:
        return _seen(picture, [whole], depth, how)
    coverage, plain = torch.ones_like(picture[:, :1]), replace(how, border="replicate", sampling="bilinear")
    for move in moves:
        moved = _moved(picture, [move], depth, how)
        kept = torch.cat((depth, coverage.to(depth.dtype)), 1)
        kept = _moved(kept, [move], depth, plain).picture
        picture, depth = moved.picture, kept[:, :1]
        coverage = moved.coverage * kept[:, 1:].to(moved.coverage.dtype)
    return Warped(picture=picture, coverage=coverage)


def _wall(picture: Tensor) -> Tensor:
    """The depth of a wall one unit away."""
    return picture.new_ones((len(picture), 1, *picture.shape[-2:]), dtype=torch.float32)


def _through_space(
    picture: Tensor, moves: Sequence[Move], flips: Tensor | None, depth: Tensor | None, how: _How
) -> Warped:
    """Flipped, then moved by a camera in space."""
    if depth is None:
        depth = _wall(picture)
    if flips is None:
        return _in_space(picture, moves, depth, how)
    flipped = warp_matrix(picture, flips, border=how.border, sampling=how.sampling)
    moved = _in_space(flipped.picture, moves, depth, how)
    still_there = _in_space(
        flipped.coverage, moves, depth, replace(how, border="replicate", sampling="bilinear")
    ).picture
    return Warped(picture=moved.picture, coverage=moved.coverage * still_there)


def _in_space(picture: Tensor, moves: Sequence[Move], depth: Tensor, how: _How) -> Warped:
    if how.compat != "none":
        return warp_flow(picture, moves, depth, border=how.border, sampling=how.sampling)
    size = (picture.shape[-1], picture.shape[-2])
    return _seen(picture, [pose(move, size) for move in moves], depth, how)


def _seen(picture: Tensor, poses: Sequence[Pose], depth: Tensor, how: _How) -> Warped:
    return warp_depth(
        picture, poses, depth, border=how.border, sampling=how.sampling, soft_edges=how.soft_edges
    )
