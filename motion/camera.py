"""The camera of one frame, and its matrices in 2D: the move, and the perspective flip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Move:
    """How the camera moves between two frames. One field per motion lane; the defaults are "stand still".

    2D reads `angle`, `zoom`, `translation_x`, `translation_y` and the transform centre; 3D reads neither `angle` nor
    `zoom` nor the centre, but all the others.

    Convention (2D): `angle` in degrees, positive turns the picture counter-clockwise on screen. `zoom` is a
    factor, above 1 magnifies. `translation_x` and `translation_y` in pixels, positive moves the content
    right and down. `transform_center_x` and `transform_center_y` are shares of width and height from the
    top left corner.

    Convention (3D): `translation_x`, `_y`, `_z` in 1/200 units move the camera right, up and forward: the content moves
    left, down and nearer. (So `translation_x` moves the content the other way than in 2D. That is Deforum's and Disco
    Diffusion's convention, and old projects depend on it.) `rotation_3d_x`, `_y`, `_z` in degrees: the camera looks up,
    looks right, rolls clockwise; the content moves down, moves left, turns counter-clockwise. `fov` is the vertical
    angle of view of the picture before the move, in degrees; `magnify` how many times longer the lens is after it (a
    fov that changes); `aspect` the width of a pixel over its height. For `perspective_flip_*` see `flip_matrix`.
    """

    angle: float = 0.0
    zoom: float = 1.0
    translation_x: float = 0.0
    translation_y: float = 0.0
    translation_z: float = 0.0
    rotation_3d_x: float = 0.0
    rotation_3d_y: float = 0.0
    rotation_3d_z: float = 0.0
    transform_center_x: float = 0.5
    transform_center_y: float = 0.5
    fov: float = 70.0
    magnify: float = 1.0
    aspect: float = 1.0
    perspective_flip_theta: float = 0.0
    perspective_flip_phi: float = 0.0
    perspective_flip_gamma: float = 0.0
    perspective_flip_fv: float = 53.0


def matrix2d(move: Move, size: tuple[int, int]) -> Tensor:
    """The 2D move as a matrix (3, 3), float64, on the CPU, so that no device waits while it is made.

    M = R * T, the order of Deforum and Disco Diffusion: the picture is shifted first, then turned and
    zoomed about the transform centre. So the shift one sees is itself turned and zoomed: with zoom 1.1,
    `translation_x = 5` moves the content 5.5 px.

    Convention: maps source to destination; OpenCV pixel coordinates (x right, y down, the first pixel's
    centre is (0, 0)); `size` is (width, height) in pixels. The centre is `size * transform_center`, as
    Deforum has it: 256 of 512 is half a pixel right of and below the true middle, so a pure zoom drifts
    exactly as it does there. Disco Diffusion uses `width // 2`, `height // 2`: the same for even sizes,
    half a pixel less for odd ones.

    Raises ValueError for a value that is not finite and for zoom 0, which nothing can undo.
    """
    place = (move.transform_center_x, move.transform_center_y)
    used = (move.angle, move.zoom, move.translation_x, move.translation_y, *place)
    if not all(map(math.isfinite, used)):
        raise ValueError(f"a camera move needs finite numbers, got {move}")
    if move.zoom == 0:
        raise ValueError("zoom 0 shrinks the picture to a point; 1.0 stands still, 1.03 moves in")
    x, y = size[0] * place[0], size[1] * place[1]
    turn = math.radians(move.angle)
    a, b = move.zoom * math.cos(turn), move.zoom * math.sin(turn)
    # The last column: what R adds so that its centre (x, y) stays, plus R applied to the shift T.
    right = (1 - a) * x - b * y + a * move.translation_x + b * move.translation_y
    down = b * x + (1 - a) * y - b * move.translation_x + a * move.translation_y
    return torch.tensor([[a, b, right], [-b, a, down], [0.0, 0.0, 1.0]], dtype=torch.float64)


def matrix_of(moves: Sequence[Move], size: tuple[int, int], *, deforum: bool = False) -> Tensor:
    """The 2D moves of one picture, first to last, as one matrix (3, 3), float64, on the CPU: each is flip * R * T.

    deforum: with that pivot of the perspective flip. Convention: see `matrix2d`.
    """
    whole = torch.eye(3, dtype=torch.float64)
    for move in moves:
        flip = torch.from_numpy(flip_matrix(move, size, deforum=deforum))
        whole = flip @ matrix2d(move, size) @ whole
    return whole


def flip_matrix(move: Move, size: tuple[int, int], *, deforum: bool = False) -> NDArray[np.float64]:
    """The perspective flip as a matrix (3, 3), source to destination; the identity if all three angles are 0.

    The picture is a card that is rolled, tilted and panned before the camera.

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
    turned = turn(*angles)
    seen = np.zeros((3, 3))
    seen[:2, :2] = away * turned[:2, :2]
    seen[2] = (-turned[2, 0], -turned[2, 1], away + (1.0 if deforum else 0.0))
    side = diagonal / math.cos(half)
    x, y = (side / 2, side / 2) if deforum else ((size[0] - 1) / 2, (size[1] - 1) / 2)
    to, back = np.eye(3), np.eye(3)
    to[:2, 2], back[:2, 2] = (-x, -y), (x, y)
    return np.asarray(back @ seen @ to)


def turn(x: float, y: float, z: float) -> NDArray[np.float64]:
    """Rx Ry Rz for degrees about the three axes, (3, 3)."""
    whole = np.eye(3)
    for (a, b), degrees in zip(((1, 2), (2, 0), (0, 1)), (x, y, z), strict=True):
        if degrees:
            c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
            about = np.eye(3)
            about[a, a] = about[b, b] = c
            about[a, b], about[b, a] = -s, s
            whole = whole @ about
    return whole
