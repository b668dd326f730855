"""Cut-outs: square windows of a picture at the size that a CLIP model takes.

As in Disco Diffusion: the whole picture several times, and random squares from within it. A window is cut and resized
by two matrix products, one for its rows and one for its columns: they crop and resize at once, have a gradient that is
the same on every run (scattered sums on a GPU do not), and allow windows beyond the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_LUMA = (0.299, 0.587, 0.114)
_SHIFT, _GROWTH, _LIGHT = 0.05, 0.1, 0.1  # the most that windows are moved, widened and lit at random


@dataclass(frozen=True, kw_only=True)
class Window:
    """A square of a picture, `left`, `top` and `size` in whole pixels; beyond the picture's edge it is mid-grey.

    light: factor on the distance of colours from mid-grey.
    """

    left: int
    top: int
    size: int
    mirrored: bool = False
    gray: bool = False
    light: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """How many windows there are: `overview` of the whole picture, `inner` from within, of sizes rand^power between the
    model's own and the shorter side, the first int(gray * inner) of them grey. augmented: shifted, mirrored and lit at
    random."""

    overview: int
    inner: int
    power: float = 1.0
    gray: float = 0.0
    augmented: bool = True


def draw_windows(source: torch.Generator, size: tuple[int, int], side: int, cuts: Cuts) -> list[Window]:
    """Draw windows of a picture of `size` (width, height) for a model that takes `side` pixels.

    The whole picture is cut as it is, in grey, mirrored, mirrored in grey, and so on.
    """
    chance = torch.rand(cuts.overview + cuts.inner, 4, generator=source, dtype=torch.float64).tolist()
    seen = [_whole(size, index, cuts, chance[index]) for index in range(cuts.overview)]
    return seen + [
        _inner(size, side, index, cuts, chance[cuts.overview + index]) for index in range(cuts.inner)
    ]


def _whole(size: tuple[int, int], index: int, cuts: Cuts, chance: Sequence[float]) -> Window:
    longest, moved = max(size), (0.0, 0.0)
    light = 1.0
    if cuts.augmented:
        moved = ((2 * chance[0] - 1) * _SHIFT * longest, (2 * chance[1] - 1) * _SHIFT * longest)
        longest = round(longest * (1 + _GROWTH * chance[2]))
        light = 1 + (2 * chance[3] - 1) * _LIGHT
    left, top = ((side - longest) / 2 + shift for side, shift in zip(size, moved, strict=True))
    return Window(
        left=round(left),
        top=round(top),
        size=longest,
        mirrored=index % 4 in (2, 3),
        gray=index % 4 in (1, 3),
        light=light,
    )


def _inner(size: tuple[int, int], side: int, index: int, cuts: Cuts, chance: Sequence[float]) -> Window:
    most = min(size)
    least = min(most, side)
    length = int(chance[0] ** cuts.power * (most - least) + least)
    left, top = (int(c * (edge - length + 1)) for c, edge in zip(chance[1:3], size, strict=True))
    return Window(
        left=left,
        top=top,
        size=length,
        mirrored=cuts.augmented and chance[3] < 0.5,
        gray=index < int(cuts.gray * cuts.inner),
        light=1 + (4 * (chance[3] % 0.5) - 1) * _LIGHT if cuts.augmented else 1.0,
    )


def cut_out(picture: Tensor, windows: Sequence[Window], side: int) -> Tensor:
    """Return the windows of a picture (3, H, W), RGB in [-1, 1]: (K, 3, side, side)."""
    height, width = picture.shape[-2:]
    size = [window.size for window in windows]
    rows = _readings([window.top for window in windows], size, height, side, picture)
    columns = _readings([window.left for window in windows], size, width, side, picture)
    mirrored = picture.new_tensor([window.mirrored for window in windows], dtype=torch.bool).view(-1, 1, 1)
    columns = torch.where(mirrored, columns.flip(1), columns)
    cut = rows[:, None] @ picture[None] @ columns.transpose(1, 2)[:, None]
    gray = picture.new_tensor([float(window.gray) for window in windows]).view(-1, 1, 1, 1)
    luma = (cut * picture.new_tensor(_LUMA).view(3, 1, 1)).sum(1, keepdim=True)
    light = picture.new_tensor([window.light for window in windows]).view(-1, 1, 1, 1)
    return torch.lerp(cut, luma.expand_as(cut), gray) * light


def _readings(starts: Sequence[int], sizes: Sequence[int], length: int, side: int, like: Tensor) -> Tensor:
    """Return what each of `side` pixels reads of `length` pixels, (K, side, length).

    A triangle as wide as two of its pixels, or of the picture's where those are wider: bilinear with antialiasing, as
    in PIL. Rows sum to 1 within the window; what of it lies beyond the edge reads mid-grey, which is 0.
    """
    low = min(0, *starts)
    high = max(length, *(start + size for start, size in zip(starts, sizes, strict=True)))
    begin = like.new_tensor(starts).view(-1, 1, 1)
    extent = like.new_tensor(sizes).view(-1, 1, 1)
    at = torch.arange(low, high, device=like.device, dtype=like.dtype) + 0.5 - begin
    step = extent / side
    centre = (torch.arange(side, device=like.device, dtype=like.dtype).view(1, -1, 1) + 0.5) * step
    weight = (1 - (at - centre).abs() / step.clamp(min=1)).clamp(min=0) * ((at > 0) & (at < extent))
    weight = weight / weight.sum(-1, keepdim=True)
    return weight[..., -low : length - low]
