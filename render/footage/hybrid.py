"""A clip in a film: its pictures to start from and to lay over the moved picture, its motion to move it by.

    moved by the camera -> the clip laid over ("before") -> moved as the clip moves -> the clip laid over ("init")
      -> painted -> the clip laid over ("after")

The formula of laying over is one: picture + alpha (1 - mask) (clip - picture). Alpha 1 paints over the clip's pictures
(video input); alpha 0.001 with the clip's flow lets the film be carried by them (Disco Diffusion's video warp).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from keyframes import Row
from motion import (
    Border,
    FlowMethod,
    Warped,
    along,
    consistent,
    fill,
    match_motion,
    optical_flow,
    warp_matrix,
)
from projects import Picture

from ..clips import MASK, VIDEO
from ..setup import Setup
from ..space.depths import Depths
from ..tensors import to_tensor
from ..video.sources import SourceReader
from .mask import blended, difference, shaped


class Hybrid:
    """The clip of one project, on the device of the pictures."""

    def __init__(
        self,
        setup: Setup,
        device: torch.device,
        depths: Depths,
        projector: SourceReader,
        *,
        network: bool = True,
    ) -> None:
        """network: if not, DIS stands in for RAFT (previews load no model)."""
        self._setup, self._device, self._depths = setup, device, depths
        self._given = setup.project.file.video
        self._search: FlowMethod = self._given.flow if network or self._given.flow != "raft" else "dis"
        self._projector = projector

    def first(self) -> Picture | None:
        """The picture that frame 0 is painted over, uint8 (H, W, 3), if it is to be the clip's."""
        return self._projector.picture(VIDEO, 0) if self._setup.starts_with_clip else None

    def moved(
        self, way: Sequence[Row], picture: Warped, *, laid: bool = True
    ) -> tuple[Warped, Tensor | None]:
        """A picture moved by the camera, with the clip's motion and the clip itself put in.

        way: the frames it was moved to, one after another. laid: whether the clip is laid over, as where a frame is
        painted. Also how much of the clip there is at each pixel, (1, 1, H, W), None where it is laid over later or not
        at all.
        """
        row, trust = way[-1], None
        composite = self._given.composite if laid else "none"
        if composite == "before":  # the clip's picture of the frame before: it is moved along
            over, _ = self._laid(row, picture.picture, way[0].frame - 1, None)
            picture = Warped(picture=over, coverage=picture.coverage)
        for step in way:
            if self._given.motion != "none" and step.numbers["video_flow_factor"] != 0:
                picture, trust = self._followed(step, picture)
        if composite != "init":
            return picture, None
        over, share = self._laid(row, picture.picture, row.frame, trust)
        return Warped(picture=over, coverage=picture.coverage), share

    def painted(self, row: Row, picture: Tensor) -> Tensor:
        """The painted picture, with the clip laid over it if it is to be so late."""
        if self._given.composite != "after":
            return picture
        return self._laid(row, picture, row.frame, None)[0]

    def _clip(self, frame: int, name: str = VIDEO) -> Tensor:
        """(1, 3, H, W) in [0, 1]."""
        return to_tensor(self._projector.picture(name, frame), self._device)

    def _laid(
        self, row: Row, picture: Tensor, frame: int, trust: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """The clip's picture of a frame laid over, and its share. trust: where below 1, there is more of the clip."""
        alpha = row.numbers["video_alpha"]
        share = picture.new_full((1, 1, 1, 1), alpha)
        if alpha > 0 and self._given.mask != "none":
            share = alpha * (1 - shaped(self._mask(row, picture, frame), self._given, row.numbers))
        if trust is not None and self._given.consistency == "clip":
            share = 1 - (1 - share) * trust
        if not bool((share > 0).any()):
            return picture, None
        return torch.lerp(picture, self._clip(frame), share), share

    def _mask(self, row: Row, picture: Tensor, frame: int) -> Tensor:
        kind = self._given.mask
        if kind == "depth":
            return self._depths.nearness(picture, frame)
        if kind == "video_depth":
            return self._depths.nearness(self._clip(frame), frame)
        if kind == "difference":
            return difference(picture, self._clip(frame))
        if kind == "blend":
            return blended(picture, self._clip(frame), row.numbers["video_mask_blend"])
        return self._clip(frame, MASK).mean(1, keepdim=True)

    def _followed(self, row: Row, picture: Warped) -> tuple[Warped, Tensor | None]:
        """The picture moved as the clip moves from the frame before to this one, and where that can be trusted."""
        factor, after = row.numbers["video_flow_factor"], self._clip(row.frame)
        before = self._clip(row.frame - 1) if self._given.motion_from == "clip" else picture.picture
        fit = self._given.motion
        if fit == "flow" or fit == "none":
            return self._flowed(picture, before, after, factor)
        matrix = match_motion(before, after, fit=fit)
        part = torch.from_numpy(np.eye(3) + factor * (matrix - np.eye(3)))
        moved = warp_matrix(picture.picture, part, border=self._border, sampling=self._sampling)
        seen = warp_matrix(picture.coverage, part).picture
        return self._filled(moved, seen), None

    def _flowed(
        self, picture: Warped, before: Tensor, after: Tensor, factor: float
    ) -> tuple[Warped, Tensor | None]:
        # measured from this picture of the clip back to the one before: that is where each pixel is read from
        flow, trust = optical_flow(after, before, method=self._search), None
        if self._given.consistency != "none":
            there = optical_flow(before, after, method=self._search)
            trust = consistent(flow, there, blur=self._given.consistency_blur)
        if trust is not None and self._given.consistency == "still":
            flow = flow * trust
        moved = along(picture.picture, factor * flow, border=self._border, sampling=self._sampling)
        seen = along(picture.coverage, factor * flow).picture
        return self._filled(moved, seen), trust

    def _filled(self, moved: Warped, seen: Tensor) -> Warped:
        """What this move uncovered and what was uncovered before it, with something to start painting from."""
        coverage, picture = moved.coverage * seen, moved.picture.clamp(0, 1)
        if self._setup.project.file.motion.border == "reveal" and bool((moved.coverage < 1).any()):
            picture = fill(picture, coverage)
        return Warped(picture=picture, coverage=coverage)

    @property
    def _border(self) -> Border:
        border = self._setup.project.file.motion.border
        return "replicate" if border == "reveal" else border

    @property
    def _sampling(self) -> Literal["bilinear", "bicubic"]:
        sampling: Literal["bilinear", "bicubic"] = self._setup.project.file.motion.sampling
        return sampling
