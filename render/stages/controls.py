"""What ControlNets see: the picture that is painted over, a clip's or a file's, and what is detected in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..depth import DepthMap
from .model_use import ControlUse, ModelUse
from .picture_reader import ClipPicture, DepthInputs, clip_picture
from .stage import Canvas, Frame

if TYPE_CHECKING:
    from torch import Tensor

    from ..video.sources import Source


class Hint(NamedTuple):
    """What one ControlNet sees, and how strongly it acts. shown: None for the picture that is painted over. depth: the
    source, where depth is detected. thresholds: of Canny's edges."""

    network: str
    number: int
    shown: ClipPicture | None
    detect: Literal["none", "canny", "soft", "depth"]
    thresholds: tuple[int, int] | None
    depth: DepthMap | None
    weight: float
    start: float
    end: float
    mode: Literal["balanced", "prompt", "control"]

    def in_key(self) -> Mapping[str, object]:
        """See `projects.canonical`. Its number among the others changes nothing."""
        values = self._asdict()
        del values["number"]
        return values


class ControlHints:
    """models: by frame, with their ControlNets. clips: by the setting that names them."""

    name = "controls"

    def __init__(
        self,
        models: Sequence[ModelUse],
        clips: Mapping[str, Source],
        depth: DepthInputs,
    ) -> None:
        self._models, self._clips, self._depth = models, clips, depth

    def inputs(self, frame: Frame) -> tuple[Hint, ...] | None:
        uses = next(model.controls for model in self._models if frame.number in model.frames)
        hints = [self._hint(use, frame) for use in uses if use.acts(frame.row, pictured=frame.pictured)]
        return tuple(hints) or None

    def _hint(self, use: ControlUse, frame: Frame) -> Hint:
        settings, lanes = use.settings, frame.row.control[use.name]
        own = settings.source == "frame"
        return Hint(
            network=use.asset.digest,
            number=use.number,
            shown=None if own else clip_picture(self._clips, use.clip, frame.number),
            detect=settings.detect,
            thresholds=(settings.low, settings.high) if settings.detect == "canny" else None,
            depth=self._depth.map(frame.number) if settings.detect == "depth" else None,
            weight=lanes.weight,
            start=lanes.start,
            end=lanes.end,
            mode=settings.mode,
        )

    @staticmethod
    def apply(canvas: Canvas, inputs: tuple[Hint, ...]) -> Canvas:
        from ..diffusion import Control

        controls = tuple(
            Control(
                number=hint.number,
                picture=_detected(canvas, hint),
                weight=hint.weight,
                start=hint.start,
                end=hint.end,
                mode=hint.mode,
            )
            for hint in inputs
        )
        return replace(canvas, controls=controls)


def _detected(canvas: Canvas, hint: Hint) -> Tensor:
    from ..tensors import to_picture, to_tensor
    from .edges import canny, soft_edges

    tools = canvas.tools
    shown = canvas.given if hint.shown is None else tools.pictures.read(hint.shown)
    if hint.depth is not None:
        near = tools.depth.nearness(shown, hint.depth)
        return near.to(shown.dtype).expand(-1, 3, -1, -1).contiguous()
    if hint.detect == "none":
        return shown
    levels = to_picture(shown)
    found = soft_edges(levels) if hint.thresholds is None else canny(levels, *hint.thresholds)
    return to_tensor(found, tools.device)
