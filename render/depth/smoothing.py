"""Depth that does not flicker: the mean over the last painted frames, carried to where the camera is now.

    depth of frame n - 2, moved twice -+
    depth of frame n - 1, moved once  -+- mean of 1 / distance, where each agrees with frame n -> depth of frame n
    depth of frame n -----------------+

A network looks at every picture by itself, and its depth of the same thing jumps from one to the next. Earlier
estimates that differ too much are ignored: across an edge they belong to another object.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from motion import Pose

_AGREES = 0.3  # how far apart two estimates may be, as a logarithm, to count a third


def smoothed(now: Tensor, earlier: Sequence[tuple[Tensor, Pose]]) -> Tensor:
    """The depth `now`, (1, 1, H, W) in units, averaged with `earlier` depths and the pose from each to now."""
    import torch

    from motion.warp3d import carry_depth

    inverse, count = now.reciprocal(), now.new_ones(now.shape)
    for depth, pose in earlier:
        carried = carry_depth(depth, pose)
        weight = torch.exp(-((carried / now).log() / _AGREES).square())  # none, where it is infinite
        inverse += weight * carried.reciprocal()
        count += weight
    return count / inverse
