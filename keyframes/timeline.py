"""The timeline: what a project gives for each lane, checked and evaluated, every mistake found at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keyframes.clock import Clock
from keyframes.errors import Place, Problem, ProjectError, did_you_mean, quoted
from keyframes.prompt_timeline import KeyedPrompts, compile_prompts
from keyframes.prompts import PromptSource
from keyframes.schedules import LaneValue, Schedule, parse_schedule
from keyframes.word_schedules import parse_words

if TYPE_CHECKING:
    from numpy.typing import NDArray


Reason = Callable[[int], str]
"""Says where the value of a lane comes from at a frame."""


@dataclass(frozen=True, kw_only=True)
class LaneSpec:
    """What a lane may hold.

    With `choices` it is a word lane (`sampler`): its value is one of them, held from key to key. Otherwise
    it holds numbers from `minimum` to `maximum` (both allowed; None: no bound), cut to whole numbers when
    `integer`.
    """

    name: str
    default: float | str
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """All lanes over all frames: `numbers[lane]` is float64 (frames,), `words[lane]` as many words."""

    clock: Clock
    numbers: Mapping[str, NDArray[np.float64]]
    words: Mapping[str, tuple[str, ...]]
    prompts: KeyedPrompts
    reasons: Mapping[str, Reason]

    def __len__(self) -> int:
        return self.clock.frames

    def explain(self, frame: int) -> list[tuple[str, float | str, str]]:
        """(lane, value, where the value comes from) for every lane at `frame`, the prompt last."""
        values: dict[str, float | str] = {lane: float(series[frame]) for lane, series in self.numbers.items()}
        values |= {lane: series[frame] for lane, series in self.words.items()}
        explained = [(lane, values[lane], why(frame)) for lane, why in self.reasons.items()]
        text = " AND ".join(share.text for part in self.prompts.at(frame).parts for share in part.mix)
        return [*explained, ("prompts", text, self.prompts.explain(frame))]


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
    reasons: dict[str, Reason] = {}
    track: KeyedPrompts | None = None
    for spec in specs:
        value = given.get(spec.name, spec.default)
        try:
            if spec.choices:
                held = parse_words(value, lane=spec.name, clock=clock, choices=spec.choices)
                words[spec.name], explain = held.words(), held.explain
            else:
                schedule = parse_schedule(value, lane=spec.name, clock=clock)
                numbers[spec.name], explain = lane_values(schedule, spec), schedule.explain
            reasons[spec.name] = _reason(explain, default=spec.name not in given, cut=spec.integer)
        except ProjectError as error:
            problems += error.problems
    try:
        track = compile_prompts(prompts, clock=clock)
    except ProjectError as error:
        problems += error.problems
    if problems or track is None:
        raise ProjectError(problems)
    return Timeline(clock=clock, numbers=numbers, words=words, prompts=track, reasons=reasons)


def _reason(explain: Reason, *, default: bool, cut: bool) -> Reason:
    """What `explain` says, and whether the value is a default or cut to a whole number."""

    def why(frame: int) -> str:
        said = explain(frame)
        if default:
            said = "default" if said == "constant" else f"default: {said}"
        return f"{said}, cut to a whole number" if cut and said not in ("constant", "default") else said

    return why


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
