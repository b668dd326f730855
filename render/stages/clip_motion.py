"""The clip's own motion, which moves the picture after the camera has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from projects import Row
from projects.schema import Motion, Video

from .picture_reader import ClipPicture, clip_picture
from .stage import Canvas, Frame

if TYPE_CHECKING:
    from torch import Tensor

    from motion import FlowMethod, Sampling, Uncovered, Warped

    from ..video.sources import Source

CLIP = "video.input"  # the setting that names the clip


class Flow(NamedTuple):
    """How optical flow is measured, and what happens where it disagrees there and back; None: it is not looked at."""

    method: FlowMethod
    disagreeing: Literal["still", "clip"] | None
    blur: int


class ClipStep(NamedTuple):
    """The clip's move to one frame. before: None where the motion starts at the picture that is moved."""

    factor: float
    before: ClipPicture | None
    after: ClipPicture


class ClipMotionInputs(NamedTuple):
    """steps: one after another. flow: None for the other kinds."""

    kind: Literal["flow", "affine", "perspective"]
    steps: tuple[ClipStep, ...]
    flow: Flow | None
    border: Uncovered
    sampling: Sampling


@dataclass(frozen=True, eq=False)
class ClipMotion:
    """clips: by the setting that names them. quick: DIS in place of RAFT, for previews, which load no network."""

    video: Video
    motion: Motion
    clips: Mapping[str, Source]
    quick: bool = False
    name = "clip motion"

    def inputs(self, frame: Frame) -> ClipMotionInputs | None:
        kind = self.video.motion
        if kind == "none" or not self.moves(frame):
            return None
        steps = tuple(self._step(row) for row in frame.path if row.video.video_flow_factor != 0)
        flow = self._flow() if kind == "flow" else None
        return ClipMotionInputs(kind, steps, flow, self.motion.border, self.motion.sampling)

    def moves(self, frame: Frame) -> bool:
        """Whether the clip moves the picture to a frame."""
        if self.video.motion == "none" or not self.video.input:
            return False
        return any(row.video.video_flow_factor != 0 for row in frame.path)

    def _step(self, row: Row) -> ClipStep:
        before = None
        if self.video.motion_from == "clip":
            before = clip_picture(self.clips, CLIP, row.frame - 1)
        return ClipStep(row.video.video_flow_factor, before, clip_picture(self.clips, CLIP, row.frame))

    def _flow(self) -> Flow:
        video = self.video
        method: FlowMethod = "dis" if self.quick and video.flow == "raft" else video.flow
        if video.consistency == "none":
            return Flow(method, None, 0)
        return Flow(method, video.consistency, video.consistency_blur)

    @staticmethod
    def apply(canvas: Canvas, inputs: ClipMotionInputs) -> Canvas:
        for step in inputs.steps:
            canvas = _followed(canvas, inputs, step)
        return canvas


def _followed(canvas: Canvas, inputs: ClipMotionInputs, step: ClipStep) -> Canvas:
    """The picture moved as the clip moves to one frame, what that uncovered, and where it can be trusted."""
    import torch

    from motion import fill

    read = canvas.tools.pictures.read
    after = read(step.after)
    before = canvas.given if step.before is None else read(step.before)
    if inputs.flow is not None:
        move, trust = _by_flow(before, after, step.factor, inputs.flow)
    else:
        move, trust = _by_fit(before, after, step.factor, inputs.kind), None
    edge = "replicate" if inputs.border == "reveal" else inputs.border
    moved = move(canvas.given, border=edge, sampling=inputs.sampling)
    seen = torch.ones_like(canvas.given[:, :1]) if canvas.coverage is None else canvas.coverage
    coverage, picture = moved.coverage * move(seen).picture, moved.picture.clamp(0, 1)
    if inputs.border == "reveal" and bool((moved.coverage < 1).any()):
        picture = fill(picture, coverage)
    return replace(canvas, picture=picture, coverage=coverage, trust=trust)


def _by_fit(
    before: Tensor, after: Tensor, factor: float, kind: Literal["flow", "affine", "perspective"]
) -> Callable[..., Warped]:
    """The matrix between two pictures of the clip, as a way to move a picture."""
    import numpy as np
    import torch

    from motion import match_motion, warp_matrix

    assert kind != "flow"
    matrix = match_motion(before, after, fit=kind)
    return partial(warp_matrix, matrix=torch.from_numpy(np.eye(3) + factor * (matrix - np.eye(3))))


def _by_flow(
    before: Tensor, after: Tensor, factor: float, how: Flow
) -> tuple[Callable[..., Warped], Tensor | None]:
    """The flow between two pictures of the clip, as a way to move a picture; and where the clip shows instead."""
    from motion import along, consistent, optical_flow

    # measured from this picture of the clip back to the one before: that is where each pixel is read from
    flow, trust = optical_flow(after, before, method=how.method), None
    if how.disagreeing is not None:
        there = optical_flow(before, after, method=how.method)
        trust = consistent(flow, there, blur=how.blur)
    if trust is not None and how.disagreeing == "still":
        flow = flow * trust
    return partial(along, flow=factor * flow), trust if how.disagreeing == "clip" else None
