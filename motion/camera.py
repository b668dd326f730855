"""The camera of one frame, and the 2D matrix it stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
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
