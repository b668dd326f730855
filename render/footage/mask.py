"""Where a clip is laid over a picture: a mask made from both, or from what is deep in them.

A mask is (1, 1, H, W) in [0, 1]; white keeps the picture, black shows the clip, as in Deforum's hybrid video.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from projects.schema import Video

_LEVELS = 256


def shaped(mask: Tensor, given: Video, lanes: Mapping[str, float]) -> Tensor:
    """The mask after `[video]`'s settings: inverted, equalised, its contrast turned and stretched, in that order."""
    if given.mask_invert:
        mask = 1 - mask
    if given.mask_equalize in ("before", "both"):
        mask = equalised_mask(mask)
    contrast = lanes["video_mask_contrast"]
    if contrast != 1:
        middle = mask.mean()
        mask = (middle + (mask - middle) * contrast).clamp(0, 1)
    if given.mask_auto_contrast:
        mask = stretched(mask, lanes["video_mask_low"], lanes["video_mask_high"])
    return equalised_mask(mask) if given.mask_equalize in ("after", "both") else mask


def stretched(mask: Tensor, low: float, high: float) -> Tensor:
    """From black at the `low`th percentile to white at the `high`th; where they are one, a hard edge there."""
    flat = mask.flatten().sort().values
    ends = [flat[round(share / 100 * (len(flat) - 1))] for share in (low, high)]
    return ((mask - ends[0]) / (ends[1] - ends[0]).clamp(min=1e-6)).clamp(0, 1)


def equalised_mask(mask: Tensor) -> Tensor:
    """Its 256 levels spread so that each range of them has its share of the pixels; one flat level stays as it is."""
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
    weights = torch.tensor((0.299, 0.587, 0.114), device=picture.device, dtype=picture.dtype)
    return (picture * weights.view(1, 3, 1, 1)).sum(1, keepdim=True)


def difference(picture: Tensor, clip: Tensor) -> Tensor:
    """White where the two differ."""
    return (grey(picture) - grey(clip)).abs()


def blended(picture: Tensor, clip: Tensor, share: float) -> Tensor:
    """The two in grey, `share` of the clip."""
    return torch.lerp(grey(picture), grey(clip), share)
