"""The frames between two painted ones: mixed and moved along, without the model.

    original before -> moved to this segment's start -+
                                                      +- mixed by share -> detail -> moved on to the frame -> 8 bit
    original of the segment --------------------------+

What the original before did not show is taken from the segment's own at once, so that nothing made up fades out. With
`cadence_flow` both are first drawn along the optical flow between them: by its share the one, by the rest the other,
so that a thing which stands in two places in them goes from the one to the other and is not seen twice.

Half of one picture and half of another is softer than both, so a film would pulse. `detail_amount` gives the mix the
detail that lies between theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from keyframes import Row
from motion import along, optical_flow
from projects import Picture

from ..coherence import detail_of, match_detail
from ..setup import Setup
from .segments import Segment

if TYPE_CHECKING:
    from ..frame import FramePainter


@dataclass(frozen=True, kw_only=True)
class _Ends:
    """What a segment's frames are made from, (1, C, H, W) on the device, all seen from its start.

    under: what the original was painted over; None where it is not looked at. hole: as the painter got it.
    """

    segment: Segment
    original: Tensor
    under: Tensor | None
    hole: Tensor | None


class Between:
    """Makes frames that are no originals, one segment after the other.

    original: gives a painted picture as it is stored.
    """

    def __init__(self, setup: Setup, hand: FramePainter, original: Callable[[int], Picture]) -> None:
        self._setup, self._hand, self._original = setup, hand, original
        self._ends: _Ends | None = None
        self._flow: Tensor | None = None

    def make(self, row: Row) -> Picture:
        """The picture of a frame, to be stored."""
        from ..tensors import to_picture

        segment = self._setup.cadence.of(row.frame)
        with torch.inference_mode():
            mixed = len(segment.needs(row.frame)) > 1
            known = self._ends is not None and self._ends.segment == segment
            if self._ends is None or not known or (mixed and self._ends.under is None):
                self._ends, self._flow = self._begin(segment, mixed), None
            picture = self._mixed(self._ends, segment.share(row.frame), row.numbers)
            way = [self._setup.timeline.row(f) for f in range(segment.start + 1, row.frame + 1)]
            if way:
                picture, _ = self._hand.moved(way, picture, seen=self._ends.original, laid=False)
            return to_picture(picture)

    def _begin(self, segment: Segment, mixed: bool) -> _Ends:
        original = self._hand.on_device(self._original(segment.start))
        if segment.before is None or not mixed:
            return _Ends(segment=segment, original=original, under=None, hole=None)
        way = [self._setup.timeline.row(frame) for frame in segment.way]
        before = self._hand.on_device(self._original(segment.before))
        under, hole = self._hand.moved(way, before, laid=False)
        return _Ends(segment=segment, original=original, under=under, hole=hole)

    def _mixed(self, ends: _Ends, share: float, numbers: Mapping[str, float]) -> Tensor:
        if ends.under is None or share == 1.0:
            return ends.original
        under, over, hole = ends.under, ends.original, ends.hole
        if self._setup.project.file.diffusion.cadence_flow != "none":
            flow = self._flow_of(ends) * numbers["cadence_flow_factor"]
            sampling = self._setup.project.file.motion.sampling
            under = along(under, flow * -share, sampling=sampling).picture.clamp(0.0, 1.0)
            over = along(over, flow * (1 - share), sampling=sampling).picture.clamp(0.0, 1.0)
        mixed = torch.lerp(under, over, share if hole is None else hole.clamp(min=share))
        if numbers["detail_amount"] == 0:
            return mixed
        between = torch.lerp(detail_of(under), detail_of(over), share)
        return match_detail(mixed, between, amount=numbers["detail_amount"])

    def _flow_of(self, ends: _Ends) -> Tensor:
        """From what was painted over to the original; none in what was uncovered, where nothing is to be found."""
        assert ends.under is not None
        if self._flow is None:
            method = self._setup.project.file.diffusion.cadence_flow
            assert method != "none"
            self._flow = optical_flow(ends.under, ends.original, method=method)
            if ends.hole is not None:
                self._flow = self._flow * (1 - ends.hole)
        return self._flow
