"""What ControlNets are shown at a frame: the picture that is painted over, a clip's or a file's, and what is detected
in it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from keyframes import Row

from ..clips import VIDEO
from ..diffusion.control.steering import Control
from ..setup import Setup
from ..space.depths import Depths
from ..tensors import to_picture, to_tensor
from ..video.sources import SourceReader
from .controlkeys import acting
from .controls import ProjectControl
from .detect import canny, soft_edges


class ControlPictures:
    """The control pictures of one project, on the device of its pictures."""

    def __init__(self, setup: Setup, device: torch.device, depths: Depths, projector: SourceReader) -> None:
        self._setup, self._device, self._depths, self._projector = setup, device, depths, projector

    def of(self, row: Row, picture: Tensor | None) -> list[Control]:
        """The ControlNets that act at a frame, with what they are shown.

        picture: the one that is painted over, (1, 3, H, W) in [0, 1], before its colours are matched and noise is
        added; None where a frame is painted from nothing.
        """
        return [
            Control(
                number=control.number,
                picture=self._detected(control, self._source(control, row, picture), row),
                weight=control.lane(row),
                start=control.lane(row, "start"),
                end=control.lane(row, "end"),
                mode=control.given.mode,
            )
            for control in acting(self._setup, row)
        ]

    def _source(self, control: ProjectControl, row: Row, picture: Tensor | None) -> Tensor:
        if control.given.source == "frame":
            assert picture is not None
            return picture
        reel = VIDEO if control.given.source == "video" else control.where
        return to_tensor(self._projector.picture(reel, row.frame), self._device)

    def _detected(self, control: ProjectControl, picture: Tensor, row: Row) -> Tensor:
        given = control.given
        if given.detect == "none":
            return picture
        if given.detect == "depth":
            return (
                self._depths.nearness(picture, row.frame).to(picture.dtype).expand(-1, 3, -1, -1).contiguous()
            )
        levels = to_picture(picture)
        found = canny(levels, given.low, given.high) if given.detect == "canny" else soft_edges(levels)
        return to_tensor(found, self._device)
