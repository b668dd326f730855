"""The look of a picture: symmetry, tones, sharpness and noise before it is painted over, trails and symmetry after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from projects.schema import Coherence

from .mask import MaskInputs, MaskReader, mask_of
from .stage import Canvas, Frame


class SymmetryInputs(NamedTuple):
    """folds, angle: of the kaleidoscope; 0 for other kinds, which have none."""

    kind: Literal["horizontal", "vertical", "both", "kaleidoscope"]
    amount: float
    folds: int = 0
    angle: float = 0.0


@dataclass(frozen=True, eq=False)
class Symmetry:
    """Makes the picture symmetric. after: whether it is the one after painting."""

    settings: Coherence
    after: bool
    name = "symmetry"

    def inputs(self, frame: Frame) -> SymmetryInputs | None:
        kind, row = self.settings.symmetry, frame.row.coherence
        if kind == "none" or row.symmetry_amount == 0 or not (self.after or frame.pictured):
            return None
        if kind == "kaleidoscope":
            return SymmetryInputs(kind, row.symmetry_amount, self.settings.symmetry_folds, row.symmetry_angle)
        return SymmetryInputs(kind, row.symmetry_amount)

    @staticmethod
    def apply(canvas: Canvas, inputs: SymmetryInputs) -> Canvas:
        from ..color import symmetric

        kind, amount, folds, angle = inputs
        return canvas.showing(symmetric(canvas.given, kind, amount=amount, folds=folds or 6, angle=angle))


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


class NoiseInputs(NamedTuple):
    """amount: standard deviation in picture units. mask: where noise is added; everywhere without one."""

    kind: Literal["normal", "perlin"]
    amount: float
    seed: int
    frame: int
    mask: MaskInputs | None


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise, which the model turns into detail. seed: the film's. mask: reads `noise_mask`, where there is one."""

    settings: Coherence
    seed: int
    mask: MaskReader | None
    name = "noise"

    def inputs(self, frame: Frame) -> NoiseInputs | None:
        amount = frame.row.coherence.noise
        if frame.first or amount == 0:
            return None
        mask = None if self.mask is None else self.mask.inputs(frame)
        return NoiseInputs(self.settings.noise_type, amount, self.seed, frame.number, mask)

    @staticmethod
    def apply(canvas: Canvas, inputs: NoiseInputs) -> Canvas:
        import torch

        from ..color import add_noise

        clean = canvas.given
        noisy = add_noise(clean, kind=inputs.kind, amount=inputs.amount, seed=inputs.seed, frame=inputs.frame)
        if inputs.mask is not None:
            noisy = torch.lerp(clean, noisy, mask_of(canvas, clean, inputs.mask))
        return canvas.showing(noisy)


class Echo:
    """Trails: a share of the moved last frame stays in the painted one. The input is the share."""

    name = "echo"

    def inputs(self, frame: Frame) -> float | None:
        return None if frame.first else frame.row.coherence.echo or None

    @staticmethod
    def apply(canvas: Canvas, inputs: float) -> Canvas:
        import torch

        assert canvas.moved is not None
        return canvas.showing(torch.lerp(canvas.given, canvas.moved, inputs))
