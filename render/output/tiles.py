"""A picture through a network in tiles, without seams: memory depends on the tile, not on the picture.

Tiles begin at multiples of the network's windows, so that inside each the windows lie as they do in the whole picture.
Where two overlap, the outer quarter of each, which saw too little of its surroundings, is left out, and in the middle
half one goes over into the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from keyframes import RenderError


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """side: of a tile, at most; overlap: of two neighbours; both in pixels of the small picture and multiples of
    `window`, as the sides of what the network sees must be. factor: so many times larger is its answer.
    """

    factor: int
    window: int = 8
    side: int = 256
    overlap: int = 32

    def spans(self, length: int) -> list[tuple[int, int]]:
        """(start, stop) of the tiles along a side of `length` pixels."""
        step = self.side - self.overlap
        starts = range(0, max(length - self.overlap, 1), step)
        return [(start, min(start + self.side, length)) for start in starts]

    def weights(self, start: int, stop: int, length: int) -> Tensor:
        """How much each large pixel of a tile counts, (factor * (stop - start),): with its neighbours' that makes 1."""
        size, margin = (stop - start) * self.factor, self.overlap * self.factor
        place = torch.arange(size, dtype=torch.float32) + 0.5
        rising = ((place / margin - 0.25) * 2).clamp(0, 1) if start > 0 else torch.ones(size)
        falling = (((size - place) / margin - 0.25) * 2).clamp(0, 1) if stop < length else torch.ones(size)
        return rising * falling


def tiled(picture: Tensor, network: Callable[[Tensor], Tensor], tiling: Tiling) -> Tensor:
    """What a network makes of a picture (1, 3, H, W) on the CPU: (1, 3, factor * H, factor * W), float32, on the CPU.

    `network`: (1, 3, h, w), sides multiples of the window, to (1, 3, factor * h, factor * w), on any device. The
    picture's right and lower sides are mirrored up to such a multiple, as transformers' processor for Swin2SR does.
    Raises RenderError where the network's answer is not finite.
    """
    height, width = picture.shape[-2:]
    whole = _mirrored(picture, tiling.window)
    down, across = tiling.spans(whole.shape[-2]), tiling.spans(whole.shape[-1])
    made = torch.zeros(1, 3, whole.shape[-2] * tiling.factor, whole.shape[-1] * tiling.factor)
    for top, bottom in down:
        rows = tiling.weights(top, bottom, whole.shape[-2]).view(-1, 1)
        for left, right in across:
            columns = tiling.weights(left, right, whole.shape[-1])
            large = network(whole[..., top:bottom, left:right]).float().cpu()
            if not large.isfinite().all():
                raise RenderError("the upscaler gives pixels that are no numbers; its weights may be damaged")
            here = slice(left * tiling.factor, right * tiling.factor)
            made[..., top * tiling.factor : bottom * tiling.factor, here] += large * rows * columns
    return made[..., : height * tiling.factor, : width * tiling.factor]


def _mirrored(picture: Tensor, window: int) -> Tensor:
    """The picture with its right and lower sides mirrored until they are multiples of the window."""
    height, width = picture.shape[-2:]
    below, right = -height % window, -width % window
    if below > height or right > width:  # too small to mirror
        return pad(picture, (0, right, 0, below), mode="replicate")
    parts = torch.cat([picture, picture[..., width - right :].flip(-1)], -1)
    return torch.cat([parts, parts[..., height - below :, :].flip(-2)], -2)
