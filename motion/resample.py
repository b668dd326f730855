"""Reading a picture at positions between its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from motion import cpu
from motion.borders import BORDERS, Border, fold_, framed

Sampling = Literal["bilinear", "bicubic"]
SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)

# How far beyond the picture a sample reads: its kernel, and one pixel more where `fold_` leaves it outside.
_MARGINS: dict[Sampling, int] = {"bilinear": 2, "bicubic": 3}


@dataclass(frozen=True, kw_only=True)
class Warped:
    """A moved picture and how much of each pixel was really in the source.

    `picture` (B, C, H, W). `coverage` (B, 1, H, W) in [0, 1]: 1 where the pixel comes from inside the
    source picture, 0 where the camera uncovered what the source never showed and the border filled in. On
    the edge it is the share of the bilinear weight that fell on real pixels: what a warp of an all-white
    picture onto black would give. Do not write into it: a coverage of nothing but 1 may be a single number in memory.
    """

    picture: Tensor
    coverage: Tensor


def resample(picture: Tensor, points: Tensor, *, border: Border, sampling: Sampling) -> Tensor:
    """Read `picture` (B, C, H, W) at `points` (B or 1, 2, h, w): (B, C, h, w), in the picture's dtype.

    Convention: `points` are source positions (x, y) in pixels, pixel centres at whole numbers. Beyond the picture its
    border continues, also between its pixels (a position on the wrap seam mixes last and first pixel). At whole
    positions the pixel comes back bit for bit. Bicubic is Keys' kernel with a = -0.75, as in OpenCV, cut to [0, 1]
    where it overshoots.

    How: OpenCV reads on a CPU, torch elsewhere. The result may lie in memory with channels last.

    Raises ValueError for a border or sampling it does not know.
    """
    check_reading(border, sampling)
    if points.dtype == torch.float32 and cpu.serves(picture):
        return cpu.read(picture, points, border=border, sampling=sampling)
    moved = resample_by_torch(picture, points, border=border, sampling=sampling)
    return moved.clamp_(0, 1) if sampling == "bicubic" else moved


def check_reading(border: Border, sampling: Sampling) -> None:
    """Raise ValueError for a border or sampling that does not exist."""
    if sampling not in SAMPLINGS:
        raise ValueError(f"sampling {sampling!r} is not known; it is one of {', '.join(SAMPLINGS)}")
    if border not in BORDERS:
        raise ValueError(f"border {border!r} is not known; it is one of {', '.join(BORDERS)}")


def resample_by_torch(picture: Tensor, points: Tensor, *, border: Border, sampling: Sampling) -> Tensor:
    """What `resample` does on a GPU, and what tests compare the way on a CPU with; bicubic overshoots are left in.

    How: grid_sample wants positions divided by the picture's size, which rounds, and knows no wrap. So the
    picture is set in a frame of its own border with sides of a power of two, where the division is exact
    and the border is just pixels.
    """
    height, width = picture.shape[-2:]
    margin = _MARGINS[sampling]
    frame = framed(picture, margin, border, points.dtype)
    planes = points.clone()
    for axis, length, side in ((0, width, frame.shape[-1]), (1, height, frame.shape[-2])):
        position = fold_(planes[:, axis], length, border)
        # To grid_sample's [-1, 1] over the frame: exact, as the side is a power of two.
        position.mul_(2 / side).add_((2 * margin + 1) / side - 1)
    # The grid is two planes that only claim to be pairs: much faster to fill.
    grid = planes.permute(0, 2, 3, 1).expand(len(picture), -1, -1, -1)
    moved = grid_sample(frame, grid, mode=sampling, padding_mode="border", align_corners=False)
    return moved.to(picture.dtype)


def covered(points: Tensor, height: int, width: int) -> Tensor:
    """The coverage, as in `Warped`, of `points` (B, 2, h, w) in a picture of this size: (B, 1, h, w)."""
    return _within(points[:, :1], width).mul_(_within(points[:, 1:], height))


def _within(position: Tensor, length: int) -> Tensor:
    """1 on [0, length - 1], falling to 0 one pixel outside. Half the length is exact, so the 1 is."""
    return (position - (length - 1) / 2).abs_().neg_().add_((length + 1) / 2).clamp_(0, 1)
