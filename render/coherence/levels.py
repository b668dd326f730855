"""The quick way to match colours on a CPU: the curves are found on 8 bits, and what they change is added to the floats.

A picture's 256 levels per channel are counted by OpenCV. A curve then tells what becomes of each level; the change of
colour it makes, `back(curve(level)) - back(level)`, varies slowly, so it is as good for the float that was rounded to
the level. No rounding gets into the picture: where nothing is to change, nothing changes.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from render.coherence.histogram import BINS, STEPS
from render.coherence.spaces import Space

LEVELS = 256
_STRIDE = STEPS // (LEVELS - 1)
_LAB_RANGE, _LAB_LOW = (np.array(v, np.float32) for v in ((100, 255, 255), (0, -128, -128)))

Image = NDArray[np.uint8]
Counts = NDArray[np.int32]


def in_levels(picture: Tensor, space: Space) -> bool:
    """Whether this picture's colours are matched here: on the CPU, float32, and not by hue, which goes round."""
    return picture.device.type == "cpu" and picture.dtype == torch.float32 and space in ("lab", "rgb")


def to_levels(picture: Tensor, space: Space) -> list[Image]:
    """(B, 3, H, W) in [0, 1] as B images (H, W, 3) of 8 bits in `space`, scaled to 255 as `to_channels` is to 1."""
    images = picture.detach().permute(0, 2, 3, 1).contiguous().numpy()
    rounded = [
        cv2.convertScaleAbs(image.clip(0, 1) if _strays(image) else image, alpha=255) for image in images
    ]
    if space == "lab":
        rounded = [cv2.cvtColor(image, cv2.COLOR_RGB2Lab) for image in rounded]
    return [np.asarray(image, np.uint8) for image in rounded]


def count_levels(levels: list[Image]) -> Tensor:
    """How often each level occurs, as a histogram of BINS bins: (B, 3, BINS), int32."""
    counts = torch.zeros(len(levels), 3, BINS, dtype=torch.int32)
    for index, image in enumerate(levels):
        found = [cv2.calcHist([image], [c], None, [LEVELS], [0, LEVELS]).ravel() for c in range(3)]
        counts[index, :, ::_STRIDE] = torch.from_numpy(np.stack(found)).to(torch.int32)
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


def add_change(picture: Tensor, levels: list[Image], curve: Tensor, space: Space) -> Tensor:
    """`picture` with what the `curve` (B, 3, 1, 256), the new value of every level, changes; cut to [0, 1]."""
    images = picture.detach().permute(0, 2, 3, 1).contiguous().numpy()
    made = np.empty_like(images)
    same = _table(ladder(1)[0], space)
    for image, own, each, out in zip(images, levels, curve, made, strict=True):
        _back(own, _table(each, space), space, out)
        cv2.subtract(out, _back(own, same, space), out)
        cv2.add(out, image, out)
    return torch.from_numpy(made).clamp_(0, 1).permute(0, 3, 1, 2)


def _back(levels: Image, table: Any, space: Space, out: Any = None) -> Any:
    """What the table makes of the levels, as RGB; in `out`, if there is one."""
    values = cv2.LUT(levels, table, out)
    return cv2.cvtColor(values, cv2.COLOR_Lab2RGB, values) if space == "lab" else values


def _table(curve: Tensor, space: Space) -> Any:
    """A curve (3, 1, 256) as OpenCV's table (1, 256, 3), in the units of its LAB."""
    table = curve.permute(1, 2, 0).contiguous().float().numpy()
    return table.clip(0, 1) * _LAB_RANGE + _LAB_LOW if space == "lab" else table


def _strays(image: NDArray[np.float32]) -> bool:
    """Whether values lie below 0, where OpenCV would take their absolute value."""
    return bool(image.min() < 0)
