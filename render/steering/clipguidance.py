"""Classifier guidance of a project: its picture-text models found and checked before anything is loaded, and what a
frame is guided by.

Its scales are lanes of the table [clip_guidance].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyframes import EnvironmentFault, Problem, ProjectError, Row, Timeline
from projects import Project, located
from projects.lanes import CLIP_GUIDANCE

from ..assets.find import Asset, find_asset
from ..assets.kinds import CLIP, DECODER
from ..diffusion import ModelSource
from ..diffusion.catalogue import AUTO, find_for
from ..diffusion.clipguidance.settings import ClipGuidance, CutoutSchedule
from ..diffusion.vaes import check_vae

if TYPE_CHECKING:
    from ..setup import Setup

CLIP_LANES = tuple(spec.name for spec in CLIP_GUIDANCE)
_PULLS = ("clip_guidance_scale", "tv_scale", "range_scale", "sat_scale", "init_scale")


@dataclass(frozen=True, kw_only=True)
class ProjectClip:
    """What guides a project: its picture-text models, none where other pulls alone are used, and its decoder, None for
    the model's own. frames: how many frames are guided."""

    readers: tuple[Asset, ...]
    decoder: Asset | None
    frames: int

    def told(self) -> str:
        """What it is, in a line."""
        names = ", ".join(found.name for found in self.readers) or "no picture-text model"
        shown = f", shown by {self.decoder.name}" if self.decoder else ""
        return f"{names}{shown}; {self.frames} frames"


def find_clip(project: Project, source: ModelSource, timeline: Timeline) -> ProjectClip | None:
    """Find what the project's frames are guided by; None where none is.

    Raises ProjectError for models that are not there, or of another kind.
    """
    pulled = sum((timeline.numbers[lane] > 0 for lane in _PULLS[1:]), timeline.numbers[_PULLS[0]] > 0)
    if not pulled.any():
        return None
    given, problems = project.file.clip_guidance, []
    readers, decoder = [], None
    if (timeline.numbers["clip_guidance_scale"] > 0).any():
        for name in given.models:
            try:
                readers.append(find_for(CLIP, name, source, folder=project.folder))
            except EnvironmentFault as error:
                problems.append(Problem(what=str(error), where="clip_guidance.model"))
    try:
        if given.decoder.strip() != AUTO:
            decoder = find_asset(DECODER, given.decoder, folder=project.folder)
            check_vae(decoder, source)
    except EnvironmentFault as error:
        problems.append(Problem(what=str(error), where="clip_guidance.decoder"))
    if problems:
        raise ProjectError(located(project, problems))
    return ProjectClip(readers=tuple(readers), decoder=decoder, frames=int((pulled > 0).sum()))


def clip_guidance(setup: Setup, row: Row) -> ClipGuidance:
    """How a frame is guided."""
    given, numbers = setup.project.file.clip_guidance, row.numbers
    overview, inner = given.counts
    power, gray = given.sizes
    return ClipGuidance(
        scale=numbers["clip_guidance_scale"],
        tv=numbers["tv_scale"],
        range=numbers["range_scale"],
        saturation=numbers["sat_scale"],
        init=numbers["init_scale"],
        clamp=numbers["clamp_max"],
        batches=int(numbers["cutn_batches"]),
        start=numbers["clip_guidance_start"],
        end=numbers["clip_guidance_end"],
        overview=CutoutSchedule(runs=overview.runs),
        inner=CutoutSchedule(runs=inner.runs),
        power=CutoutSchedule(runs=power.runs),
        gray=CutoutSchedule(runs=gray.runs),
        augmented=not given.skip_augs,
    )


def clip_inputs(setup: Setup, row: Row) -> dict[str, object]:
    """What a guided frame is made from besides what every frame is; nothing where no pull is in use."""
    settings = clip_guidance(setup, row)
    if setup.clip is None or not settings.on:
        return {}
    told = {"frame": row.frame, "how": settings, "decoder": setup.clip.decoder and setup.clip.decoder.digest}
    if settings.scale:
        told["readers"] = [found.digest for found in setup.clip.readers]
    return {"clip_guidance": told}
