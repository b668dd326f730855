"""The clip laid over the picture: before its motion, before painting, or after it.

    picture + alpha (1 - mask) (clip - picture)

A mask is (1, 1, H, W) in [0, 1]; white keeps the picture, black shows the clip, as in Deforum's hybrid video. Alpha 1
paints over the clip's pictures; alpha 0.001 with the clip's flow lets the film be carried by them (Disco Diffusion's
video warp).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from projects.schema import Video

from ..depth import DepthMap
from .clip_mask import ClipMask, clip_mask
from .clip_motion import CLIP, ClipMotion
from .picture_reader import ClipPicture, DepthInputs, clip_picture
from .stage import Canvas, Frame

if TYPE_CHECKING:
    from torch import Tensor

    from ..video.sources import Source

MASK = "video.mask"  # the setting that names a mask's file
When = Literal["before", "init", "after"]


class OverlayInputs(NamedTuple):
    """trusted: whether the clip shows where its motion cannot be trusted. fills: whether what the camera uncovered
    counts as seen where the clip is."""

    clip: ClipPicture
    alpha: float
    mask: ClipMask | None
    trusted: bool
    fills: bool


class ClipOverlay:
    """One of the three places where a clip can be laid over. motion: the stage that moves the picture by the clip."""

    name = "clip overlay"

    def __init__(
        self,
        when: When,
        settings: Video,
        clips: Mapping[str, Source],
        depth: DepthInputs,
        motion: ClipMotion,
    ) -> None:
        self._when, self._settings, self._clips = when, settings, clips
        self._depth, self._motion = depth, motion

    def inputs(self, frame: Frame) -> OverlayInputs | None:
        settings, alpha = self._settings, frame.row.video.video_alpha
        if not settings.input or settings.composite != self._when:
            return None
        if frame.first and self._when != "after":
            return None
        trusted = settings.consistency == "clip" and self._motion.moves(frame)
        if alpha == 0 and not trusted:
            return None
        # before the clip's motion it is the picture of the frame before: it is moved along
        number = frame.path[0].frame - 1 if self._when == "before" else frame.number
        mask = self._mask(frame, number) if alpha > 0 else None
        clip = clip_picture(self._clips, CLIP, number)
        return OverlayInputs(clip, alpha, mask, trusted, self._when == "init")

    def _mask(self, frame: Frame, number: int) -> ClipMask | None:
        settings, lanes = self._settings, frame.row.video
        if settings.mask == "none":
            return None
        source: DepthMap | ClipPicture | None = None
        kind: Literal["depth", "video_depth", "difference", "blend", "picture"]
        match settings.mask:
            case "depth" | "video_depth" as kind:
                source = self._depth.map(number)
            case "difference" | "blend" as kind:
                pass
            case _:
                kind, source = "picture", clip_picture(self._clips, MASK, number)
        stretched = settings.mask_auto_contrast
        return ClipMask(
            kind=kind,
            source=source,
            blend=lanes.video_mask_blend if kind == "blend" else 0.0,
            invert=settings.mask_invert,
            equalize=settings.mask_equalize,
            contrast=lanes.video_mask_contrast,
            ends=(lanes.video_mask_low, lanes.video_mask_high) if stretched else None,
        )

    @staticmethod
    def apply(canvas: Canvas, inputs: OverlayInputs) -> Canvas:
        import torch

        picture, clip = canvas.given, canvas.tools.pictures.read(inputs.clip)
        share: Tensor = picture.new_full((1, 1, 1, 1), inputs.alpha)
        if inputs.mask is not None:
            share = inputs.alpha * (1 - clip_mask(canvas, clip, inputs.mask))
        if inputs.trusted and canvas.trust is not None:
            share = 1 - (1 - share) * canvas.trust
        if not bool((share > 0).any()):
            return canvas
        shown = canvas.showing(torch.lerp(picture, clip, share))
        return replace(shown, clip_share=share) if inputs.fills else shown
