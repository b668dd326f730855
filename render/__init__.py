"""Render: the frame loop, the diffusion backend, the film, and the command line.

The names below are the Python API; `render.api` shows it with an example. They are loaded when first used, so that
`reverie --help` and error messages do not wait for what only rendering needs. No module here may be named like one of
them: importing it would put it in the name's place.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyframes import (
        EnvironmentFault,
        LockedError,
        Problem,
        ProjectError,
        RenderError,
        ReverieError,
        ScheduleError,
        Stopped,
    )
    from projects import Project, load_project

    from .api import Studio, check, describe_plan, export, plan, preview, render, sheet, still
    from .film import Rendered
    from .plans import Plan
    from .reports import PlanReport, ProjectReport, RenderOptions, Reporter
    from .resolve.draft import as_draft
    from .video.encode import Film

__all__ = [
    "EnvironmentFault",
    "Film",
    "LockedError",
    "Plan",
    "PlanReport",
    "Problem",
    "Project",
    "ProjectError",
    "ProjectReport",
    "RenderError",
    "RenderOptions",
    "Rendered",
    "Reporter",
    "ReverieError",
    "ScheduleError",
    "Stopped",
    "Studio",
    "as_draft",
    "check",
    "describe_plan",
    "export",
    "load_project",
    "plan",
    "preview",
    "render",
    "sheet",
    "still",
]

_HOMES = {
    "keyframes.errors": "EnvironmentFault LockedError Problem ProjectError RenderError ReverieError"
    " ScheduleError Stopped",
    "projects": "Project load_project",
    "render.api": "Studio check describe_plan export plan preview render sheet still",
    "render.resolve.draft": "as_draft",
    "render.film": "Rendered",
    "render.reports": "PlanReport ProjectReport RenderOptions Reporter",
    "render.plans": "Plan",
    "render.video.encode": "Film",
}


def __getattr__(name: str) -> Any:  # PEP 562
    for home, names in _HOMES.items():
        if name in names.split():
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'render' has no attribute {name!r}")
