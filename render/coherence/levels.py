"""The quick way to match colours on a CPU: the curves are found on 8 bits, and what they change is added to the floats.

A picture's 256 levels per channel are counted. A curve then tells what becomes of each level; the change of
colour it makes, `back(curve(level)) - back(level)`, varies slowly, so it is as good for the float that was rounded to
the level. No rounding gets into the picture: where nothing is to change, nothing changes. The loops over pixels are
compiled (motion.kernels.colors).
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from motion.quick import image_of
from render.coherence.histogram import BINS, STEPS
from render.coherence.spaces import Space

LEVELS = 256
_STRIDE = STEPS // (LEVELS - 1)
# From levels in [0, 1] to (L + 16) / 116, a / 500, b / 200.
_LAB_SCALE, _LAB_SHIFT = (
    np.array(values, np.float32).reshape(3, 1)
    for values in ((100 / 116, 255 / 500, 255 / 200), (16 / 116, -128 / 500, -128 / 200))
)

Levels = NDArray[np.uint8]
Counts = NDArray[np.int32]


def in_levels(picture: Tensor, space: Space) -> bool:
    """Whether this picture's colours are matched here: on the CPU, float32, and not by hue, which goes round."""
    return picture.device.type == "cpu" and picture.dtype == torch.float32 and space in ("lab", "rgb")


def to_levels(picture: Tensor, space: Space) -> Levels:
    """(B, 3, H, W) in [0, 1] as 8 bits, (B, H, 3, W), in `space`, scaled to 255 as `to_channels` is to 1."""
    from motion.kernels.bands import over_rows
    from motion.kernels.colors import to_levels as fill

    batch, _, height, width = picture.shape
    levels = np.empty((batch, height, 3, width), np.uint8)
    for one, out in zip(picture.detach(), levels, strict=True):
        over_rows(partial(fill, image_of(one), space == "lab", out), height, width)
    return levels


def count_levels(levels: Levels) -> Tensor:
    """How often each level occurs, as a histogram of BINS bins: (B, 3, BINS), int32."""
    from motion.kernels.bands import over_rows
    from motion.kernels.colors import count

    batch, height, _, width = levels.shape
    counts = torch.zeros(batch, 3, BINS, dtype=torch.int32)
    for index, one in enumerate(levels):
        counts[index, :, ::_STRIDE] = torch.from_numpy(sum(over_rows(partial(count, one), height, width)))
    return counts


def transfer_levels(source: Tensor, target: Tensor) -> Tensor:
    """`transfer` between two counts of levels, (B, 3, BINS), at the levels alone: (B, 3, 1, 256)."""
    own, goal = (counts[..., ::_STRIDE].numpy() for counts in (source, target))
    curves = [[_curve(*pair) for pair in zip(*each, strict=True)] for each in zip(own, goal, strict=True)]
    return torch.from_numpy(np.array(curves, np.float32)).unsqueeze(2)


def _curve(own: Counts, goal: Counts) -> NDArray[np.float64]:
    """The new value, in [0, 1], of each of the levels that are counted."""
    at = np.arange(LEVELS)
    if not own.any() or not goal.any():
        return at / (LEVELS - 1)
    (known, ranks), (levels, places) = _ranks(own), _ranks(goal)
    new = np.interp(np.interp(at, known, ranks), places, levels)
    beyond = at - at.clip(known[0], known[-1])
    return np.asarray((new + beyond).clip(0, LEVELS - 1) / (LEVELS - 1), np.float64)


def _ranks(counts: Counts) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The levels that occur, and the share of pixels below each plus half the share at it."""
    levels = counts.nonzero()[0]
    found = counts[levels].astype(np.float64)
    return levels, (found.cumsum() - found / 2) / found.sum()


def moments(counts: Tensor) -> Tensor:
    """The mean and the standard deviation of each channel, (B, 3, 2) in [0, 1], from `count_levels`."""
    share = counts.double() / counts.sum(2, keepdim=True).clamp(min=1)
    values = torch.arange(BINS, dtype=torch.float64) / STEPS
    mean = (share * values).sum(2)
    spread = (share * (values - mean[..., None]).square()).sum(2).sqrt()
    return torch.stack((mean, spread), 2).float()


def ladder(batch: int) -> Tensor:
    """Every level once, as a picture (B, 3, 1, 256) in [0, 1]."""
    return (torch.arange(LEVELS) / (LEVELS - 1)).expand(batch, 3, 1, LEVELS)


def add_change(picture: Tensor, levels: Levels, curve: Tensor, space: Space) -> Tensor:
    """`picture` with what the `curve` (B, 3, 1, 256), the new value of every level, changes; cut to [0, 1]."""
    from motion.kernels.bands import over_rows
    from motion.kernels.colors import add_change as add

    batch, _, height, width = picture.shape
    pairs = [_pairs(each, space) for each in curve[:, :, 0].float().numpy()]
    made = np.empty((batch, height, 3 * width), np.float32)
    for one, own, each, out in zip(picture.detach(), levels, pairs, made, strict=True):
        over_rows(partial(add, image_of(one), own, each, space == "lab", out), height, width)
    return torch.from_numpy(made).view(batch, height, width, 3).permute(0, 3, 1, 2)


def _pairs(curve: NDArray[np.float32], space: Space) -> NDArray[np.float64]:
    """Each level's new value, by a curve (3, 256), and its own, as `motion.kernels.colors` takes them."""
    pairs = np.empty((3, LEVELS, 2), np.float32)
    pairs[..., 0], pairs[..., 1] = _converted(curve.clip(0, 1), space), _own(space)
    return pairs.view(np.float64)[..., 0]


@cache
def _own(space: Space) -> NDArray[np.float32]:
    return _converted(ladder(1)[0, :, 0].numpy(), space)


def _converted(values: NDArray[np.float32], space: Space) -> NDArray[np.float32]:
    return values * _LAB_SCALE + _LAB_SHIFT if space == "lab" else values
