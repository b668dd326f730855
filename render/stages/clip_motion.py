"""The clip's own motion, which moves the picture after the camera has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from projects import Row
from projects.schema import Motion, Video

from .picture_reader import ClipPicture, clip_picture
from .stage import Canvas, Frame

if TYPE_CHECKING:
    from torch import Tensor

    from motion import Warped

    from ..video.sources import Source

CLIP = "video.input"  # the setting that names the clip
FlowName = Literal["dis", "dis-fine", "farneback", "raft"]


class Flow(NamedTuple):
    """How optical flow is measured, and what happens where it disagrees there and back; None: it is not looked at."""

    method: FlowName
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
    border: Literal["reveal", "replicate", "wrap", "reflect"]
    sampling: Literal["bilinear", "bicubic"]


class ClipMotion:
    """clips: by the setting that names them. quick: DIS in place of RAFT, for previews, which load no network."""

    name = "clip motion"

    def __init__(
        self, video: Video, motion: Motion, clips: Mapping[str, Source], *, quick: bool = False
    ) -> None:
        self._video, self._motion, self._clips, self._quick = video, motion, clips, quick

    def inputs(self, frame: Frame) -> ClipMotionInputs | None:
        kind = self._video.motion
        if kind == "none" or not self.moves(frame):
            return None
        steps = tuple(self._step(row) for row in frame.path if row.video.video_flow_factor != 0)
        flow = self._flow() if kind == "flow" else None
        return ClipMotionInputs(kind, steps, flow, self._motion.border, self._motion.sampling)

    def moves(self, frame: Frame) -> bool:
        """Whether the clip moves the picture to a frame."""
        if self._video.motion == "none" or not self._video.input:
            return False
        return any(row.video.video_flow_factor != 0 for row in frame.path)

    def _step(self, row: Row) -> ClipStep:
        before = None
        if self._video.motion_from == "clip":
            before = clip_picture(self._clips, CLIP, row.frame - 1)
        return ClipStep(row.video.video_flow_factor, before, clip_picture(self._clips, CLIP, row.frame))

    def _flow(self) -> Flow:
        video = self._video
        method: FlowName = "dis" if self._quick and video.flow == "raft" else video.flow
        if video.consistency == "none":
            return Flow(method, None, 0)
        return Flow(method, video.consistency, video.consistency_blur)

    @staticmethod
    def apply(canvas: Canvas, inputs: ClipMotionInputs) -> Canvas:
        for step in inputs.steps:
            canvas = _followed(canvas, inputs, step)
        return canvas


def _followed(canvas: Canvas, inputs: ClipMotionInputs, step: ClipStep) -> Canvas:
    """The picture moved as the clip moves to one frame, and where that can be trusted."""
    import torch

    read = canvas.tools.pictures.read
    if canvas.coverage is None:
        canvas = replace(canvas, coverage=torch.ones_like(canvas.given[:, :1]))
    after = read(step.after)
    before = canvas.given if step.before is None else read(step.before)
    if inputs.flow is not None:
        return _flowed(canvas, inputs, inputs.flow, before, after, step.factor)
    return _fitted(canvas, inputs, before, after, step.factor)


def _fitted(canvas: Canvas, inputs: ClipMotionInputs, before: Tensor, after: Tensor, factor: float) -> Canvas:
    import numpy as np
    import torch

    from motion import match_motion, warp_matrix

    assert inputs.kind != "flow"
    assert canvas.coverage is not None
    matrix = match_motion(before, after, fit=inputs.kind)
    part = torch.from_numpy(np.eye(3) + factor * (matrix - np.eye(3)))
    moved = warp_matrix(canvas.given, part, border=_edge(inputs), sampling=inputs.sampling)
    seen = warp_matrix(canvas.coverage, part).picture
    return replace(_filled(canvas, moved, seen, inputs), trust=None)


def _flowed(
    canvas: Canvas, inputs: ClipMotionInputs, how: Flow, before: Tensor, after: Tensor, factor: float
) -> Canvas:
    from motion import along, consistent, optical_flow

    assert canvas.coverage is not None
    # measured from this picture of the clip back to the one before: that is where each pixel is read from
    flow, trust = optical_flow(after, before, method=how.method), None
    if how.disagreeing is not None:
        there = optical_flow(before, after, method=how.method)
        trust = consistent(flow, there, blur=how.blur)
    if trust is not None and how.disagreeing == "still":
        flow = flow * trust
    moved = along(canvas.given, factor * flow, border=_edge(inputs), sampling=inputs.sampling)
    seen = along(canvas.coverage, factor * flow).picture
    shown = trust if how.disagreeing == "clip" else None
    return replace(_filled(canvas, moved, seen, inputs), trust=shown)


def _filled(canvas: Canvas, moved: Warped, seen: Tensor, inputs: ClipMotionInputs) -> Canvas:
    """What this move uncovered and what was uncovered before it, with something to start painting from."""
    from motion import fill

    coverage, picture = moved.coverage * seen, moved.picture.clamp(0, 1)
    if inputs.border == "reveal" and bool((moved.coverage < 1).any()):
        picture = fill(picture, coverage)
    return replace(canvas, picture=picture, coverage=coverage)


def _edge(inputs: ClipMotionInputs) -> Literal["replicate", "wrap", "reflect"]:
    return "replicate" if inputs.border == "reveal" else inputs.border
