"""A project made ready to render: its model found, its timeline compiled, nothing left open.

This is where "as given" ends: after it there is a size, a model with a fingerprint, and a value for every lane at
every frame. No model is loaded and torch is not imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from keyframes import EnvironmentFault, Problem, ProjectError, Row, Timeline, compile_timeline
from projects import Project, lane_specs, located
from projects.files import digest_of
from projects.lanes import VIDEO
from projects.retouching import uses_depth

from .assets.find import Asset
from .cadence.segments import Cadence
from .checkpoints import (
    Span,
    all_samplers,
    check_samplers,
    find_spans,
    lane_defaults,
    project_vae,
    usual_lanes,
)
from .clips import check_flows, find_sources, needs_depth
from .diffusion import SAMPLER_NAMES, ModelDefaults, ModelSource
from .draft import draft_size, draft_timeline
from .retouch.choice import ColorChoice, choose_colors
from .seeds import frame_seed
from .soundtrack import with_sound
from .space.depths import DepthChoice, find_depth
from .space.paths import along_path
from .space.stereo import check_stereo
from .steering.adapters import ProjectAdapter, find_adapters
from .steering.clipguidance import ProjectClip, find_clip
from .steering.clipskip import check_clipskip
from .steering.controls import ProjectControl, find_controls
from .steering.inversions import ProjectInversion, find_inversions, inversions_of
from .steering.loras import ProjectLora, find_loras, loras_of
from .video.sources import Source
from .video.upscaler import Upscaler, find_upscaler


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A project, resolved. size: (width, height) in pixels. source: the film's model, or the first one; spans: which
    model paints which frames where there are several.
    """

    project: Project
    source: ModelSource
    timeline: Timeline
    size: tuple[int, int]
    depth: DepthChoice
    colors: ColorChoice
    reels: Mapping[str, Source] = field(default_factory=dict)
    loras: tuple[ProjectLora, ...] = ()
    controls: tuple[ProjectControl, ...] = ()
    adapters: tuple[ProjectAdapter, ...] = ()
    clip: ProjectClip | None = None
    inversions: tuple[ProjectInversion, ...] = ()
    vae: Asset | None = None
    spans: tuple[Span, ...] = ()
    upscaler: Upscaler | None = None

    def at(self, frame: int) -> Setup:
        """The setup as it is for the model that paints a frame: with that model as its only one."""
        if not self.spans:
            return self
        return next(view for span, view in self._views if frame in span.frames)

    @property
    def pace(self) -> str:
        """What this machine's speed is known by: the model, and whether gradients are asked for."""
        return self.source.fingerprint if self.clip is None else f"guided {self.source.fingerprint}"

    @property
    def models(self) -> str:
        """The names of its models, in the order of their frames."""
        return " then ".join(span.source.name for span in self.spans) or self.source.name

    @cached_property
    def _views(self) -> tuple[tuple[Span, Setup], ...]:
        return tuple(
            (
                span,
                replace(
                    self,
                    source=span.source,
                    loras=span.loras,
                    inversions=span.inversions,
                    controls=span.controls,
                    adapters=span.adapters,
                    clip=span.clip,
                    spans=(),
                ),
            )
            for span in self.spans
        )

    @property
    def starts_with_clip(self) -> bool:
        """Whether frame 0 is painted over the clip's picture."""
        video = self.project.file.video
        return bool(video.input and video.first_frame and self.project.init_image is None)

    @property
    def starts_with_picture(self) -> bool:
        """Whether frame 0 is painted over anything."""
        return self.project.init_image is not None or self.starts_with_clip

    @property
    def frames(self) -> int:
        """Length of the film."""
        return len(self.timeline)

    @cached_property
    def cadence(self) -> Cadence:
        """Which frames the model paints."""
        return Cadence(self.timeline.numbers["cadence"].tolist())

    @cached_property
    def init_digest(self) -> str:
        """SHA-256 of the init image's bytes, "" without one: part of what frame 0 is made from."""
        path = self.project.init_image
        return "" if path is None else digest_of(path)

    @property
    def steady(self) -> int:
        """How many pictures before the last are looked at for depth: none unless a network looks, and where a clip or
        another program's formula moves the picture, since what was seen cannot be carried along then."""
        motion = self.project.file.motion
        looked = motion.mode == "3d" and self.depth.kind == "network"
        carried = motion.compat == "none" and self.project.file.video.motion == "none"
        return motion.depth_smooth if looked and carried else 0

    def fov_before(self, row: Row) -> float:
        """The lens of the frame before, degrees; of frame 0 its own."""
        return self.timeline.row(max(row.frame - 1, 0)).numbers["fov"]

    def seed(self, row: Row) -> int:
        """The seed of a frame, as `seed_behavior` says."""
        given = self.project.file
        behavior, every = given.diffusion.seed_behavior, given.diffusion.seed_iter_n
        return frame_seed(row, start=int(given.seed), behavior=behavior, every=every)


