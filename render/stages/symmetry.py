"""Mirrors: the picture made symmetric before it is painted, and after."""

from __future__ import annotations

from typing import Literal, NamedTuple

from projects.schema import Coherence

from .stage import Canvas, Frame


class SymmetryInputs(NamedTuple):
    """folds, angle: of the kaleidoscope; 0 for other kinds, which have none."""

    kind: Literal["horizontal", "vertical", "both", "kaleidoscope"]
    amount: float
    folds: int = 0
    angle: float = 0.0


class Symmetry:
    """after: whether it is the one after painting."""

    name = "symmetry"

    def __init__(self, settings: Coherence, *, after: bool) -> None:
        self._kind, self._folds, self._after = settings.symmetry, settings.symmetry_folds, after

    def inputs(self, frame: Frame) -> SymmetryInputs | None:
        row = frame.row.coherence
        if self._kind == "none" or row.symmetry_amount == 0 or not (self._after or frame.pictured):
            return None
        if self._kind == "kaleidoscope":
            return SymmetryInputs(self._kind, row.symmetry_amount, self._folds, row.symmetry_angle)
        return SymmetryInputs(self._kind, row.symmetry_amount)

    @staticmethod
    def apply(canvas: Canvas, inputs: SymmetryInputs) -> Canvas:
        from ..color import symmetric

        kind, amount, folds, angle = inputs
        return canvas.showing(symmetric(canvas.given, kind, amount=amount, folds=folds or 6, angle=angle))
