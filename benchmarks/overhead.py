"""Where a frame's time goes: in the model, or in what is ours."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from projects import Project
from render.frame import stages_of
from render.resolve import resolve

from .film import FilmSettings, Style, make_project
from .ledger import Charges, Ledger, Point, watching
from .models import Candidate, waiter
from .ours import render_ours
from .tables import ms, table

TARGET = 0.05
_PAINTING = "MainThread"
_REST = "everything else"
_STORING = (
    Point(module="projects.writer", attribute="FrameWriter.put", name="hand to the writer"),
    Point(module="projects.take", attribute="encode_png", name="encode the PNG"),
    Point(module="projects.take", attribute="Take.store", name="checksum, write, journal"),
    Point(module="projects.take", attribute="Take.read", name="read back and check"),
    Point(module="render.ffmpeg", attribute="Ffmpeg.write", name="feed ffmpeg"),
)


@dataclass(frozen=True, kw_only=True)
class Overhead:
    """Seconds per frame, by what they went into. total: of the painting thread."""

    total: float
    model: dict[str, float]
    own: dict[str, float]
    beside: dict[str, float]

    @property
    def share(self) -> float:
        """The part of a frame's time that is spent outside the model."""
        return 1 - sum(self.model.values()) / self.total

    def report(self) -> str:
        """The breakdown as a table, with what the other threads did meanwhile."""
        outside = sum(self.own.values())
        rows = [
            *self._rows(self.model),
            ["**the model**", ms(sum(self.model.values())), f"{1 - self.share:.1%}"],
            *self._rows(self.own),
            ["**outside the model**", ms(outside), f"**{self.share:.1%}** (aim: below {TARGET:.0%})"],
            ["**one frame**", ms(self.total), ""],
            *([f"beside it, {name}", ms(seconds), ""] for name, seconds in _largest(self.beside)),
        ]
        return table(("", "ms per frame", "share"), rows)

    def _rows(self, charges: dict[str, float]) -> list[list[str]]:
        return [[name, ms(spent), f"{spent / self.total:.1%}"] for name, spent in _largest(charges)]


def measure_overhead(candidate: Candidate, settings: FilmSettings, folder: Path, *, style: Style) -> Overhead:
    """Render one film and charge each stage what it took.

    Frames 0 and 1 do not count: models and caches are cold there. The watching itself costs some
    microseconds per call, and on a GPU waits for it at every stage, so that the frame as a whole is
    slower than in the loops.
    """
    project = make_project(settings, folder, style=style)
    ledger = Ledger(waiter(candidate.model.device))
    seen: list[Charges] = []

    def on_frame(frame: int) -> None:
        if frame in (1, settings.frames - 1):
            seen.append(ledger.charges())

    parts = candidate.parts()
    with watching(ledger, (*_stages(project), *_STORING), parts):
        made = render_ours(project, candidate, folder / "take", on_frame=on_frame)
    frames = settings.frames - 2
    spent: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    first, last = seen
    for (thread, name), seconds in last.items():
        spent[thread][name] += (seconds - first.get((thread, name), 0.0)) / frames
    total = sum(made.gaps[2:]) / frames
    painting = spent.pop(_PAINTING)
    model = {name: painting.pop(name, 0.0) for name in parts}
    own = {**painting, _REST: total - sum(model.values()) - sum(painting.values())}
    beside = {
        f"{thread.removesuffix('_0')} thread: {name}": s
        for thread, done in spent.items()
        for name, s in done.items()
    }
    return Overhead(total=total, model=model, own=own, beside=beside)


def _stages(project: Project) -> list[Point]:
    """Every stage of the film, by its name; what painting takes beside the model is charged to its stage."""
    kinds = {type(stage): stage.name for stage in stages_of(resolve(project))}
    return [
        Point(module=kind.__module__, attribute=f"{kind.__name__}.apply", name=f"stage {name}")
        for kind, name in kinds.items()
    ]


def _largest(charges: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(charges.items(), key=lambda item: -item[1])
