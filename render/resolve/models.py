"""Which model paints which frames: one, or a table of keys and names; all found and checked before any is loaded.

    model = { 0 = "sketch", 60 = "models/dream" }

A model paints from its key on. What the project leaves open (steps, cfg_scale, strength, sampler) changes with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keyframes import EnvironmentFault, Problem, ProjectError, Timeline
from keyframes.errors import Place
from keyframes.positions import parse_position
from projects import Project, located

from ..assets.files import CONFIG, read_json
from ..assets.find import Asset, find_asset
from ..assets.kinds import VAE
from ..diffusion import (
    ModelDefaults,
    ModelSource,
    WeightOptions,
    check_method,
    check_vae,
    check_weights,
    find_denoiser,
    find_model,
)
from ..video.upscaler import Upscaler, find_upscaler
from .checks import named_in, wrong

_OF_COLORS = ("color_amount", "detail_amount")
_SKIPPED = {"sd": 0, "sdxl": 1, "sd3": 1}  # how many layers of CLIP before the last one is the usual one


@dataclass(frozen=True, kw_only=True)
class Span:
    """The frames that a model paints."""

    source: ModelSource
    frames: range

    def describe(self) -> str:
        """Which frames they are, in words."""
        return f'"{self.source.name}" paints frames {self.frames.start} to {self.frames.stop - 1}'


def model_names(given: str | Mapping[str, str]) -> list[str]:
    """The names of a project's models, as written, each once."""
    return [given] if isinstance(given, str) else list(dict.fromkeys(given.values()))


def find_spans(project: Project) -> tuple[Span, ...]:
    """Find the project's model or models, in the order of their frames. Nothing is loaded.

    Raises ProjectError for keys that are wrong, EnvironmentFault with a line for each model that is not there.
    """
    given, frames = project.file.model, project.clock.frames
    keys = [(0, given)] if isinstance(given, str) else _keys(project, given)
    found: dict[str, ModelSource] = {}
    faults: list[str] = []
    weights = project_weights(project)
    for name in model_names(given):
        try:
            found[name] = find_model(name, folder=project.folder, weights=weights)
        except EnvironmentFault as error:
            faults.append(str(error))
    if faults:
        raise EnvironmentFault("\n".join(faults))
    for source in found.values():
        _check_weights(project, source)
    starts = [0, *(start for start, _ in keys[1:])]  # the first one paints what is before its key too
    stops = [*starts[1:], frames]
    return tuple(
        Span(source=found[name], frames=range(start, min(stop, frames)))
        for (_, name), start, stop in zip(keys, starts, stops, strict=True)
        if start < min(stop, frames)
    )


def _keys(project: Project, given: Mapping[str, str]) -> list[tuple[int, str]]:
    """(first frame, name) by frame."""
    found: dict[int, tuple[str, str]] = {}
    problems: list[Problem] = []
    for label, name in given.items():
        where = f"model.{label}"
        try:
            position = parse_position(label, clock=project.clock, place=Place(where, label))
        except ProjectError as error:
            problems += error.problems
            continue
        frame = math.ceil(position - 1e-9)
        if frame in found:
            what = f'the keys "{found[frame][0]}" and "{label}" are both at frame {frame}.'
            problems.append(Problem(what=what, where=where, hint="Keep one of them."))
        found[frame] = (label, name)
    if problems:
        raise ProjectError(located(project, problems))
    return [(frame, found[frame][1]) for frame in sorted(found)]


def lane_defaults(spans: Sequence[Span], *, own_colors: bool) -> dict[str, float | str]:
    """What lanes are where the project does not say: what each model is best run with, from its key on.

    own_colors: whether the film keeps the colours that its model wants; how much of others the model cannot know.
    """
    each = [usual_lanes(span.source.defaults) for span in spans]
    known = [lane for lane in each[0] if own_colors or lane not in _OF_COLORS]
    return {lane: _held(spans, [values[lane] for values in each]) for lane in known}


def usual_lanes(known: ModelDefaults) -> dict[str, float | str]:
    """The lanes for which a model has defaults of its own."""
    return {
        "steps": known.steps,
        "cfg_scale": known.cfg_scale,
        "strength": known.strength,
        "sampler": known.sampler,
        "color_amount": known.color_amount,
        "detail_amount": known.detail_amount,
    }


