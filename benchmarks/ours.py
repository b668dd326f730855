"""Our loop, as `reverie render` runs it: plan, paint, store in a thread, assemble the film in another."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

from projects import Project
from render import film
from render.api import FilmPainter
from render.diffusion import DiffusionPainter
from render.reports import PlanReport, RenderOptions, Reporter
from render.resolve import ResolvedProject
from render.stages.stage import Painter
from render.video.encode import Film

from .models import Candidate
from .segment import Segment, counting


class Stamps(Reporter):
    """Notes when each frame was done, and calls `on_frame`."""

    def __init__(self, on_frame: Callable[[int], None] | None = None) -> None:
        self.began = 0.0
        self.frames: list[float] = []
        self._on_frame = on_frame

    def begin(self, plan: PlanReport) -> None:
        """See Reporter."""
        self.began = time.perf_counter()

    def frame(self, frame: int, seconds: float) -> None:
        """See Reporter."""
        self.frames.append(time.perf_counter())
        if self._on_frame is not None:
            self._on_frame(frame)

    def end(self, film: Film | None) -> None:
        """See Reporter."""


def render_ours(
    project: Project, candidate: Candidate, take: Path, *, on_frame: Callable[[int], None] | None = None
) -> Segment:
    """Render the project into a new take with the loaded model."""

    def painter(film: ResolvedProject) -> Painter:
        return FilmPainter(film, lambda spec: DiffusionPainter(candidate.model), candidate.model.device)

    stamps = Stamps(on_frame)
    with (
        counting(candidate.model.denoiser) as asked,
        patch.object(film, "remember_seconds"),
    ):  # no estimate for users
        start = time.perf_counter()
        film.render_project(project, RenderOptions(take=take), make_painter=painter, report=stamps)
        end = time.perf_counter()
    return Segment(
        before=stamps.began - start,
        gaps=tuple(later - sooner for sooner, later in pairwise([stamps.began, *stamps.frames])),
        after=end - stamps.frames[-1],
        evaluations=asked.value,
    )
