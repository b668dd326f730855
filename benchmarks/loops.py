"""Our loop and the naive one in turn: time per frame, on the same weights and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median

from keyframes import RenderError
from render.resolve import resolve

from .film import FilmSettings, make_project
from .machine import Probe
from .models import Candidate
from .naive import NaiveLoop
from .ours import render_ours
from .pairs import Pairs
from .segment import Segment
from .tables import ms, table


@dataclass(frozen=True, kw_only=True)
class Loops:
    """The films that both made, pair by pair."""

    settings: FilmSettings
    ours: Sequence[Segment]
    naive: Sequence[Segment]

    def report(self) -> str:
        """The table, and what was the same in both."""
        films = Pairs(ours=[s.per_frame for s in self.ours], other=[s.per_frame for s in self.naive])
        steady = Pairs(ours=[_steady(s) for s in self.ours], other=[_steady(s) for s in self.naive])
        before = [ms(median([s.before for s in way])) for way in (self.ours, self.naive)]
        after = [ms(median([s.after for s in way])) for way in (self.ours, self.naive)]
        asked = [f"{way[0].evaluations / len(way[0].gaps):g}" for way in (self.ours, self.naive)]
        rows = [
            ["one frame in the loop, ms", *steady.cells()],
            ["whole film, ms per frame", *films.cells()],
            ["before the first frame, ms per film", *before, ""],
            ["after the last frame, ms per film", *after, ""],
            ["evaluations of the denoiser per frame", *asked, "equal"],
        ]
        given = self.settings
        width, height = given.size
        what = (
            f"{len(self.ours)} pairs of films of {given.frames} frames, {width}x{height}, "
            f"{given.steps} steps, strength {given.strength:g}, guidance {given.cfg_scale:g}"
        )
        return f"{what}\n\n{table(('', 'ours', 'naive', 'naive / ours, median (range)'), rows)}"


def compare_loops(
    candidate: Candidate, settings: FilmSettings, folder: Path, *, pairs: int, probe: Probe
) -> Loops:
    """Render `pairs` films each way in turn, after a short one each for warming up.

    Raises RenderError if the two do not evaluate the denoiser equally often: then they do not do the same
    work.
    """
    _pair(candidate, replace(settings, frames=2), folder / "warm", probe)
    numbers = count()
    made = [_pair(candidate, settings, folder / f"{next(numbers)}", probe) for _ in range(pairs)]
    return Loops(settings=settings, ours=[ours for ours, _ in made], naive=[naive for _, naive in made])


def _pair(
    candidate: Candidate, settings: FilmSettings, folder: Path, probe: Probe
) -> tuple[Segment, Segment]:
    project = make_project(settings, folder, style="comparable")
    naive = NaiveLoop(resolve(project), candidate.pipeline())
    probe.look()
    ours = render_ours(project, candidate, folder / "ours")
    other = naive.render(folder / "naive")
    if ours.evaluations != other.evaluations:
        raise RenderError(
            f"the loops do not do the same work: ours asked the denoiser for {ours.evaluations} evaluations, "
            f"the naive one for {other.evaluations} for {settings.frames} frames"
        )
    return ours, other


def _steady(segment: Segment) -> float:
    """The usual frame: the median, without the first one, in which texts are encoded for the first time."""
    return median(segment.gaps[1:] or segment.gaps)
