"""The Python API: what the command line does, as functions.

import render

project = render.load_project("dream.toml")
print(render.plan(project).paint)
film = render.render(project).film
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from projects import Project, Take, load_project
from projects.files import write_atomic

from .diffusion import converted_lora, describe_lora, fetch, find_model, load
from .exports import carried_project, export, sheet
from .machine import describe_models, examine
from .plans import Plan, make_plan
from .reports import (
    DEFAULTS,
    Notice,
    OptionChanges,
    PlanReport,
    ProjectReport,
    RenderOptions,
    Reporter,
    plan_report,
    project_report,
)
from .resolve import ResolvedProject, resolve
from .resolve.draft import as_draft
from .resolve.media import curves_of as hear
from .resolve.models import model_names, project_weights
from .video.encode import Film, check_encoder

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from .diffusion import Canvas, DiffusionPainter, LoraNaming, ModelSpec, OnStep, PaintJob
    from .film import Rendered
    from .stages.model_use import ModelUse
    from .stages.stage import Painter

__all__ = [
    "Studio",
    "as_draft",
    "carried_project",
    "check",
    "convert_lora",
    "describe_models",
    "describe_plan",
    "examine",
    "export",
    "hear",
    "load_project",
    "plan",
    "preview",
    "render",
    "sheet",
    "still",
]


def check(project: Project) -> ProjectReport:
    """Find whatever can be found wrong without painting, all at once. Loads no model.

    Raises ProjectError with every mistake; EnvironmentFault if a model, ffmpeg or its encoders are not there.
    """
    return project_report(_checked(project))


def _checked(project: Project) -> ResolvedProject:
    film = resolve(project)
    check_encoder("film.mp4", sound=project.audio is not None)
    return film


def plan(project: Project, options: RenderOptions = DEFAULTS, **changes: Unpack[OptionChanges]) -> Plan:
    """What a render would do. Loads no model. Raises as `check`, whose encoders are needed if `film` is."""
    return _plan(project, options.changed(**changes))[1]


def describe_plan(
    project: Project, options: RenderOptions = DEFAULTS, **changes: Unpack[OptionChanges]
) -> PlanReport:
    """The same with what it is a plan of, as plain data; with the values of the frames if `frames` names any."""
    options = options.changed(**changes)
    film, made = _plan(project, options)
    return plan_report(film, made, options.chosen(film.frames) or ())


def _plan(project: Project, options: RenderOptions) -> tuple[ResolvedProject, Plan]:
    film = _checked(project) if options.film else resolve(project)
    folder = options.take or project.take_folder
    take = Take(folder, project=project.name, verify=options.verify) if folder.exists() else None
    return film, make_plan(film, take, options.chosen(film.frames))


class Studio:
    """Models, loaded once and used for one project after the other."""

    def __init__(self, *, device: str = "auto", dtype: str = "auto", notice: Notice | None = None) -> None:
        self._device, self._dtype, self._notice = device, dtype, notice
        self._loaded: tuple[ModelSpec, DiffusionPainter] | None = None

    @property
    def device(self) -> str:
        """The device's name as given, "auto" too."""
        return self._device

    def fetch(self, project: Project) -> None:
        """Fetch the project's model from the hub if it is not here: its size and its fingerprint, which are part of
        what a frame is made from, are not known before. Raises ProjectError first if the project is wrong.
        """
        names = model_names(project.file.model)
        weights = project_weights(project)
        sources = [find_model(name, folder=project.folder, weights=weights) for name in names]
        missing = [source for source in sources if source.path is None]
        if not missing:
            return
        resolve(project)
        for source in missing:
            fetch(source, device=self._device, dtype=self._dtype)

    def painter(self, film: ResolvedProject) -> Painter:
        """A painter for the film; each of its models is loaded when its first frame is painted, unless it was the last
        one used."""
        from .devices import find_device

        return FilmPainter(film, self._load, find_device(self._device))

    def _load(self, spec: ModelSpec) -> DiffusionPainter:
        from .devices import find_device, release

        # the size decides what stays on a GPU; elsewhere one model serves all sizes
        size = spec.size if find_device(self._device).type == "cuda" else None
        spec = replace(spec, size=size, device=self._device, dtype=self._dtype)
        if self._loaded is None or self._loaded[0] != spec:
            if self._loaded is not None:
                device, self._loaded = self._loaded[1].device, None
                release(device)  # the old model goes before the new one comes
            self._loaded = (spec, load(spec, self._notice))
        return self._loaded[1]


class FilmPainter:
    """Paints each frame of a film with its own model, which is loaded when its first frame is painted.

    load: gives a model, and lets the one before go.
    """

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


def render(
    project: Project,
    options: RenderOptions = DEFAULTS,
    *,
    studio: Studio | None = None,
    report: Reporter | None = None,
    **changes: Unpack[OptionChanges],
) -> Rendered:
    """Render a project into its take, or continue where an earlier render stopped.

    options: how; also as keyword arguments, as in render(project, frames="0-99", film=False). studio: keeps models
    loaded between renders; its device and dtype count. report: is called during the render.
    Raises ProjectError, EnvironmentFault, LockedError, RenderError.
    """
    from .film import render_project

    options = options.changed(**changes)
    studio = studio or Studio(device=options.device, dtype=options.dtype)
    studio.fetch(project)
    options = options.changed(device=studio.device)
    return render_project(project, options, make_painter=studio.painter, report=report)


def still(
    project: Project,
    frame: int,
    options: RenderOptions = DEFAULTS,
    *,
    out: Path | None = None,
    studio: Studio | None = None,
    report: Reporter | None = None,
    **changes: Unpack[OptionChanges],
) -> Path:
    """Make one frame, and before it those that it needs. Returns the path of its PNG in the take, or `out`, a copy."""
    options = options.changed(**changes).changed(frames=[frame], film=False)
    done = render(project, options, studio=studio, report=report)
    path = Take(done.take).path(*(options.chosen(project.clock.frames) or ()))
    if out is not None:
        write_atomic(out, path.read_bytes())
    return out or path


def preview(project: Project, out: Path | None = None) -> Film:
    """Make a film of the motion alone, with no model; by default preview.mp4 in the take's folder."""
    from .previews import preview_project

    return preview_project(project, out)


def convert_lora(source: Path, out: Path, *, to: LoraNaming = "diffusers", alpha: float | None = None) -> str:
    """Write a LoRA with the names that another program knows. Returns a line that describes it.

    alpha: of a file that does not say it; by default its rank. Raises EnvironmentFault for a file that is not a LoRA.
    """
    write_atomic(out, converted_lora(source, to=to, alpha=alpha))
    return describe_lora(out).describe()