def prepare(project: Project) -> Setup:
    """Find the model, take what it knows best as defaults, and compile the timeline.

    Raises ProjectError with every problem of lanes and prompts, and EnvironmentFault for a model that is not there
    if that is all.
    """
    try:
        spans = find_spans(project)
    except EnvironmentFault as error:
        _check_lanes(project, error)
        raise
    source = spans[0].source
    colors = choose_colors(project.file, source.defaults.color_from, source.defaults.color_pictures)
    own_colors = colors.source == source.defaults.color_from
    timeline = _timeline(project, lane_defaults(spans, own_colors=own_colors), all_samplers(spans))
    size = project.file.size or (source.defaults.size, source.defaults.size)
    if project.draft:
        full, size = size, draft_size(size, source.defaults.size_multiple)
        timeline = draft_timeline(project, timeline, full, size)
    check_samplers(project, spans, timeline)
    for span in spans:
        check_clipskip(project, span.source, timeline, span.frames)
    check_stereo(project)
    check_flows(project)
    depth = DepthChoice(kind="flat", name="flat")
    if project.file.motion.mode == "3d" or uses_depth(project.masks.values()):
        _check_planes(project, timeline)
    if needs_depth(project):
        depth = find_depth(project, source)
    spans = find_inversions(project, find_loras(project, spans, timeline), timeline)
    spans = tuple(_with_networks(project, span, depth, timeline) for span in spans)
    return Setup(
        project=project,
        source=source,
        timeline=timeline,
        size=size,
        depth=depth,
        colors=colors,
        reels=find_sources(project, size),
        loras=loras_of(spans),
        inversions=inversions_of(spans),
        vae=project_vae(project, spans),
        spans=spans if len(spans) > 1 else (),
        controls=spans[0].controls,
        adapters=spans[0].adapters,
        clip=spans[0].clip,
        upscaler=find_upscaler(project),
    )


def _with_networks(project: Project, span: Span, depth: DepthChoice, timeline: Timeline) -> Span:
    """A model's frames with what steers them: all of it must fit each of a film's models."""
    return replace(
        span,
        controls=find_controls(project, span.source, depth),
        adapters=find_adapters(project, span.source),
        clip=find_clip(project, span.source, timeline),
    )


def _check_planes(project: Project, timeline: Timeline) -> None:
    """The near plane must be nearer than the far plane, at every frame."""
    near, far = timeline.numbers["near"], timeline.numbers["far"]
    wrong = (near >= far).nonzero()[0]
    if wrong.size:
        frame = int(wrong[0])
        what = f"the near plane ({near[frame]:g}) must be nearer than the far plane ({far[frame]:g})."
        raise ProjectError(
            located(
                project,
                [Problem(what=what, where="near", frame=frame, hint="Example: near = 200, far = 10000")],
            )
        )


def _check_lanes(project: Project, fault: EnvironmentFault) -> None:
    """Without its model a project can still be checked, so that all its mistakes are told at once."""
    try:
        _timeline(project, usual_lanes(ModelDefaults()), SAMPLER_NAMES)
    except ProjectError as error:
        model = [
            Problem(what=str(fault), where="model", file=project.file_name, line=project.lines.get("model"))
        ]
        raise ProjectError([*model, *error.problems]) from None


def _timeline(project: Project, defaults: dict[str, float | str], samplers: tuple[str, ...]) -> Timeline:
    specs = (*lane_specs(samplers, defaults), *project.own_lanes)
    clock, track = with_sound(project)
    if not project.file.video.input:
        specs = tuple(spec for spec in specs if spec not in VIDEO)
    try:
        timeline = compile_timeline(clock, specs, project.given_lanes, project.prompts)
    except ProjectError as error:
        unheard = track.check() if track else ()
        others = [problem for problem in error.problems if problem not in unheard]
        raise ProjectError([*unheard, *located(project, others)]) from None
    if track is not None and (unheard := track.check()):
        raise ProjectError(unheard)
    return along_path(project, timeline)
