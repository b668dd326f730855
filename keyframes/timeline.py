"""The timeline: what a project gives for each lane, checked and evaluated, every mistake found at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from keyframes.clock import Clock
from keyframes.errors import Place, Problem, ProjectError, did_you_mean, quoted
from keyframes.lanes import LaneSpec, LaneValue
from keyframes.prompt_timeline import KeyedPrompts, compile_prompts
from keyframes.prompts import FramePrompt, PromptSource
from keyframes.schedules import Schedule, parse_schedule
from keyframes.word_schedules import parse_words

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Source(Protocol):
    """What can explain where a lane's value comes from."""

    def explain(self, frame: int) -> str:
        """Why the lane has the value it has at `frame`."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One frame's values: numbers by lane, words by lane, and the prompt."""

    frame: int
    numbers: Mapping[str, float]
    words: Mapping[str, str]
    prompt: FramePrompt


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """All lanes over all frames: `numbers[lane]` is float64 (frames,), `words[lane]` as many words."""

    clock: Clock
    numbers: Mapping[str, NDArray[np.float64]]
    words: Mapping[str, tuple[str, ...]]
    prompts: KeyedPrompts
    sources: Mapping[str, Source] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.clock.frames

    def row(self, frame: int) -> Row:
        """The values of one frame. Raises IndexError outside 0 to `clock.max_f`."""
        if not 0 <= frame < self.clock.frames:
            raise IndexError(f"frame {frame} is outside the timeline: allowed 0 to {self.clock.max_f}")
        numbers = {lane: float(series[frame]) for lane, series in self.numbers.items()}
        words = {lane: series[frame] for lane, series in self.words.items()}
        return Row(frame=frame, numbers=numbers, words=words, prompt=self.prompts.at(frame))

    def rows(self, frames: Iterable[int] | None = None) -> Iterator[Row]:
        """The rows of `frames` in their order, or of every frame."""
        return (self.row(frame) for frame in (range(self.clock.frames) if frames is None else frames))

    def explain(self, frame: int) -> list[tuple[str, float | str, str]]:
        """(lane, value, where the value comes from) for every lane at `frame`, the prompt last."""
        row = self.row(frame)
        values: dict[str, float | str] = {**row.numbers, **row.words}
        lanes = [lane for lane in self.sources if lane in values] or list(values)
        explained: list[tuple[str, float | str, str]] = []
        for lane in lanes:
            explained.append(
                (lane, values[lane], self.sources[lane].explain(frame) if lane in self.sources else "")
            )
        text = " AND ".join(share.text for part in row.prompt.parts for share in part.mix)
        return [*explained, ("prompts", text, self.prompts.explain(frame))]


@dataclass(frozen=True, kw_only=True)
class LaneSource:
    """Where a lane's values come from; says too that it is the default, or that it is cut to whole numbers."""

    source: Source
    default: bool = False
    cut: bool = False

    def explain(self, frame: int) -> str:
        """Why the lane has its value at `frame`."""
        why = self.source.explain(frame)
        if self.default:
            why = "default" if why == "constant" else f"default: {why}"
        return f"{why}, cut to a whole number" if self.cut and why not in ("constant", "default") else why


def compile_timeline(
    clock: Clock,
    specs: Sequence[LaneSpec],
    given: Mapping[str, LaneValue],
    prompts: PromptSource,
) -> Timeline:
    """Every lane of `specs`, as `given` or by default, and the prompts, evaluated over the film.

    Raises ProjectError with the problems of all lanes and prompts; `where` is the lane or `prompts.<key>`.
    """
    problems = _unknown_lanes(given, specs)
    numbers: dict[str, NDArray[np.float64]] = {}
    words: dict[str, tuple[str, ...]] = {}
    sources: dict[str, Source] = {}
    track: KeyedPrompts | None = None
    for spec in specs:
        value, default = given.get(spec.name, spec.default), spec.name not in given
        try:
            source: Source
            if spec.is_word:
                held = parse_words(value, lane=spec.name, clock=clock, choices=spec.choices)
                words[spec.name], source = held.words(), held
            else:
                schedule = parse_schedule(value, lane=spec.name, clock=clock)
                numbers[spec.name], source = lane_values(schedule, spec), schedule
            sources[spec.name] = LaneSource(source=source, default=default, cut=spec.integer)
        except ProjectError as error:
            problems += error.problems
    try:
        track = compile_prompts(prompts, clock=clock)
    except ProjectError as error:
        problems += error.problems
    if problems or track is None:
        raise ProjectError(problems)
    return Timeline(clock=clock, numbers=numbers, words=words, prompts=track, sources=sources)


def _unknown_lanes(given: Mapping[str, LaneValue], specs: Sequence[LaneSpec]) -> list[Problem]:
    known = [spec.name for spec in specs]
    return [
        Problem(
            what=f"{quoted(name)} is not a lane.",
            where=name,
            hint=did_you_mean(name, known) or f"Known: {', '.join(known)}.",
        )
        for name in given
        if name not in known
    ]


def lane_values(schedule: Schedule, spec: LaneSpec) -> NDArray[np.float64]:
    """The lane's values (frames,), cut to whole numbers for an integer lane (towards 0, as Deforum's int()).

    Raises ScheduleError naming the first frame outside the lane's range.
    """
    values = schedule.values()
    if spec.integer:
        values = np.trunc(values) + 0.0
    low = -np.inf if spec.minimum is None else spec.minimum
    high = np.inf if spec.maximum is None else spec.maximum
    bad = (values < low) | (values > high)
    if bad.any():
        frame = int(np.argmax(bad))
        unit = f" {spec.unit}" if spec.unit else ""
        what = f"{values[frame]:g}{unit} is out of range ({schedule.explain(frame)})."
        raise Place(spec.name).error(what, None, f"Allowed: {_span(spec)}{unit}.", frame=frame)
    return values


def _span(spec: LaneSpec) -> str:
    if spec.minimum is None or spec.maximum is None:
        return f"up to {spec.maximum:g}" if spec.minimum is None else f"{spec.minimum:g} or more"
    return f"{spec.minimum:g} to {spec.maximum:g}"
