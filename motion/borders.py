"""What lies beyond the edge of a picture."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

Border = Literal["replicate", "wrap", "reflect"]
BORDERS: tuple[Border, ...] = get_args(Border)

# Float32 counts in steps of 1/8 px at this distance; farther out, a position between pixels means nothing.
FAR = 2.0**20


def fold(position: Tensor, length: int, border: Border) -> Tensor:
    """Bring positions on an endless axis back onto a picture's axis. A new tensor of the same shape.

    Convention: `position` in pixels, pixel centres at whole numbers, 0 to length - 1 is inside. A whole
    number stays an exact whole number. The result lies in

    - [-1, length] for `replicate`: the edge pixel goes on, so one pixel of it is as good as a thousand;
    - [0, length - 1] for `reflect`: mirrored about the centre of the edge pixel, which is not repeated
      (OpenCV's BORDER_REFLECT_101);
    - [0, length] for `wrap`: from length - 1 on, the seam between the last pixel and the first.

    Raises ValueError for a border it does not know.
    """
    if border not in BORDERS:
        raise ValueError(f"border {border!r} is not known; it is one of {', '.join(BORDERS)}")
    last = length - 1
    if border == "replicate" or length == 1:
        return position.clamp(-1, length)
    if border == "wrap":
        position = position.clamp(-FAR, FAR)
        return position.sub_(torch.floor(position / length).mul_(length))
    position = position.clamp(-FAR, FAR)
    position.sub_(torch.floor(position / (2 * last)).mul_(2 * last))
    return position.sub_(last).abs_().neg_().add_(last)


def framed(picture: Tensor, margin: int, border: Border, dtype: torch.dtype) -> Tensor:
    """The picture with `margin` more pixels of its border on each side: (B, C, P, Q).

    P and Q are H + 2 margin and W + 2 margin rounded up to powers of two, so that dividing by them is
    exact. What is added by the rounding, right and below, is never written and must not be read.
    """
    height, width = picture.shape[-2:]
    tall, wide = height + 2 * margin, width + 2 * margin
    frame = picture.new_empty((*picture.shape[:2], _power_of_two(tall), _power_of_two(wide)), dtype=dtype)
    frame[..., margin : margin + height, margin : margin + width] = picture
    for axis, length in ((-1, width), (-2, height)):
        for edge in (torch.arange(-margin, 0), torch.arange(length, length + margin)):
            inside = fold(edge.double(), length, border).long().clamp(0, length - 1)
            for to, source in zip(edge.tolist(), inside.tolist(), strict=True):
                frame.select(axis, to + margin).copy_(frame.select(axis, source + margin))
    return frame


def _power_of_two(length: int) -> int:
    return 1 << (length - 1).bit_length()
