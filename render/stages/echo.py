"""Trails: a share of the moved last frame stays in the painted one."""

from __future__ import annotations

from .stage import Canvas, Frame


class Echo:
    """The input is the share."""

    name = "echo"

    def inputs(self, frame: Frame) -> float | None:
        return None if frame.first else frame.row.coherence.echo or None

    @staticmethod
    def apply(canvas: Canvas, inputs: float) -> Canvas:
        import torch

        assert canvas.moved is not None
        return canvas.showing(torch.lerp(canvas.given, canvas.moved, inputs))
