"""A project, resolved: nothing in it is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from keyframes import Timeline
from projects import Project, Rows
from projects.masks import Mask

from ..cadence.segments import Cadence
from ..depth import DepthSource
from ..stages.match import ColorChoice
from ..stages.model_use import ModelUse
from ..stages.paint import PaintSettings
from ..stages.picture_reader import AnyPicture, PictureFile
from ..video.sources import Source
from ..video.upscaler import Upscaler


@dataclass(frozen=True, kw_only=True)
class ResolvedProject:
    """A project ready to render. No model is loaded, and torch is not imported.

    size: (width, height) in pixels. paint: what painting a frame depends on, its models among it. start: the picture
    that frame 0 is painted over. guides: (frame, picture), by frame. masks: by their settings, "mask" and
    "noise_mask". clips: by the setting that names them. depth_smooth: how many painted frames before the last count
    for depth. described: (what, line) for each thing that is attached to the models, for people.
    """

    project: Project
    timeline: Timeline
    rows: Rows
    size: tuple[int, int]
    cadence: Cadence
    paint: PaintSettings
    colors: ColorChoice
    depth: DepthSource
    depth_smooth: int = 0
    start: AnyPicture | None = None
    guides: tuple[tuple[int, PictureFile], ...] = ()
    masks: Mapping[str, Mask] = field(default_factory=dict)
    clips: Mapping[str, Source] = field(default_factory=dict)
    upscaler: Upscaler | None = None
    described: tuple[tuple[str, str], ...] = ()

    @property
    def frames(self) -> int:
        """Length of the film."""
        return len(self.timeline)

    @property
    def models(self) -> tuple[ModelUse, ...]:
        """The models, in the order of the frames that they paint."""
        return self.paint.models

    @property
    def model_names(self) -> str:
        """Their names, for people."""
        return " then ".join(model.spec.source.name for model in self.models)
