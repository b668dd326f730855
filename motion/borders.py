"""What lies beyond the edge of a picture."""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

import torch
from torch import Tensor

Border = Literal["replicate", "wrap", "reflect"]
BORDERS: tuple[Border, ...] = get_args(Border)

# Float32 counts in steps of 1/8 px at this distance; farther out, a position between pixels means nothing.
FAR = 2.0**20


def fold_(position: Tensor, length: int, border: Border) -> Tensor:
    """Bring positions on an endless axis back onto a picture's axis. In place; returns the same tensor.

    Convention: `position` in pixels, pixel centres at whole numbers, 0 to length - 1 is inside. A whole
    number stays an exact whole number. The result lies in

    - [-1, length] for `replicate`: the edge pixel is repeated: one pixel beyond the edge shows what a thousand would;
    - [0, length - 1] for `reflect`: mirrored about the centre of the edge pixel, which is not repeated
      (OpenCV's BORDER_REFLECT_101);
    - [0, length] for `wrap`: from length - 1 on, the seam between the last pixel and the first.
    """
    last = length - 1
    if border == "replicate" or length == 1:
        return position.clamp_(-1, length)
    position.clamp_(-FAR, FAR)
    if border == "wrap":
        return position.sub_((position / length).floor_().mul_(length))
    position.sub_((position / (2 * last)).floor_().mul_(2 * last))
    return position.sub_(last).abs_().neg_().add_(last)


def framed(picture: Tensor, margin: int, border: Border, dtype: torch.dtype) -> Tensor:
    """The picture (B, C, H, W) with `margin` more pixels of its border on each side: (B, C, P, Q).

    P and Q are H + 2 margin and W + 2 margin rounded up to powers of two, so that dividing by them is
    exact. Nothing is stored for what the rounding adds, right and below: it shows other memory and must
    not be read or written.
    """
    batch, channels, height, width = picture.shape
    tall, wide = height + 2 * margin, width + 2 * margin
    high, broad = _power_of_two(tall), _power_of_two(wide)
    stored = batch * channels * tall * wide
    memory = picture.new_empty(stored + (high - tall) * wide + (broad - wide), dtype=dtype)
    frame = memory[:stored].view(batch, channels, tall, wide)
    frame[..., margin:-margin, margin:-margin] = picture
    for to, source in _edges(width, margin, border):
        frame[..., to].copy_(frame[..., source])
    for to, source in _edges(height, margin, border):
        frame[..., to, :].copy_(frame[..., source, :])
    return memory.as_strided((batch, channels, high, broad), frame.stride())


@cache
def _edges(length: int, margin: int, border: Border) -> tuple[tuple[int, int], ...]:
    """Which cell of a framed axis is filled from which."""
    at = torch.cat((torch.arange(-margin, 0), torch.arange(length, length + margin)))
    inside = fold_(at.double(), length, border).long().clamp_(0, length - 1)
    return tuple(zip((at + margin).tolist(), (inside + margin).tolist(), strict=True))


def _power_of_two(length: int) -> int:
    return 1 << (length - 1).bit_length()