def _held(spans: Sequence[Span], values: Sequence[float | str]) -> float | str:
    """A schedule of values that hold; the value itself where it is the same for all."""
    if len(set(values)) == 1:
        return values[0]
    return ", ".join(
        f'{span.frames.start}: ("{value}")'
        if isinstance(value, str)
        else f"{span.frames.start}: ({value}) hold"
        for span, value in zip(spans, values, strict=True)
    )


def check_samplers(project: Project, span: Span, timeline: Timeline) -> None:
    """Raise ProjectError for a frame whose sampler does not work for the model that paints it."""
    source, words = span.source, timeline.words["sampler"]
    for frame in span.frames:
        if words[frame] not in source.samplers:
            what = f'"{words[frame]}" does not work for {source.name} (family {source.family}).'
            hint = f"{span.describe()}; allowed there are {', '.join(source.samplers)}."
            raise wrong(project, what, "sampler", hint=hint, frame=frame)


def check_clipskip(project: Project, span: Span, timeline: Timeline) -> None:
    """Raise ProjectError where the lane `clipskip` asks for a layer that the model does not have."""
    source, lane = span.source, timeline.numbers["clipskip"]
    most = _most_skipped(source)
    beyond = (lane[span.frames.start : span.frames.stop] > most).nonzero()[0]
    if beyond.size == 0:
        return
    frame = span.frames.start + int(beyond[0])
    what = f"{lane[frame]:g} is more than {most}, the layers that can be skipped in {source.name}."
    hint = f"Allowed: 1 to {most}."
    if source.family not in _SKIPPED:
        what = f"{source.family} models have no layers of CLIP to skip."
        hint = f"Leave clipskip out, or use a model of {', '.join(_SKIPPED)}."
    raise wrong(project, what, "clipskip", hint=hint, frame=frame)


def _most_skipped(source: ModelSource) -> int:
    """The highest clipskip of a model; the lane's own limit where its files do not tell."""
    if not source.family:
        return 32
    if source.family not in _SKIPPED:
        return 1
    if source.path is None or source.kind == "single-file":
        return 12  # the layers of the smallest CLIP that single files have
    configs = (source.path / encoder / CONFIG for encoder in ("text_encoder", "text_encoder_2"))
    counts = [int(read_json(path).get("num_hidden_layers", 12)) for path in configs if path.is_file()]
    return min(counts, default=12) - _SKIPPED[source.family]


def project_weights(project: Project) -> WeightOptions:
    """How a project wants its models' weights: from which file, in how many bits.

    Raises ProjectError for a denoiser that is not there or cannot be read, EnvironmentFault where the package that
    quantises is not installed.
    """
    given = project.file.diffusion
    if given.quantize:
        check_method(given.quantize)
    if not given.denoiser:
        return WeightOptions(quantize=given.quantize)
    with named_in(project, "denoiser"):
        denoiser = find_denoiser(given.denoiser, folder=project.folder)
    return WeightOptions(denoiser=denoiser, quantize=given.quantize)


def _check_weights(project: Project, source: ModelSource) -> None:
    try:
        check_weights(source)
    except EnvironmentFault as error:
        where = "quantize" if str(error).startswith("quantize") else "denoiser"
        raise wrong(project, str(error), where) from None


def project_vae(project: Project, spans: Sequence[Span]) -> Asset | None:
    """The VAE that a project names, checked against each of its models; None if it names none.

    Raises ProjectError for one that is not there or does not fit.
    """
    name = project.file.diffusion.vae
    if not name:
        return None
    with named_in(project, "vae"):
        vae = find_asset(VAE, name, folder=project.folder)
        for span in spans:
            check_vae(vae, span.source)
    return vae


def project_upscaler(project: Project) -> Upscaler | None:
    """The network that `[output] upscaler` names; None if it names none.

    Raises ProjectError for one that is not there, or is of another kind.
    """
    name = project.file.output.upscaler.strip()
    if not name:
        return None
    with named_in(project, "output.upscaler"):
        return find_upscaler(name, folder=project.folder)
