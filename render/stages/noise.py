"""Noise on the picture that is painted over, for the model to turn into detail."""

from __future__ import annotations

from typing import Literal, NamedTuple

from projects.schema import Coherence

from .mask import MaskInputs, MaskReader
from .stage import Canvas, Frame


class NoiseInputs(NamedTuple):
    """amount: standard deviation in picture units. mask: where noise is added; everywhere without one."""

    kind: Literal["normal", "perlin"]
    amount: float
    seed: int
    frame: int
    mask: MaskInputs | None


class Noise:
    """seed: the film's. mask: reads `noise_mask`, where the project has one."""

    name = "noise"

    def __init__(self, settings: Coherence, seed: int, mask: MaskReader | None) -> None:
        self._kind, self._seed, self._mask = settings.noise_type, seed, mask

    def inputs(self, frame: Frame) -> NoiseInputs | None:
        amount = frame.row.coherence.noise
        if frame.first or amount == 0:
            return None
        mask = None if self._mask is None else self._mask.inputs(frame)
        return NoiseInputs(self._kind, amount, self._seed, frame.number, mask)

    @staticmethod
    def apply(canvas: Canvas, inputs: NoiseInputs) -> Canvas:
        import torch

        from ..color import add_noise
        from .mask import mask_of

        clean = canvas.given
        noisy = add_noise(clean, kind=inputs.kind, amount=inputs.amount, seed=inputs.seed, frame=inputs.frame)
        if inputs.mask is not None:
            noisy = torch.lerp(clean, noisy, mask_of(canvas, clean, inputs.mask))
        return canvas.showing(noisy)
