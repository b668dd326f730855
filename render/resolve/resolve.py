"""From a project as given to one that is resolved: everything found, fingerprinted and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from keyframes import EnvironmentFault, Problem, ProjectError, Timeline, compile_timeline
from projects import Project, Rows, lane_specs, located
from projects.files import digest_of
from projects.footage import file_at
from projects.lanes import TABLES
from projects.masks import Mask, uses_depth

from ..assets.find import Asset
from ..cadence.segments import Cadence
from ..depth import DepthSource
from ..diffusion import SAMPLER_NAMES, ModelDefaults, quantised_parts
from ..stages.clip_motion import CLIP
from ..stages.match import ColorChoice
from ..stages.model_use import ModelUse
from ..stages.paint import PULLS, Painting
from ..stages.picture_reader import AnyPicture, PictureFile, clip_picture
from ..video.sources import Source
from ..video.upscaler import Upscaler
from .attachments import Attachments
from .camera_path import along_path
from .checks import check_flows, check_planes, check_stereo
from .draft import draft_size, draft_timeline
from .media import find_depth, find_sources, with_sound
from .models import (
    Span,
    check_clipskip,
    check_samplers,
    find_spans,
    lane_defaults,
    project_upscaler,
    project_vae,
    usual_lanes,
)


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
    paint: Painting
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


def resolve(project: Project) -> ResolvedProject:
    """Find the models, take what they know best as defaults, and compile the timeline.

    Raises ProjectError with every problem of lanes and prompts, and EnvironmentFault for a model that is not there
    if that is all.
    """
    spans = _find_models(project)
    first = spans[0].source
    colors = choose_colors(project, first.defaults)
    own_colors = colors.source == first.defaults.color_from
    samplers = tuple(dict.fromkeys(name for span in spans for name in span.source.samplers))
    timeline = _timeline(project, lane_defaults(spans, own_colors=own_colors), samplers)
    size = project.file.size or (first.defaults.size, first.defaults.size)
    if project.draft:
        full, size = size, draft_size(size, first.defaults.size_multiple)
        timeline = draft_timeline(project, timeline, full, size)
    _check(project, spans, timeline)
    depth = find_depth(project, first)
    vae, upscaler = project_vae(project, spans), project_upscaler(project)
    attached = Attachments(project, timeline, depth, size, vae, alone=len(spans) == 1)
    models = attached.models(spans)
    clips = find_sources(project, size)
    file = project.file
    return ResolvedProject(
        project=project,
        timeline=timeline,
        rows=Rows(timeline),
        size=size,
        cadence=Cadence(timeline.numbers["cadence"].tolist()),
        paint=Painting(
            size=size,
            seed=file.seed,
            diffusion=file.diffusion,
            clip_guidance=file.clip_guidance,
            models=models,
            pulled=any((timeline.numbers[lane] > 0).any() for lane in PULLS),
        ),
        colors=colors,
        depth=depth,
        depth_smooth=_depth_smooth(project, depth),
        start=_start(project, clips),
        guides=tuple((frame, _picture(project, key)) for frame, key in project.guides),
        masks=project.masks,
        clips=clips,
        upscaler=upscaler,
        described=(*attached.described, *_described(project, spans, vae, upscaler)),
    )


def _find_models(project: Project) -> tuple[Span, ...]:
    """The models. Where one is not there the lanes are checked all the same, so that all mistakes show at once."""
    try:
        return find_spans(project)
    except EnvironmentFault as fault:
        try:
            _timeline(project, usual_lanes(ModelDefaults()), SAMPLER_NAMES)
        except ProjectError as error:
            line = project.lines.get("model")
            model = Problem(what=str(fault), where="model", file=project.file_name, line=line)
            raise ProjectError([model, *error.problems]) from None
        raise


def _timeline(project: Project, defaults: dict[str, float | str], samplers: tuple[str, ...]) -> Timeline:
    specs = (*lane_specs(samplers, defaults), *project.own_lanes)
    clock, track = with_sound(project)
    if not project.file.video.input:
        specs = tuple(spec for spec in specs if spec not in TABLES["video"])
    try:
        timeline = compile_timeline(clock, specs, project.given_lanes, project.prompts)
    except ProjectError as error:
        unheard = track.check() if track else ()
        others = [problem for problem in error.problems if problem not in unheard]
        raise ProjectError([*unheard, *located(project, others)]) from None
    if track is not None and (unheard := track.check()):
        raise ProjectError(unheard)
    return along_path(project, timeline)


def choose_colors(project: Project, best: ModelDefaults) -> ColorChoice:
    """Whose colours frames get: what the project says; where it says nothing, what its model is best with.

    A film that begins with a picture, is painted over a clip or has guides gets its colours from there: for these the
    model is not asked.
    """
    file, given = project.file, project.file.coherence
    pictured = file.init_image is not None or bool(file.video.input) or bool(file.guide.keys)
    space, source = given.color_match, given.color_from
    if space == "auto" and source == "auto":
        wanted = "" if pictured else best.color_from
        space, source = ("lab", wanted) if wanted else ("none", "frame")
    elif space == "auto":
        space = "lab"
    elif source == "auto":
        source = "frame"
    return ColorChoice(
        space=None if space == "none" else space,
        method=given.color_method,
        source=_color_source(project, source),
        frame=given.color_frame,
        pictures=given.color_pictures or best.color_pictures,
    )


def _color_source(project: Project, source: str) -> Literal["frame", "previous", "prompt"] | PictureFile:
    match source:
        case "frame" | "previous" | "prompt":
            return source
    return _picture(project, "coherence.color_from")


def _check(project: Project, spans: tuple[Span, ...], timeline: Timeline) -> None:
    for span in spans:
        check_samplers(project, span, timeline)
    for span in spans:
        check_clipskip(project, span, timeline)
    check_stereo(project)
    check_flows(project)
    if project.file.motion.mode == "3d" or uses_depth(project.masks.values()):
        check_planes(project, timeline)


def _depth_smooth(project: Project, depth: DepthSource) -> int:
    """How many painted frames before the last count for depth: only a network's depth flickers, and where a clip or
    another program's formula moves the picture, earlier depth cannot be carried along."""
    motion = project.file.motion
    network = motion.mode == "3d" and depth.kind == "network"
    carried = motion.compat == "none" and project.file.video.motion == "none"
    return motion.depth_smooth if network and carried else 0


