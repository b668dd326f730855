"""Moving a picture by camera moves, in 2D or 3D."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from motion.borders import BORDERS, Border
from motion.camera import Move, flip_matrix, matrix_of
from motion.holes import fill
from motion.legacy3d import flow
from motion.optical_flow import along
from motion.pose import pose, pose_of
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

Step = Callable[..., Warped]  # moves a picture, given its border and sampling


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

    Several moves are made in one reading of the picture where that is possible, as each reading between pixels costs a
    little sharpness; `depth` is that of the picture before them all.

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
    size = (picture.shape[-1], picture.shape[-2])
    if mode == "2d":
        matrix = matrix_of(moves, size, deforum=compat == "deforum")
        moved = warp_matrix(picture, matrix, border=edge, sampling=sampling)
    else:
        wall = picture.new_ones((1, 1, *picture.shape[-2:]), dtype=torch.float32)
        depth = wall if depth is None else depth.to(picture.device)
        whole = pose_of(moves, size) if compat == "none" else None
        if whole is None:
            step = partial(_step, size=size, soft_edges=soft_edges, compat=compat)
            moved = _step_by_step(picture, moves, depth, step, border=edge, sampling=sampling)
        else:
            moved = warp_depth(picture, whole, depth, border=edge, sampling=sampling, soft_edges=soft_edges)
    if border != "reveal" or bool((moved.coverage >= 1).all()):
        return moved
    return Warped(picture=fill(moved.picture, moved.coverage), coverage=moved.coverage)


def _step_by_step(
    picture: Tensor, moves: Sequence[Move], depth: Tensor, step: Callable[[Move, Tensor], Step], **how: Any
) -> Warped:
    """Several moves through space, each a reading of the picture; the depth goes along. how: border and sampling."""
    if len(moves) == 1:
        return step(moves[0], depth)(picture, **how)
    coverage = torch.ones_like(picture[:, :1])
    for move in moves:
        go = step(move, depth)
        moved = go(picture, **how)
        kept = go(torch.cat((depth, coverage.to(depth.dtype)), 1)).picture
        picture, depth = moved.picture, kept[:, :1]
        coverage = moved.coverage * kept[:, 1:].to(moved.coverage.dtype)
    return Warped(picture=picture, coverage=coverage)


def _step(move: Move, depth: Tensor, *, size: tuple[int, int], soft_edges: bool, compat: Compat) -> Step:
    """One move through space: the flip, then the camera."""
    if compat == "none":
        camera = partial(warp_depth, pose=pose(move, size), depth=depth, soft_edges=soft_edges)
    else:
        camera = partial(along, flow=flow(move, depth.float()).neg_())
    flip = flip_matrix(move, size, deforum=compat == "deforum")
    return camera if np.array_equal(flip, np.eye(3)) else partial(_flipped, torch.from_numpy(flip), camera)


def _flipped(flip: Tensor, camera: Step, picture: Tensor, **how: Any) -> Warped:
    flipped = warp_matrix(picture, flip, **how)
    moved = camera(flipped.picture, **how)
    return Warped(picture=moved.picture, coverage=moved.coverage * camera(flipped.coverage).picture)
