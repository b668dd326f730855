"""Depth that does not flicker: the mean of what is seen in the last pictures, carried to where the camera is now.

    depth of picture n - 2, moved twice -+
    depth of picture n - 1, moved once  -+- mean of 1 / distance, where each has something to say -> depth of picture n
    depth of picture n ------------------+

A network looks at every picture anew, and what it says of the same thing jumps from one to the next. The window ends,
so that a film that goes on from the disk looks back at the same stored pictures. Where a look back says something quite
different, it saw another thing, and is not heard: at the edge of a tower the mean of tower and sky is neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import torch

from ..setup import Setup
from .depths import Depths

if TYPE_CHECKING:
    from torch import Tensor

    from keyframes import Row
    from motion.pose import Pose


_AGREES = 0.3  # how far apart two looks may be, as a logarithm, to count a third


class SteadyDepth:
    """The depth of the pictures that are moved. original: gives a painted picture (1, 3, H, W) as it is stored."""

    def __init__(self, setup: Setup, depths: Depths, original: Callable[[int], Tensor]) -> None:
        self._setup, self._depths, self._original = setup, depths, original
        self._seen: dict[int, Tensor] = {}  # by frame, what was seen in it alone

    def of(self, picture: Tensor, row: Row) -> Tensor | None:
        """As `Depths.of`. picture: of the original before `row`, the first frame that it is moved to."""
        now = self._depths.of(picture, row)
        if now is None or not self._setup.steady:
            return now
        frame = row.frame - 1
        self._seen[frame] = now
        inverse, count = now.reciprocal(), now.new_ones(now.shape)
        for earlier, way in self._before(frame):
            carried = self._carried(earlier, way)
            weight = torch.exp(-((carried / now).log() / _AGREES).square())  # none, where it is infinite
            inverse += weight * carried.reciprocal()
            count += weight
        self._seen = {at: self._seen[at] for at in sorted(self._seen)[-1 - self._setup.steady :]}
        return count / inverse

    def _before(self, frame: int) -> Iterator[tuple[int, Pose]]:
        """The originals before that of `frame`, latest first, and the whole move from each to it."""
        from motion.journey import pose_of

        from .camera import move_of

        way: list[int] = []
        for _ in range(self._setup.steady):
            segment = self._setup.cadence.of(frame)
            if segment.before is None:
                return
            way, frame = [*segment.way, *way], segment.before
            moves = [move_of(self._setup, self._setup.timeline.row(at)) for at in way]
            pose = pose_of(moves, self._setup.size)
            if pose is None:
                return
            yield frame, pose

    def _carried(self, frame: int, pose: Pose) -> Tensor:
        from motion.warp3d import carry_depth

        if frame not in self._seen:
            seen = self._depths.of(self._original(frame), self._setup.timeline.row(frame + 1))
            assert seen is not None
            self._seen[frame] = seen
        return carry_depth(self._seen[frame], pose)
