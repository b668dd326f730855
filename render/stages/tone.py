"""Contrast, saturation and sharpness of the picture that is painted over."""

from __future__ import annotations

from typing import NamedTuple

from .stage import Canvas, Frame


class Saturation:
    """Scales how colourful the picture is; the input is the factor."""

    name = "saturation"

    def inputs(self, frame: Frame) -> float | None:
        factor = frame.row.coherence.saturation
        return None if frame.first or factor == 1 else factor

    @staticmethod
    def apply(canvas: Canvas, inputs: float) -> Canvas:
        from ..color import saturate

        return canvas.showing(saturate(canvas.given, inputs))


class Contrast:
    """Scales the tones about mid-grey; the input is the factor."""

    name = "contrast"

    def inputs(self, frame: Frame) -> float | None:
        factor = frame.row.coherence.contrast
        return None if frame.first or factor == 1 else factor

    @staticmethod
    def apply(canvas: Canvas, inputs: float) -> Canvas:
        from ..color import adjust_contrast

        return canvas.showing(adjust_contrast(canvas.given, inputs))


class SharpenInputs(NamedTuple):
    """kernel, sigma: of the blur, in pixels. threshold: smaller edges, in [0, 1], are left alone."""

    amount: float
    kernel: int
    sigma: float
    threshold: float


class Sharpen:
    """Deforum's anti-blur: an unsharp mask."""

    name = "sharpen"

    def inputs(self, frame: Frame) -> SharpenInputs | None:
        row = frame.row.coherence
        if frame.first or row.antiblur_amount == 0 or row.antiblur_kernel == 1:
            return None
        return SharpenInputs(
            amount=row.antiblur_amount,
            kernel=row.antiblur_kernel | 1,  # a blur has a middle pixel: an even width is the next odd one
            sigma=row.antiblur_sigma,
            threshold=row.antiblur_threshold,
        )

    @staticmethod
    def apply(canvas: Canvas, inputs: SharpenInputs) -> Canvas:
        from ..color import unsharp

        return canvas.showing(unsharp(canvas.given, **inputs._asdict()))