def _described(
    project: Project, spans: tuple[Span, ...], vae: Asset | None, upscaler: Upscaler | None
) -> Iterator[tuple[str, str]]:
    """(what, description) of what takes the place of a part of the models, or comes after them."""
    source = spans[0].source
    if (denoiser := source.weights.denoiser) is not None:
        yield "denoiser", denoiser.describe()
    if method := source.weights.quantize:
        parts = ", ".join(quantised_parts(source)) or "the parts are known when the model is here"
        yield "quantized", f"{method}: {parts}"
    if vae is not None:
        yield "vae", f"{vae.name} ({vae.class_name})"
    if upscaler is not None:
        yield "upscaler", upscaler.describe(project.file.output.upscale)


def _start(project: Project, clips: dict[str, Source]) -> AnyPicture | None:
    """The picture that frame 0 is painted over."""
    if project.init_image is not None:
        return PictureFile(project.init_image, digest_of(project.init_image), "init_image")
    video = project.file.video
    return clip_picture(clips, CLIP, 0) if video.input and video.first_frame else None


def _picture(project: Project, setting: str) -> PictureFile:
    path = project.pictures[setting][0]
    return PictureFile(path, digest_of(path), setting)


def mask_picture(film: ResolvedProject, name: str, frame: int) -> AnyPicture:
    """The picture of a name in [masks] at a frame: of a video, a file, or numbered files."""
    setting = f"masks.{name}"
    if setting in film.clips:
        return clip_picture(film.clips, setting, frame)
    path = file_at(film.project.pictures[setting], frame)
    return PictureFile(path, digest_of(path), setting)
