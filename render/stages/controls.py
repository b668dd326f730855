"""What ControlNets see: the picture that is painted over, a clip's or a file's, and what is detected in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from projects import Picture

from ..depth import DepthMap
from .model_use import ControlUse, ModelUse
from .picture_reader import ClipPicture, DepthInputs, clip_picture
from .stage import Canvas, Frame

if TYPE_CHECKING:
    from torch import Tensor

    from ..video.sources import Source


_BLUR = 1.0  # px, of soft edges: finer detail than that is grain
_STEEPEST = 16.0  # Scharr's answer to a step from 0 to 1


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


@dataclass(frozen=True, eq=False)
class ControlHints:
    """models: by frame, with their ControlNets. clips: by the setting that names them."""

    models: Sequence[ModelUse]
    clips: Mapping[str, Source]
    depth: DepthInputs
    name = "controls"

    def inputs(self, frame: Frame) -> tuple[Hint, ...] | None:
        uses = next(model.controls for model in self.models if frame.number in model.frames)
        hints = [self._hint(use, frame) for use in uses if use.acts(frame.row, pictured=frame.pictured)]
        return tuple(hints) or None

    def _hint(self, use: ControlUse, frame: Frame) -> Hint:
        settings, lanes = use.settings, frame.row.control[use.name]
        own = settings.source == "frame"
        return Hint(
            network=use.asset.digest,
            number=use.number,
            shown=None if own else clip_picture(self.clips, use.clip, frame.number),
            detect=settings.detect,
            thresholds=(settings.low, settings.high) if settings.detect == "canny" else None,
            depth=self.depth.map(frame.number) if settings.detect == "depth" else None,
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


def canny(picture: Picture, low: int, high: int) -> Picture:
    """Canny's edges of a picture, uint8 (H, W, 3) RGB, as ControlNets were trained to see them: white on black.

    low, high: thresholds of the gradient's size (Sobel, up to about 1400): edges stronger than `high` are some, and
    weaker ones down to `low` if they touch those. Canny 1986, "A Computational Approach to Edge Detection".
    """
    import cv2
    import numpy as np

    return np.repeat(cv2.Canny(picture, low, high)[:, :, None], 3, axis=2)


def soft_edges(picture: Picture) -> Picture:
    """How steep a picture is, uint8 (H, W, 3) RGB: the same form, from 0 (flat) to 255 (a step from black to white).

    The size of Scharr's gradient of the brightness, after a slight blur; its root is shown, so that faint edges are
    seen. It does not depend on what else is in the picture, so that a film's edges do not flicker. Scharr 2000,
    "Optimale Operatoren in der Digitalen Bildverarbeitung".
    """
    import cv2
    import numpy as np

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    blurred = cv2.GaussianBlur(grey, (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE)
    across, down = (
        cv2.Scharr(blurred, cv2.CV_32F, dx, 1 - dx, borderType=cv2.BORDER_REPLICATE) for dx in (1, 0)
    )
    steep = np.sqrt(np.clip(np.hypot(across, down) / _STEEPEST, 0.0, 1.0))
    return np.repeat(np.rint(steep * 255.0).astype(np.uint8)[:, :, None], 3, axis=2)
