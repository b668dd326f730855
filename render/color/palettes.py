"""Keeping the colours of a film from drifting: giving one picture the colours of another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from render.color import tables
from render.color.channels import BINS, STEPS, Space, follow, from_channels, histogram, to_channels, transfer

Method = Literal["histogram", "mean"]
METHODS: tuple[Method, ...] = get_args(Method)

# A channel that varies less than one grey level counts as varying that much: noise is not blown up.
_LEAST_SPREAD = 1 / 255
# How often the hue of a pure colour counts; times 34 megapixels it still fits the counters.
_COLORFUL = 63


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The colours of a picture as far as matching needs them: measure a reference once, use it for all
    frames.

    `measured` is (B, 3, BINS), counts, for "histogram"; (B, 3, 2), mean and standard deviation, for "mean"
    (of a hue: its mean direction in turns, and how pronounced it is).
    """

    space: Space
    method: Method
    measured: Tensor


def palette(picture: Tensor, *, space: Space = "lab", method: Method = "histogram") -> Palette:
    """Measure `picture` (B, 3, H, W), RGB in [0, 1]. Raises ValueError for an unknown space or method."""
    if method not in METHODS:
        raise ValueError(f"colour matching method {method!r} is not known; it is one of {', '.join(METHODS)}")
    if tables.serves(picture, space):
        measured = torch.cat([_measure_levels(tables.channels_of(one, space), method) for one in picture])
    else:
        measured = _measure(to_channels(picture, space), space, method)
    return Palette(space=space, method=method, measured=measured)


def match_color(
    picture: Tensor,
    reference: Tensor | Palette,
    *,
    space: Space = "lab",
    method: Method = "histogram",
    amount: float = 1.0,
) -> Tensor:
    """Give `picture` (B, 3, H, W) the colours of `reference`: a picture of any size, batch B or 1, or a
    palette.

    "histogram" sends each channel's value to the reference's value of the same rank (see `transfer`).
    "mean" gives each channel the reference's mean and standard deviation: Reinhard et al., "Color Transfer
    between Images" (2001), `(x - mean) * spread_reference / spread + mean_reference`.

    Hue goes round, so it has no lowest value: hues are counted by how colourful their pixels are
    (saturation times value), and the circle is cut where both pictures together have least; "mean" only
    turns it.

    Convention: RGB in [0, 1] in and out. `amount` in [0, 1] is the share of the matched picture in the
    result, mixed in RGB; 0 returns the same tensor.

    Raises ValueError for an unknown space or method, an amount outside [0, 1], a palette measured in
    another space or by another method, or a number of references that is neither 1 nor B.
    """
    if not 0 <= amount <= 1:
        raise ValueError(f"amount is a share from 0 (as it is) to 1 (matched), got {amount}")
    if amount == 0:
        return picture
    if not isinstance(reference, Palette):
        reference = palette(reference, space=space, method=method)
    if (reference.space, reference.method) != (space, method):
        known = f"{reference.method} in {reference.space}"
        raise ValueError(f"a palette of {known} cannot serve to match {method} in {space}")
    if len(reference.measured) not in (1, len(picture)):
        raise ValueError(f"{len(picture)} pictures need 1 or {len(picture)} references")
    if tables.serves(picture, space):
        goals = reference.measured.expand(len(picture), -1, -1)
        each = [
            _match_levels(one, goal[None], space, method) for one, goal in zip(picture, goals, strict=True)
        ]
        matched = each[0] if len(each) == 1 else torch.cat(each)
    else:
        matched = match_channels(picture, reference)
    return matched if amount == 1 else torch.lerp(picture, matched, amount)


def match_channels(picture: Tensor, reference: Palette) -> Tensor:
    """`match_color` on floats throughout: on a GPU, for hues, and what tests compare the tables with."""
    space, method = reference.space, reference.method
    channels = to_channels(picture, space)
    own = _measure(channels, space, method)
    goal = reference.measured.expand_as(own).to(channels.device)
    change = _match_histograms if method == "histogram" else _match_means
    return from_channels(change(channels, own, goal, space == "hsv"), space).to(picture.dtype)


def _match_levels(picture: Tensor, goal: Tensor, space: Space, method: Method) -> Tensor:
    """One picture (3, H, W) by tables: (1, 3, H, W)."""
    channels = tables.channels_of(picture, space)
    own = _measure_levels(channels, method)
    if method == "histogram":
        return tables.follow_levels(channels, tables.transfer_levels(own, goal), space)
    return tables.scale_channels(channels, *_gain_and_shift(own[0], goal[0]), space)


