"""Symmetry: a picture mirrored, or turned into a kaleidoscope."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor

from motion import resample

Symmetry = Literal["none", "horizontal", "vertical", "both", "kaleidoscope"]
SYMMETRIES: tuple[Symmetry, ...] = get_args(Symmetry)


def symmetric(
    picture: Tensor, kind: Symmetry, *, folds: int = 6, angle: float = 0.0, amount: float = 1.0
) -> Tensor:
    """Make `picture` (B, 3, H, W) symmetric; `amount` in [0, 1] is the share of that in the result.

    "horizontal" mirrors the left half to the right, "vertical" the top to the bottom (as Disco Diffusion names them),
    "both" the upper left quarter to the others. "kaleidoscope" repeats a sector of 360 / `folds` degrees, every second
    time mirrored within it.

    Convention: `angle` in degrees, counter-clockwise from the right, about the picture's centre: where the first
    mirror lies. What a turned sector reads beyond the picture is its reflection.

    Raises ValueError for an unknown kind and for fewer than 2 folds.
    """
    if kind not in SYMMETRIES:
        raise ValueError(f"symmetry {kind!r} does not exist; it is one of {', '.join(SYMMETRIES)}")
    if kind == "none" or amount == 0:
        return picture
    made = picture
    if kind == "kaleidoscope":
        made = _kaleidoscope(picture, folds, angle)
    if kind in ("horizontal", "both"):
        made = _mirrored(made, 3)
    if kind in ("vertical", "both"):
        made = _mirrored(made, 2)
    return made if amount == 1 else torch.lerp(picture, made, amount)


def _mirrored(picture: Tensor, axis: int) -> Tensor:
    """The first half of an axis, mirrored onto the second."""
    length = picture.shape[axis]
    at = torch.arange(length, device=picture.device)
    return picture.index_select(axis, torch.minimum(at, length - 1 - at))


def _kaleidoscope(picture: Tensor, folds: int, angle: float) -> Tensor:
    if folds < 2:
        raise ValueError(f"a kaleidoscope has 2 folds or more, e.g. 6; got {folds}")
    height, width = picture.shape[-2:]
    center_x, center_y = (width - 1) / 2, (height - 1) / 2
    x = torch.arange(width, device=picture.device, dtype=torch.float32) - center_x
    y = center_y - torch.arange(height, device=picture.device, dtype=torch.float32)
    start, sector = math.radians(angle), 2 * math.pi / folds
    turn = (torch.atan2(y[:, None], x[None]) - start) % sector
    turn = torch.minimum(turn, sector - turn) + start
    radius = torch.hypot(y[:, None], x[None])
    points = torch.stack((center_x + radius * turn.cos(), center_y - radius * turn.sin()))
    return resample(picture, points.expand(len(picture), -1, -1, -1), border="reflect", sampling="bilinear")
