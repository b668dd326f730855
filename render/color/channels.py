"""Colours as three channels in [0, 1], their histograms, and the curve that turns one histogram into another."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from kornia.color import hsv_to_rgb, lab_to_rgb, rgb_to_hsv, rgb_to_lab
from torch import Tensor

Space = Literal["lab", "rgb", "hsv"]
SPACES: tuple[Space, ...] = get_args(Space)

# Four steps per grey level: the levels of an 8-bit picture fall on bins exactly.
STEPS = 4 * 255
BINS = STEPS + 1


def to_channels(picture: Tensor, space: Space) -> Tensor:
    """RGB (B, 3, H, W) in [0, 1] to `space`, float32 (float64 if the picture is), every channel in [0, 1].

    Convention: lab is CIE L*a*b* (D65, sRGB decoded) as L / 100, (a + 128) / 255, (b + 128) / 255; hsv has
    its hue in turns, red at 0, and goes round: 1 is red again.

    Raises ValueError for a space it does not know.
    """
    if space not in SPACES:
        raise ValueError(f"colour space {space!r} is not known; it is one of {', '.join(SPACES)}")
    if picture.dtype != torch.float64:
        picture = picture.float()
    if space == "lab":
        return rgb_to_lab(picture).sub_(_lab_low(picture)).div_(_lab_range(picture))
    if space == "hsv":
        hue, saturation, value = rgb_to_hsv(picture).unbind(1)
        return torch.stack((hue / (2 * math.pi), saturation, value), 1)
    return picture


def from_channels(channels: Tensor, space: Space) -> Tensor:
    """The way back: RGB in [0, 1]; what the screen cannot show is cut."""
    if space == "lab":
        return lab_to_rgb(channels * _lab_range(channels) + _lab_low(channels), clip=True)
    channels = channels.clamp(0, 1)
    if space == "hsv":
        hue, saturation, value = channels.unbind(1)
        return hsv_to_rgb(torch.stack((hue * (2 * math.pi), saturation, value), 1)).clamp(0, 1)
    return channels


def _lab_low(like: Tensor) -> Tensor:
    return like.new_tensor((0.0, -128.0, -128.0)).view(3, 1, 1)


def _lab_range(like: Tensor) -> Tensor:
    return like.new_tensor((100.0, 255.0, 255.0)).view(3, 1, 1)


def histogram(channels: Tensor, weight: Tensor | None = None) -> Tensor:
    """How often each value occurs: (B, C, BINS), int32, for `channels` (B, C, H, W) in [0, 1].

    `weight` (B, C, H, W), int32, says how many times a pixel counts. Integers, so that the
    order in which a device adds them cannot matter: the same picture always has the same histogram.
    """
    batch, count = channels.shape[:2]
    slot = (channels.clamp(0, 1) * STEPS).round_().to(torch.int64)
    slot += torch.arange(batch * count, device=channels.device).view(batch, count, 1, 1) * BINS
    weight = torch.ones_like(slot, dtype=torch.int32) if weight is None else weight
    total = torch.zeros(batch * count * BINS, dtype=torch.int32, device=channels.device)
    return total.scatter_add_(0, slot.flatten(), weight.flatten()).view(batch, count, BINS)


def transfer(source: Tensor, target: Tensor) -> Tensor:
    """The curve from histogram `source` to `target`, both (B, C, BINS): the new value at each bin, [0, 1].

    A value goes to the value of the same rank. The rank of a value is the share of pixels below it plus
    half the share of pixels at it, so a flat picture goes to the median of the target (scikit-image counts
    all pixels at it, and sends a flat picture to the maximum), and matching has no drift toward bright or
    dark. Between values that occur, ranks are interpolated; beyond them, values shift as the outermost one
    does. Where either histogram is empty nothing is changed.
    """
    rank, lowest, highest = _ranks(source)
    goal, first, last = _ranks(target)
    high = torch.searchsorted(goal, rank).clamp_(1, BINS - 1)
    low_rank, high_rank = goal.gather(2, high - 1), goal.gather(2, high)
    step = ((rank - low_rank) / (high_rank - low_rank).clamp(min=1e-12)).clamp_(0, 1)
    bins = torch.arange(BINS, device=rank.device)
    beyond = (bins - lowest).clamp(max=0) + (bins - highest).clamp(min=0)
    value = ((high - 1 + step).clamp(first, last) + beyond).clamp_(0, STEPS)
    known = (source.sum(2, keepdim=True) > 0) & (target.sum(2, keepdim=True) > 0)
    return torch.where(known, value, bins) / STEPS


def follow(channels: Tensor, curve: Tensor) -> Tensor:
    """Send `channels` (B, C, H, W) in [0, 1] through `curve` (B, C, BINS), linear between bins."""
    batch, count = channels.shape[:2]
    at = channels.clamp(0, 1).mul_(STEPS)
    slot = at.to(torch.int32).clamp_(max=STEPS - 1)
    step = at.sub_(slot)
    first = torch.arange(batch * count, device=channels.device, dtype=torch.int32) * BINS
    slot += first.view(batch, count, 1, 1)
    flat = curve.to(channels.dtype).reshape(-1)
    low = flat.index_select(0, slot.flatten())
    high = flat.index_select(0, slot.add_(1).flatten())
    return torch.lerp(low, high, step.flatten()).view_as(channels)


def _ranks(counts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The rank of each bin in [0, 1], rising from the first bin that occurs to the last; and those two."""
    total = counts.sum(2, keepdim=True).clamp(min=1)
    middle = (2 * counts.cumsum(2) - counts) / (2 * total)
    bins = torch.arange(BINS, device=counts.device).expand_as(counts)
    occurs = counts > 0
    before = torch.where(occurs, bins, -1).cummax(2).values
    after = torch.where(occurs, bins, BINS).flip(2).cummin(2).values.flip(2)
    first, last = after[..., :1].clamp(max=STEPS), before[..., -1:].clamp(min=0)
    before, after = torch.maximum(before, first), torch.minimum(after, last)
    low, high = middle.gather(2, before), middle.gather(2, after)
    share = (bins - before).clamp(min=0) / (after - before).clamp(min=1)
    return low + (high - low) * share, first, last