def _measure_levels(channels: tables.Channels, method: Method) -> Tensor:
    return tables.count_levels(channels) if method == "histogram" else tables.moments(channels)


def _measure(channels: Tensor, space: Space, method: Method) -> Tensor:
    if method == "histogram":
        return _counts(channels, space == "hsv")
    mean = channels.mean((2, 3), keepdim=True)
    spread = (channels - mean).square().mean((2, 3)).sqrt_()  # std() is 20 times slower on the CPU
    measured = torch.stack((mean[..., 0, 0], spread), 2)
    if space == "hsv":
        measured[:, 0] = _mean_hue(channels)
    return measured


def _counts(channels: Tensor, hue: bool) -> Tensor:
    if not hue:
        return histogram(channels)
    weight = torch.ones_like(channels, dtype=torch.int32)
    weight[:, 0] = (channels[:, 1] * channels[:, 2] * _COLORFUL).round().to(torch.int32)
    counts = histogram(channels, weight)
    counts[:, 0, 0] += counts[:, 0, STEPS]  # one turn is no turn
    counts[:, 0, STEPS] = 0
    return counts


def _match_histograms(channels: Tensor, own: Tensor, goal: Tensor, hue: bool) -> Tensor:
    if not hue:
        return follow(channels, transfer(own, goal))
    cut = _hue_cut(own[:, :1], goal[:, :1])
    curve = transfer(_turned(own, cut), _turned(goal, cut))
    turn = cut.unsqueeze(3) / STEPS
    matched = follow(torch.cat(((channels[:, :1] - turn) % 1, channels[:, 1:]), 1), curve)
    return torch.cat(((matched[:, :1] + turn) % 1, matched[:, 1:]), 1)


def _hue_cut(own: Tensor, goal: Tensor) -> Tensor:
    """The bin (B, 1, 1) round which, 15 degrees to each side, both have the fewest hues (B, 1, BINS)."""
    reach = STEPS // 24
    both = own / own.sum(2, keepdim=True).clamp(min=1) + goal / goal.sum(2, keepdim=True).clamp(min=1)
    around = torch.cat((both[..., STEPS - reach : STEPS], both[..., :STEPS], both[..., :reach]), 2)
    return torch.nn.functional.avg_pool1d(around, 2 * reach + 1, 1).argmin(2, keepdim=True)


def _turned(counts: Tensor, cut: Tensor) -> Tensor:
    """The counts with the hue's circle begun at `cut`."""
    bins = (torch.arange(STEPS, device=counts.device) + cut) % STEPS
    hues = torch.nn.functional.pad(counts[:, :1].gather(2, bins), (0, BINS - STEPS))
    return torch.cat((hues, counts[:, 1:]), 1)


def _match_means(channels: Tensor, own: Tensor, goal: Tensor, hue: bool) -> Tensor:
    gain, shift = (each[..., None, None] for each in _gain_and_shift(own, goal))
    matched = channels * gain + shift
    if hue:
        # A picture without a main hue, or a reference without one, says nothing about the turn.
        (mean, spread), (goal_mean, goal_spread) = own[:, 0].unbind(1), goal[:, 0].unbind(1)
        turn = torch.where(torch.minimum(spread, goal_spread) > _LEAST_SPREAD, goal_mean - mean, 0)
        matched[:, 0] = (channels[:, 0] + turn[:, None, None]) % 1
    return matched


def _gain_and_shift(own: Tensor, goal: Tensor) -> tuple[Tensor, Tensor]:
    """What gives channels with `own` mean and deviation, (..., 2), those of `goal`."""
    (mean, spread), (goal_mean, goal_spread) = own.unbind(-1), goal.unbind(-1)
    gain = goal_spread.clamp(min=_LEAST_SPREAD) / spread.clamp(min=_LEAST_SPREAD)
    return gain, goal_mean - mean * gain


def _mean_hue(channels: Tensor) -> Tensor:
    """The direction of the colourful hues, in turns, and its length in [0, 1]: (B, 2)."""
    hue, saturation, value = channels.unbind(1)
    color, turn = saturation * value, hue * (2 * math.pi)
    x, y = (color * turn.cos()).mean((1, 2)), (color * turn.sin()).mean((1, 2))
    return torch.stack((torch.atan2(y, x) / (2 * math.pi), torch.hypot(x, y)), 1)
