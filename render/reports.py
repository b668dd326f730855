"""What goes into a render and what comes out, as plain data: options, plans, and reports while it runs.

Others put it into words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from keyframes import parse_frames
from projects import Row

if TYPE_CHECKING:
    from .plans import Plan
    from .resolve import ResolvedProject
    from .video.encode import Film

Notice = Callable[[str], None]  # is given a line for people
Frames = str | Iterable[int] | None  # "0-99", frame numbers, or all
_IN_JSON = (
    *("size", "fps", "length", "paint", "originals", "kept"),
    *("model_calls", "reveal_calls", "seconds", "bytes"),
)
EXPLAINED = 5  # rows of a report, if their values are to come with reasons


class OptionChanges(TypedDict, total=False):
    """RenderOptions as keyword arguments."""

    take: Path | None
    frames: Frames
    film: bool
    metadata: bool
    device: str
    dtype: str
    frame_timeout: float | None
    verify: bool


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """How to plan and render a project.

    take: the folder of the take; by default takes/NAME beside the project. frames: only these and what they need,
    "0-99" or frame numbers; the film then holds these alone. film: whether to assemble film.mp4. metadata: whether
    frames and film carry the project. device: "auto", "cpu", "cuda", "cuda:1" or "mps". dtype: "auto", or torch's name
    of the precision. frame_timeout: seconds that painting one frame may take. verify: hash every stored frame again,
    also those that size and time say are unchanged.
    """

    take: Path | None = None
    frames: Frames = None
    film: bool = True
    metadata: bool = True
    device: str = "auto"
    dtype: str = "auto"
    frame_timeout: float | None = None
    verify: bool = False

    def chosen(self, length: int) -> tuple[int, ...] | None:
        """The frames of a film of `length` frames, in order; None for all. Raises ScheduleError for others."""
        if self.frames is None:
            return None
        text = self.frames if isinstance(self.frames, str) else ",".join(map(str, self.frames))
        return parse_frames(text, length)

    def changed(self, **changes: Unpack[OptionChanges]) -> RenderOptions:
        """These options with some of them changed."""
        return replace(self, **changes)


DEFAULTS = RenderOptions()


@dataclass(frozen=True, kw_only=True)
class ModelReport:
    """A model of the film. kind: its family, or what is known of it on the hub. frames: those that it paints."""

    name: str
    kind: str
    frames: range


@dataclass(frozen=True, kw_only=True)
class RowReport:
    """One frame's values. prompts, negative: (text, weight).

    reasons: (lane, value, where the value comes from), in a report of few rows.
    """

    frame: int
    seed: int
    lanes: Mapping[str, float | str]
    prompts: tuple[tuple[str, float], ...]
    negative: tuple[tuple[str, float], ...]
    reasons: tuple[tuple[str, float | str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ProjectReport:
    """A project that can be rendered.

    project: the file's name. size: (width, height). length: frames of the film. attached: (what, description) of each
    LoRA, ControlNet and so on.
    """

    project: str
    size: tuple[int, int]
    fps: float
    length: int
    models: tuple[ModelReport, ...]
    attached: tuple[tuple[str, str], ...]

    @property
    def model_names(self) -> str:
        """The names of the models, in the order of their frames."""
        return " then ".join(model.name for model in self.models)


@dataclass(frozen=True, kw_only=True)
class PlanReport(ProjectReport):
    """A plan with what it is a plan of.

    every: whether the model paints every frame. frames: those asked for. model_calls: evaluations of the denoiser;
    reveal_calls: how many of them are for what the camera uncovers, exact or the most that it can be. seconds: None if
    this machine never painted with the model. bytes: disk that the new frames take. outdated: stored
    frames of an earlier version. rows: the values of frames, if they were asked for.
    """

    every: bool
    frames: tuple[int, ...]
    paint: tuple[int, ...]
    originals: tuple[int, ...]
    kept: tuple[int, ...]
    model_calls: int
    reveal_calls: int
    reveal_exact: bool
    seconds: float | None
    bytes: int
    outdated: int = 0
    rows: tuple[RowReport, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same for machines: what `reverie plan --json` prints."""
        names = [model.name for model in self.models]
        report: dict[str, Any] = {
            "project": self.project,
            "model": names[0],
            **({"models": names} if len(names) > 1 else {}),
            **{name: getattr(self, name) for name in _IN_JSON},
        }
        if self.rows:
            report["frames"] = [
                {
                    "frame": row.frame,
                    "seed": row.seed,
                    "lanes": dict(row.lanes),
                    "prompts": [{"text": text, "weight": weight} for text, weight in row.prompts],
                    "negative": [{"text": text, "weight": weight} for text, weight in row.negative],
                }
                for row in self.rows
            ]
        return report


class Reporter:
    """Follows a render; this one does nothing. Override what you want to know."""

    def begin(self, plan: PlanReport) -> None:
        """The plan is made and the model is about to be loaded."""

    def step(self, done: int, count: int) -> None:
        """A denoising step of the current frame is done."""

    def frame(self, frame: int, seconds: float) -> None:
        """A frame is painted."""

    def film(self, done: int, count: int) -> None:
        """`done` of `count` frames of the film are made; called only if a network enlarges them, which takes long."""

    def end(self, film: Film | None) -> None:
        """All frames are stored and the film, if there is one, is in its place."""

    def close(self) -> None:
        """The render is over, also by an error."""


def project_report(film: ResolvedProject) -> ProjectReport:
    """A project as plain data."""
    return ProjectReport(**_project(film))


def plan_report(film: ResolvedProject, plan: Plan, rows: Sequence[int] = ()) -> PlanReport:
    """A plan as plain data. rows: the frames whose values it holds."""
    file = film.project.file
    return PlanReport(
        **_project(film),
        every=film.cadence.plain,
        frames=plan.frames,
        paint=plan.paint,
        originals=tuple(plan.originals),
        kept=plan.kept,
        model_calls=plan.calls,
        reveal_calls=plan.reveal_calls,
        reveal_exact=file.motion.mode == "2d" and file.video.motion == "none",
        seconds=plan.seconds,
        bytes=plan.bytes,
        outdated=plan.outdated,
        rows=tuple(_row(film, film.rows[frame], explain=len(rows) <= EXPLAINED) for frame in rows),
    )


def _project(film: ResolvedProject) -> dict[str, Any]:
    return {
        "project": film.project.file_name,
        "size": film.size,
        "fps": film.project.file.fps,
        "length": film.frames,
        "models": tuple(_models(film)),
        "attached": film.described,
    }


def _models(film: ResolvedProject) -> Iterator[ModelReport]:
    from .diffusion import state_on_hub

    for model in film.models:
        source = model.spec.source
        kind = source.family or state_on_hub(source.name)
        yield ModelReport(name=source.name, kind=kind, frames=model.frames)


def _row(film: ResolvedProject, row: Row, *, explain: bool) -> RowReport:
    return RowReport(
        frame=row.frame,
        seed=film.paint.seed_of(row),
        lanes=row.lanes,
        prompts=tuple((s.text, p.weight * s.share) for p in row.prompt.parts for s in p.mix),
        negative=tuple((n.text, n.share) for n in row.prompt.negative if n.text),
        reasons=tuple(film.timeline.explain(row.frame)) if explain else (),
    )
