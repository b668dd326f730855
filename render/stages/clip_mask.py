"""Where a clip is laid over a picture: a mask made from both, or from how far things in them are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ..depth import DepthMap
from .picture_reader import ClipPicture
from .stage import Canvas

if TYPE_CHECKING:
    from torch import Tensor

_LEVELS = 256


class ClipMask(NamedTuple):
    """source: what depth is read from, or the mask's own picture. blend: share of the clip, of the kind "blend". ends:
    the percentiles that become black and white; None: the contrast is not stretched."""

    kind: Literal["depth", "video_depth", "difference", "blend", "picture"]
    source: DepthMap | ClipPicture | None
    blend: float
    invert: bool
    equalize: Literal["none", "before", "after", "both"]
    contrast: float
    ends: tuple[float, float] | None


def clip_mask(canvas: Canvas, clip: Tensor, wanted: ClipMask) -> Tensor:
    """The mask, inverted, equalised, its contrast turned and stretched, in that order."""
    mask = _plain(canvas, clip, wanted)
    if wanted.invert:
        mask = 1 - mask
    if wanted.equalize in ("before", "both"):
        mask = equalised_mask(mask)
    if wanted.contrast != 1:
        middle = mask.mean()
        mask = (middle + (mask - middle) * wanted.contrast).clamp(0, 1)
    if wanted.ends is not None:
        mask = stretched(mask, *wanted.ends)
    return equalised_mask(mask) if wanted.equalize in ("after", "both") else mask


def _plain(canvas: Canvas, clip: Tensor, wanted: ClipMask) -> Tensor:
    import torch

    tools, picture, source = canvas.tools, canvas.given, wanted.source
    if isinstance(source, DepthMap):
        return tools.depth.nearness(picture if wanted.kind == "depth" else clip, source)
    if wanted.kind == "difference":
        return (grey(picture) - grey(clip)).abs()
    if wanted.kind == "blend":
        return torch.lerp(grey(picture), grey(clip), wanted.blend)
    assert source is not None
    return tools.pictures.read(source).mean(1, keepdim=True)


def stretched(mask: Tensor, low: float, high: float) -> Tensor:
    """From black at the `low`th percentile to white at the `high`th; where they are one, a hard edge there."""
    flat = mask.flatten().sort().values
    ends = [flat[round(share / 100 * (len(flat) - 1))] for share in (low, high)]
    return ((mask - ends[0]) / (ends[1] - ends[0]).clamp(min=1e-6)).clamp(0, 1)


def equalised_mask(mask: Tensor) -> Tensor:
    """Its 256 levels spread so that each range of them has its share of the pixels; a flat mask stays as it is."""
    import torch

    levels = (mask * (_LEVELS - 1)).round().long()
    counts = torch.bincount(levels.flatten(), minlength=_LEVELS).double()
    below = counts.cumsum(0)
    lowest = counts[counts > 0][0]
    if lowest == levels.numel():
        return mask
    spread = (below - lowest) / (levels.numel() - lowest)
    return spread.clamp(0, 1).to(mask.dtype)[levels]


def grey(picture: Tensor) -> Tensor:
    """(B, 3, H, W) as (B, 1, H, W), by the luma weights of Rec. 601."""
    weights = picture.new_tensor((0.299, 0.587, 0.114))
    return (picture * weights.view(1, 3, 1, 1)).sum(1, keepdim=True)
