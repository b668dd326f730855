"""The frames between two painted ones: mixed and moved along, without the model.

    painted before -> moved to this segment's start -+
                                                     +- mixed by share -> detail -> moved on to the frame -> 8 bit
    painted here ------------------------------------+

What the frame before did not show comes from this one at once, so that nothing made up fades out. With `cadence_flow`
the two are warped towards each other along the optical flow between them and cross-faded, so that moving objects do not
ghost. Half of one picture and half of another is softer than both, so a film would pulse: `detail_amount` gives the mix
the detail that lies between theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from projects import Picture

from ..frame import FrameMaker, moving, painted_frame
from ..resolve import ResolvedProject
from ..stages.stage import Canvas, Frame, Parts, Stages, parts, run
from .segments import Segment

if TYPE_CHECKING:
    from torch import Tensor

    from motion import FlowMethod, Sampling


class Flow(NamedTuple):
    """Optical flow that the two pictures follow, `factor` of it."""

    method: FlowMethod
    factor: float
    sampling: Sampling


class MixInputs(NamedTuple):
    """share: of the painted frame; the rest is of the one before. detail: how much of theirs the mix gets."""

    share: float
    flow: Flow | None
    detail: float


def mix_inputs(film: ResolvedProject, number: int) -> MixInputs | None:
    """How a frame between is mixed; None where it shows the painted frame alone, moved along."""
    share = film.cadence.of(number).share(number)
    if share == 1.0:
        return None
    file, row = film.project.file, film.rows[number]
    flow, method = None, file.diffusion.cadence_flow
    if method != "none" and row.diffusion.cadence_flow_factor != 0:
        flow = Flow(method, row.diffusion.cadence_flow_factor, file.motion.sampling)
    return MixInputs(share, flow, row.coherence.detail_amount)


def between_parts(film: ResolvedProject, stages: Stages, number: int) -> Parts:
    """What a frame between is made from, besides the painted frame of its segment; see `stages.stage.parts`."""
    made_of, mix = parts(moving(stages), _carried(film, number)), mix_inputs(film, number)
    if mix is None:
        return made_of
    under = parts(moving(stages), painted_frame(film, film.cadence.of(number).start))
    return [("mix", (mix, under)), *made_of]


def _carried(film: ResolvedProject, number: int) -> Frame:
    """The way from the painted frame of a segment to a frame between."""
    start = film.cadence.of(number).start
    path = tuple(film.rows[at] for at in range(start + 1, number + 1))
    return Frame(film.rows[number], path=path, before=start)


@dataclass(kw_only=True)
class _Ends:
    """What a segment's frames are mixed from, (1, C, H, W) on the device, all seen from its start.

    painted: the painted frame. under: what it was painted over; None where it is not looked at. hole: what that move
    uncovered. flow: from `under` to `painted`, once it was measured.
    """

    segment: Segment
    painted: Tensor
    under: Tensor | None = None
    hole: Tensor | None = None
    flow: Tensor | None = None


class Between:
    """Makes the frames between, one segment after the other."""

    def __init__(self, film: ResolvedProject, maker: FrameMaker) -> None:
        self._film, self._maker, self._stages = film, maker, moving(maker.stages)
        self._ends: _Ends | None = None

    def make(self, number: int) -> Picture:
        """The picture of a frame, to be stored."""
        import torch

        from ..tensors import to_picture

        segment, mix = self._film.cadence.of(number), mix_inputs(self._film, number)
        with torch.inference_mode():
            ends = self._ends
            if ends is None or ends.segment != segment or (mix is not None and ends.under is None):
                self._ends = ends = self._begin(segment, mixed=mix is not None)
            picture = ends.painted if mix is None else _mixed(ends, mix)
            canvas = Canvas(tools=self._maker.tools, picture=picture, seen=ends.painted)
            return to_picture(run(self._stages, _carried(self._film, number), canvas).given)

    def _begin(self, segment: Segment, *, mixed: bool) -> _Ends:
        painted = self._maker.painted(segment.start)
        if segment.before is None or not mixed:
            return _Ends(segment=segment, painted=painted)
        canvas = Canvas(tools=self._maker.tools, picture=self._maker.painted(segment.before))
        moved = run(self._stages, painted_frame(self._film, segment.start), canvas)
        return _Ends(segment=segment, painted=painted, under=moved.given, hole=moved.hole)


def _mixed(ends: _Ends, mix: MixInputs) -> Tensor:
    import torch

    from motion import along

    from ..color import detail_of, match_detail

    assert ends.under is not None
    under, over, hole, share = ends.under, ends.painted, ends.hole, mix.share
    if mix.flow is not None:
        flow, sampling = _flow_of(ends, mix.flow) * mix.flow.factor, mix.flow.sampling
        under = along(under, flow * -share, sampling=sampling).picture.clamp(0.0, 1.0)
        over = along(over, flow * (1 - share), sampling=sampling).picture.clamp(0.0, 1.0)
    mixed = torch.lerp(under, over, share if hole is None else hole.clamp(min=share))
    if mix.detail == 0:
        return mixed
    between = torch.lerp(detail_of(under), detail_of(over), share)
    return match_detail(mixed, between, amount=mix.detail)


def _flow_of(ends: _Ends, wanted: Flow) -> Tensor:
    """From what was painted over to what was painted; none in what was uncovered, where nothing is to be found."""
    from motion import optical_flow

    assert ends.under is not None
    if ends.flow is None:
        flow = optical_flow(ends.under, ends.painted, method=wanted.method)
        ends.flow = flow if ends.hole is None else flow * (1 - ends.hole)
    return ends.flow
