"""The painter of a film: its model, or one model after the other, each loaded when its first frame is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .diffusion import Canvas, DiffusionPainter, ModelSpec, OnStep, PaintJob
from .resolve import ResolvedProject
from .stages.model_use import ModelUse


class FilmPainter:
    """Paints each frame with its own model. load: gives a model, and lets the one before go."""

    def __init__(
        self, film: ResolvedProject, load: Callable[[ModelSpec], DiffusionPainter], device: torch.device
    ) -> None:
        self.device = device
        self._film, self._load = film, load
        self._use: ModelUse | None = None
        self._painter: DiffusionPainter | None = None

    def resume(self, frame: int, notes: Sequence[str]) -> None:
        """See `render.film.Resumable`. The frame's model is loaded here, unless it painted the frame before."""
        self._of(frame).resume(notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """See `render.film.Resumable`."""
        return () if self._painter is None else self._painter.notes

    def paint(self, canvas: Canvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        """See `stages.stage.Painter`. Raises RenderError where the model gives nothing finite."""
        return self._of(job.frame).paint(canvas, job, on_step)

    def _of(self, frame: int) -> DiffusionPainter:
        use = self._film.paint.model(frame)
        if self._painter is None or self._use is not use:
            self._painter = None  # the old model goes before the new one comes
            pictures = {digest: path for adapter in use.adapters for _, path, digest in adapter.keys}
            self._use, self._painter = use, self._load(use.spec).with_pictures(pictures)
        return self._painter
