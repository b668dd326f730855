"""The picture that the first frame is painted over: the init image, or the clip's first picture."""

from __future__ import annotations

from .picture_reader import AnyPicture
from .stage import Canvas, Frame


class Start:
    """picture: None where the first frame is painted from the prompt alone."""

    name = "start"

    def __init__(self, picture: AnyPicture | None) -> None:
        self._picture = picture

    def inputs(self, frame: Frame) -> AnyPicture | None:
        return self._picture if frame.first else None

    @staticmethod
    def apply(canvas: Canvas, inputs: AnyPicture) -> Canvas:
        return canvas.showing(canvas.tools.pictures.read(inputs))
