"""A film of several models: one after the other on the device, each loaded when its first frame is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from keyframes import Row

from .painter import Canvas, OnStep, ProjectPainter
from .setup import Setup

Load = Callable[[Setup], ProjectPainter]


class SwitchingPainter:
    """Paints each frame with its own model. load: gives the painter of a model, and lets the one before go."""

    def __init__(self, setup: Setup, load: Load, device: torch.device) -> None:
        self.device = device
        self._setup, self._load = setup, load
        self._now: ProjectPainter | None = None

    def ready(self, row: Row, notes: Sequence[str]) -> None:
        """See render.notes.Noted. The frame's model is loaded here, unless it painted the frame before."""
        self._painter(row).ready(row, notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """See render.notes.Noted."""
        return () if self._now is None else self._now.notes

    def paint(self, canvas: Canvas, row: Row, on_step: OnStep) -> Tensor:
        """See render.painter.Painter."""
        return self._painter(row).paint(canvas, row, on_step)

    def _painter(self, row: Row) -> ProjectPainter:
        wanted = self._setup.at(row.frame)
        if self._now is None or self._now.setup is not wanted:
            self._now = None  # the old model goes before the new one comes
            self._now = self._load(wanted)
        return self._now
