"""Which model paints which frames: one, or a table of keys and names; all found and checked before any is loaded.

    model = { 0 = "sketch", 60 = "models/dream" }

A model paints from its key on. What the project leaves open (steps, cfg_scale, strength, sampler) changes with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from keyframes import EnvironmentFault, Problem, ProjectError, Timeline
from keyframes.errors import Place
from keyframes.positions import parse_position
from projects import Project, located
from projects.toml_lines import line_of

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

_WHERE = "model"
_OF_COLORS = ("color_amount", "detail_amount")


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
        place = Place(f"{_WHERE}.{label}", label)
        try:
            frame = math.ceil(parse_position(label, clock=project.clock, place=place) - 1e-9)
        except ProjectError as error:
            problems += error.problems
            continue
        if frame in found:
            what = f'the keys "{found[frame][0]}" and "{label}" are both at frame {frame}.'
            problems.append(Problem(what=what, where=f"{_WHERE}.{label}", hint="Keep one of them."))
        found[frame] = (label, name)
    if problems:
        lines = project.lines
        raise ProjectError(
            [
                replace(problem, file=project.file_name, line=line_of(lines, problem.where))
                for problem in problems
            ]
        )
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
    pairs = zip(spans, values, strict=True)
    return ", ".join(
        f'{span.frames.start}: ("{value}")'
        if isinstance(value, str)
        else f"{span.frames.start}: ({value}) hold"
        for span, value in pairs
    )


def all_samplers(spans: Sequence[Span]) -> tuple[str, ...]:
    """The samplers that work for one of the models at least."""
    return tuple(dict.fromkeys(name for span in spans for name in span.source.samplers))


def check_samplers(project: Project, spans: Sequence[Span], timeline: Timeline) -> None:
    """Raise ProjectError for a frame whose sampler does not work for the model that paints it."""
    words = timeline.words["sampler"]
    for span in spans:
        for frame in span.frames:
            if words[frame] not in span.source.samplers:
                family = span.source.family
                what = f'"{words[frame]}" does not work for {span.source.name} (family {family}).'
                hint = f"{span.describe()}; allowed there are {', '.join(span.source.samplers)}."
                raise ProjectError(
                    located(project, [Problem(what=what, where="sampler", frame=frame, hint=hint)])
                )


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
    try:
        denoiser = find_denoiser(given.denoiser, folder=project.folder)
    except EnvironmentFault as error:
        raise _wrong(project, error, "denoiser") from None
    return WeightOptions(denoiser=denoiser, quantize=given.quantize)


def _check_weights(project: Project, source: ModelSource) -> None:
    try:
        check_weights(source)
    except EnvironmentFault as error:
        where = "quantize" if str(error).startswith("quantize") else "denoiser"
        raise _wrong(project, error, where) from None


def _wrong(project: Project, error: EnvironmentFault, where: str) -> ProjectError:
    return ProjectError(located(project, [Problem(what=str(error), where=where)]))


def project_vae(project: Project, spans: Sequence[Span]) -> Asset | None:
    """The VAE that a project names, checked against each of its models; None if it names none.

    Raises ProjectError for one that is not there or does not fit.
    """
    name = project.file.diffusion.vae
    if not name:
        return None
    try:
        vae = find_asset(VAE, name, folder=project.folder)
        for span in spans:
            check_vae(vae, span.source)
    except EnvironmentFault as error:
        raise _wrong(project, error, "vae") from None
    return vae


def project_upscaler(project: Project) -> Upscaler | None:
    """The network that `[output] upscaler` names; None if it names none.

    Raises ProjectError for one that is not there, or is of another kind.
    """
    name = project.file.output.upscaler.strip()
    if not name:
        return None
    try:
        return find_upscaler(name, folder=project.folder)
    except EnvironmentFault as error:
        where, line = "output.upscaler", project.lines.get("output.upscaler")
        raise ProjectError(
            Problem(what=str(error), where=where, file=project.file_name, line=line)
        ) from error
