"""Moving a picture by camera moves, in 2D or 3D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from motion.borders import BORDERS, Border
from motion.camera import Move, flip_matrix, matrix_of
from motion.holes import fill
from motion.legacy3d import flow
from motion.optical_flow import along
from motion.pose import Pose, pose, pose_of
from motion.resample import Sampling, Warped
from motion.warp2d import warp_matrix
from motion.warp3d import warp_depth

Mode = Literal["2d", "3d"]
MODES: tuple[Mode, ...] = get_args(Mode)
Compat = Literal["none", "deforum", "disco"]
COMPATS: tuple[Compat, ...] = get_args(Compat)

# A border, or "reveal": the hole is filled smoothly here, and repainted by the model.
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
    soft_edges: bool = False,
    compat: Compat = "none",
) -> Warped:
    """Move `picture` (1, C, H, W) by the camera moves, one after another, on the picture's device.

    Several moves are made in one reading of the picture where that is possible (motion.compose); `depth` is that of the
    picture before them all.

    depth: (1, 1, H, W), how far each pixel is, in units, for "3d"; without it the picture is a wall one unit away.
    soft_edges: whether the depth's edges are ramps, as networks give them (see `warp_depth`); for compat "none".
    compat: "none" is a pinhole camera with hidden surfaces; "deforum" and "disco" move as those programs do
    (motion.legacy3d, and Deforum's pivot of the perspective flip); in 2D their matrix is ours.

    Convention: see `Move` for the signs, which differ between 2D and 3D, and `Warped` for the coverage. A perspective
    flip comes last in 2D (flip * R * T) and first in 3D, as in Deforum.

    With `border="reveal"` the uncovered part is filled smoothly from its surroundings (`fill`), to be repainted; a move
    that uncovers nothing gives the same picture as "replicate".

    Raises ValueError for a mode, border, sampling or compat that does not exist, a depth in 2D, wrong shapes, and
    without any move.
    """
    if mode not in MODES:
        raise ValueError(f"motion mode {mode!r} does not exist; it is one of {', '.join(MODES)}")
    if compat not in COMPATS:
        raise ValueError(f"compat {compat!r} does not exist; it is one of {', '.join(COMPATS)}")
    if depth is not None and mode == "2d":
        raise ValueError('motion mode "2d" moves a flat picture and takes no depth')
    if not moves:
        raise ValueError("a picture is moved by one camera move or more, got none; Move() stands still")
    edge: Border = "replicate" if border == "reveal" else border
    how = _Options(border=edge, sampling=sampling, soft_edges=soft_edges, compat=compat)
    if mode == "2d":
        size = (picture.shape[-1], picture.shape[-2])
        matrix = matrix_of(moves, size, deforum=compat == "deforum")
        moved = warp_matrix(picture, matrix, border=edge, sampling=sampling)
    else:
        moved = _through_space(picture, moves, _wall(picture) if depth is None else depth, how)
    if border != "reveal" or bool((moved.coverage >= 1).all()):
        return moved
    return Warped(picture=fill(moved.picture, moved.coverage), coverage=moved.coverage)


@dataclass(frozen=True, kw_only=True)
class _Options:
    """How a picture is moved through space: see `warp`."""

    border: Border
    sampling: Sampling
    soft_edges: bool
    compat: Compat


def _wall(picture: Tensor) -> Tensor:
    """The depth of a wall one unit away."""
    return picture.new_ones((1, 1, *picture.shape[-2:]), dtype=torch.float32)


def _through_space(picture: Tensor, moves: Sequence[Move], depth: Tensor, how: _Options) -> Warped:
    """Several moves as one pose, or step by step where no single pose does the same; the depth goes along."""
    size = (picture.shape[-1], picture.shape[-2])
    whole = pose_of(moves, size) if how.compat == "none" else None
    if whole is not None:
        return _seen(picture, whole, depth, how)
    if len(moves) == 1:
        return _flipped_and_moved(picture, moves[0], depth, how)
    coverage, plain = torch.ones_like(picture[:, :1]), replace(how, border="replicate", sampling="bilinear")
    for move in moves:
        moved = _flipped_and_moved(picture, move, depth, how)
        kept = torch.cat((depth, coverage.to(depth.dtype)), 1)
        kept = _flipped_and_moved(kept, move, depth, plain).picture
        picture, depth = moved.picture, kept[:, :1]
        coverage = moved.coverage * kept[:, 1:].to(moved.coverage.dtype)
    return Warped(picture=picture, coverage=coverage)


def _flipped_and_moved(picture: Tensor, move: Move, depth: Tensor, how: _Options) -> Warped:
    """Flipped, then moved by a camera in space."""
    size = (picture.shape[-1], picture.shape[-2])
    flip = flip_matrix(move, size, deforum=how.compat == "deforum")
    if np.array_equal(flip, np.eye(3)):
        return _moved(picture, move, depth, how)
    flipped = warp_matrix(picture, torch.from_numpy(flip), border=how.border, sampling=how.sampling)
    moved = _moved(flipped.picture, move, depth, how)
    plain = replace(how, border="replicate", sampling="bilinear")
    still_there = _moved(flipped.coverage, move, depth, plain).picture
    return Warped(picture=moved.picture, coverage=moved.coverage * still_there)


def _moved(picture: Tensor, move: Move, depth: Tensor, how: _Options) -> Warped:
    if how.compat != "none":
        moved_by = flow(move, depth.to(picture.device, torch.float32))
        return along(picture, moved_by.neg_(), border=how.border, sampling=how.sampling)
    return _seen(picture, pose(move, (picture.shape[-1], picture.shape[-2])), depth, how)


def _seen(picture: Tensor, camera: Pose, depth: Tensor, how: _Options) -> Warped:
    return warp_depth(
        picture, camera, depth, border=how.border, sampling=how.sampling, soft_edges=how.soft_edges
    )
