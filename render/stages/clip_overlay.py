"""The clip laid over the picture: before its motion, before painting, or after it.

    picture + alpha (1 - mask) (clip - picture)

A mask is (1, 1, H, W) in [0, 1]; white keeps the picture, black shows the clip, as in Deforum's hybrid video. Alpha 1
paints over the clip's pictures; alpha 0.001 with the clip's flow lets the film be carried by them (Disco Diffusion's
video warp).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from projects.schema import Video

from ..depth import DepthMap
from .clip_motion import CLIP, ClipMotion
from .picture_reader import ClipPicture, DepthInputs, clip_picture
from .stage import Canvas, Frame

if TYPE_CHECKING:
    from torch import Tensor

    from ..video.sources import Source

MASK = "video.mask"  # the setting that names a mask's file
_LEVELS = 256
When = Literal["before", "init", "after"]


class ClipMask(NamedTuple):
    """Where a clip is laid over a picture: a mask made from both, or from how far things in them are.

    source: what depth is read from, or the mask's own picture. blend: share of the clip, of the kind "blend". ends:
    the percentiles that become black and white; None: the contrast is not stretched."""

    kind: Literal["depth", "video_depth", "difference", "blend", "picture"]
    source: DepthMap | ClipPicture | None
    blend: float
    invert: bool
    equalize: Literal["none", "before", "after", "both"]
    contrast: float
    ends: tuple[float, float] | None


class OverlayInputs(NamedTuple):
    """trusted: whether the clip shows where its motion cannot be trusted. fills: whether what the camera uncovered
    counts as seen where the clip is."""

    clip: ClipPicture
    alpha: float
    mask: ClipMask | None
    trusted: bool
    fills: bool


@dataclass(frozen=True, eq=False)
class ClipOverlay:
    """One of the three places where a clip can be laid over. motion: the stage that moves the picture by the clip."""

    when: When
    settings: Video
    clips: Mapping[str, Source]
    depth: DepthInputs
    motion: ClipMotion
    name = "clip overlay"

    def inputs(self, frame: Frame) -> OverlayInputs | None:
        settings, alpha = self.settings, frame.row.video.video_alpha
        if not settings.input or settings.composite != self.when:
            return None
        if frame.first and self.when != "after":
            return None
        trusted = settings.consistency == "clip" and self.motion.moves(frame)
        if alpha == 0 and not trusted:
            return None
        # before the clip's motion it is the picture of the frame before: it is moved along
        number = frame.path[0].frame - 1 if self.when == "before" else frame.number
        mask = self._mask(frame, number) if alpha > 0 else None
        clip = clip_picture(self.clips, CLIP, number)
        return OverlayInputs(clip, alpha, mask, trusted, self.when == "init")

    def _mask(self, frame: Frame, number: int) -> ClipMask | None:
        settings, lanes = self.settings, frame.row.video
        if settings.mask == "none":
            return None
        source: DepthMap | ClipPicture | None = None
        kind: Literal["depth", "video_depth", "difference", "blend", "picture"]
        match settings.mask:
            case "depth" | "video_depth" as kind:
                source = self.depth.map(number)
            case "difference" | "blend" as kind:
                pass
            case _:
                kind, source = "picture", clip_picture(self.clips, MASK, number)
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


def clip_mask(canvas: Canvas, clip: Tensor, wanted: ClipMask) -> Tensor:
    """The mask, inverted, equalised, its contrast turned and stretched, in that order."""
    mask = _plain(canvas, clip, wanted)
    if wanted.invert:
        mask = 1 - mask
    if wanted.equalize in ("before", "both"):
        mask = equalised_mask(mask)
    if wanted.contrast != 1:
        middle = mask.mean()
        mask = (middle + (mask - middle) * wanted.contrast).clamp(0, 1)
    if wanted.ends is not None:
        mask = stretched(mask, *wanted.ends)
    return equalised_mask(mask) if wanted.equalize in ("after", "both") else mask


def _plain(canvas: Canvas, clip: Tensor, wanted: ClipMask) -> Tensor:
    import torch

    from motion.optical_flow import grey

    tools, picture, source = canvas.tools, canvas.given, wanted.source
    if isinstance(source, DepthMap):
        return tools.depth.nearness(picture if wanted.kind == "depth" else clip, source)
    if wanted.kind == "difference":
        return (grey(picture) - grey(clip)).abs()
    if wanted.kind == "blend":
        return torch.lerp(grey(picture), grey(clip), wanted.blend)
    assert source is not None
    return tools.pictures.read(source).mean(1, keepdim=True)


def stretched(mask: Tensor, low: float, high: float) -> Tensor:
    """From black at the `low`th percentile to white at the `high`th; where they are one, a hard edge there."""
    flat = mask.flatten().sort().values
    ends = [flat[round(share / 100 * (len(flat) - 1))] for share in (low, high)]
    return ((mask - ends[0]) / (ends[1] - ends[0]).clamp(min=1e-6)).clamp(0, 1)


def equalised_mask(mask: Tensor) -> Tensor:
    """Its 256 levels spread so that each range of them has its share of the pixels; a flat mask stays as it is."""
    import torch

    levels = (mask * (_LEVELS - 1)).round().long()
    counts = torch.bincount(levels.flatten(), minlength=_LEVELS).double()
    below = counts.cumsum(0)
    lowest = counts[counts > 0][0]
    if lowest == levels.numel():
        return mask
    spread = (below - lowest) / (levels.numel() - lowest)
    return spread.clamp(0, 1).to(mask.dtype)[levels]
