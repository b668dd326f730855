"""What ControlNets see: the picture that is painted over, a clip's or a file's, and what is detected in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from projects import Row
from projects.schema import ControlNet

from ..depth.reader import DepthMap
from .depth import DepthInputs
from .pictures import ClipPicture, clip_picture
from .stage import Canvas, Frame

if TYPE_CHECKING:
    from torch import Tensor

    from ..assets.find import Asset
    from ..video.sources import Source


@dataclass(frozen=True, kw_only=True)
class ControlUse:
    """A ControlNet of a film. number: its place among them."""

    name: str
    number: int
    settings: ControlNet
    asset: Asset

    def acts(self, row: Row, *, pictured: bool) -> bool:
        """Whether it does something at a frame. pictured: whether there is a picture to paint over."""
        lanes = row.control[self.name]
        seen = pictured or self.settings.source != "frame"
        return seen and lanes.weight != 0 and lanes.start < lanes.end

    @property
    def clip(self) -> str:
        """The setting that names what it is shown, where that is a clip or pictures."""
        return "video.input" if self.settings.source == "video" else f"control.{self.name}.source"

    def describe(self) -> str:
        """What it is, in a line."""
        detected = "" if self.settings.detect == "none" else f" by {self.settings.detect}"
        return (
            f"{self.name}: {self.asset.name} ({self.asset.class_name}), from {self.settings.source}{detected}"
        )


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
    """networks: at each frame those of the model that paints it. clips: by the setting that names them."""

    name = "controls"

    def __init__(
        self,
        networks: Sequence[tuple[range, Sequence[ControlUse]]],
        clips: Mapping[str, Source],
        depth: DepthInputs,
    ) -> None:
        self._networks, self._clips, self._depth = networks, clips, depth

    def inputs(self, frame: Frame) -> tuple[Hint, ...] | None:
        """See Stage."""
        uses = next((uses for frames, uses in self._networks if frame.number in frames), ())
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
        """See Stage."""
        from ..diffusion.control.control import Control

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
