"""The plan: what a render will do, known before any model is loaded.

timeline -> a key for every frame (what it is made from) -> compared with the take -> kept or painted
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from projects import Take

from .cache import known_seconds
from .cadence.between import between_parts
from .diffusion import reveal_plan, step_plan
from .frame import KeyWriter, painted_frame, stages_of
from .resolve import ResolvedProject
from .stages.mask import Strength
from .stages.match import Match, OfPrompt
from .stages.model_use import ModelUse
from .stages.stage import Frame, Stages, parts

ORIGINALS = "originals"  # folder of a take: what was painted and is only seen mixed and moved
_PNG_SHARE = 0.55  # of the raw bytes, measured on painted frames


def film_keys(
    film: ResolvedProject, last: int | None = None, stages: Stages | None = None
) -> tuple[list[str], dict[int, str]]:
    """The keys of the frames from 0 to `last` (the film's last by default), and of what the model paints among them.

    stages: in place of the film's own. A painted frame is made from the painted frame before it, any other frame from
    the painted one of its segment.
    """
    # a stage that comes twice has the same inputs both times
    stages = tuple(dict.fromkeys(stages or stages_of(film)))
    end = film.frames if last is None else last + 1
    keys: list[str] = []
    painted: dict[int, str] = {}
    painting, mixing = KeyWriter(), KeyWriter()
    for number in range(end):
        segment = film.cadence.of(number)
        if number == segment.start:
            before = None if segment.before is None else painted[segment.before]
            made_of = parts(stages, painted_frame(film, number))
            painted[number] = painting.key(number, made_of, before, keys)
        if segment.shows(number):
            keys.append(painted[number])
        else:
            made_of = between_parts(film, stages, number)
            keys.append(mixing.key(number, made_of, painted[segment.start], keys))
    return keys, painted


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a render will do.

    frames: those asked for. keys: of every frame up to the last one asked for. kept: stored and still true. paint:
    to be made, in order. originals: to be painted by the model, in order (with cadence 1 the same), and their keys.
    calls: denoiser evaluations for them. reveal_calls: how many of these are for what the camera uncovers; exact for
    the 2D camera, at the most it can be for others. seconds: estimated, None when this machine never painted with the
    model. bytes: disk that the new frames will take. outdated: how many stored frames an earlier version of Reverie
    painted, whose frames this one makes in another way.
    """

    frames: tuple[int, ...]
    keys: Sequence[str]
    kept: tuple[int, ...]
    paint: tuple[int, ...]
    calls: int
    seconds: float | None
    bytes: int
    originals: Mapping[int, str] = field(default_factory=dict)
    reveal_calls: int = 0
    outdated: int = 0


def make_plan(film: ResolvedProject, take: Take | None, frames: Sequence[int] | None = None) -> Plan:
    """Compare the keys of the frames with the take (None: there is none yet).

    A frame needs the one before it, so painting frame 40 means having frames 0 to 39; a stored frame that is still
    true serves as it is, whatever became of those before it.
    """
    wanted = tuple(range(film.frames)) if frames is None else tuple(frames)
    last = max(wanted)
    keys, painted_keys = film_keys(film, last)
    true = {f for f in range(last + 1) if take is not None and take.kept(f, keys[f])}
    hidden = hidden_originals(film, take)
    stored = {f for f, key in painted_keys.items() if hidden is not None and hidden.kept(f, key)}
    missing, painted = film.cadence.missing(wanted, true, stored, back=film.depth_smooth)
    anchor = film.colors.frame
    if film.colors.uses_frame and painted and anchor < max(painted):  # those after it are matched to it
        missing, painted = film.cadence.missing((*wanted, anchor), true, stored, back=film.depth_smooth)
    calls = Calls(film)
    counts = {number: calls.of(number) for number in sorted(painted)}
    shown = {frame for frame in true if film.cadence.of(frame).shows(frame)}
    width, height = film.size
    return Plan(
        frames=wanted,
        keys=keys,
        kept=tuple(sorted(true)),
        paint=tuple(sorted(missing)),
        calls=sum(counts.values()),
        seconds=_estimate(
            film,
            _spent(take, shown) | _spent(hidden, stored),
            _spent(take, true - shown).values(),
            counts,
            others=len(missing - painted),
        ),
        bytes=round(len(missing | painted) * width * height * 3 * _PNG_SHARE),
        originals={frame: painted_keys[frame] for frame in sorted(painted)},
        reveal_calls=calls.revealing,
        outdated=_outdated(take, missing),
    )


def _outdated(take: Take | None, missing: set[int]) -> int:
    entries = [] if take is None else [take.entries[frame] for frame in missing if frame in take.entries]
    return sum(entry.file is None for entry in entries)  # today's journals say which file they mean


def hidden_originals(film: ResolvedProject, take: Take | None) -> Take | None:
    """Where a take keeps the painted pictures that no frame shows; None without a take, or with cadence 1."""
    if take is None or film.cadence.plain:
        return None
    return take.inner(ORIGINALS)


class Calls:
    """How often the denoiser runs, frame after frame, in order; guidance shares a call.

    revealing: how many of the calls so far are for what the camera uncovers.
    """

    def __init__(self, film: ResolvedProject) -> None:
        self._film, self._stages = film, stages_of(film)
        self._match = next(stage for stage in self._stages if isinstance(stage, Match))
        self._hole = next(stage for stage in self._stages if isinstance(stage, Strength)).hole
        self._seen: set[OfPrompt] = set()
        self.revealing = 0

    def of(self, number: int) -> int:
        """The calls for a painted frame, those for its prompt's colours among them, if it is the first to need them."""
        frame = painted_frame(self._film, number)
        plain = self._plain(frame)
        painting = max(plain, self._with_hole(frame))
        self.revealing += painting - plain
        return painting + self._for_colors(frame)

    def _plain(self, frame: Frame) -> int:
        """The calls if the camera uncovered nothing."""
        row = frame.row.diffusion
        if not frame.pictured:
            return row.steps
        return step_plan(row.steps, row.strength, self._film.project.file.diffusion.steps_mode).count

    def _with_hole(self, frame: Frame) -> int:
        row = frame.row.diffusion
        more = row.reveal_strength - row.strength
        if frame.first or more <= 0:
            return 0
        most = row.strength + more * self._hole.deepest(frame)
        mode = self._film.project.file.diffusion.steps_mode
        return reveal_plan(row.steps, row.strength, most, mode).count

    def _for_colors(self, frame: Frame) -> int:
        inputs = self._match.inputs(frame)
        calls = 0
        for reference, _ in inputs.references if inputs is not None else ():
            if isinstance(reference, OfPrompt) and reference not in self._seen:
                self._seen.add(reference)
                calls += reference.work.job.sampling.steps * reference.pictures
        return calls


def pace(model: ModelUse) -> str:
    """What this machine's speed with a model is known by: the model, and whether gradients are asked for."""
    spec = model.spec
    guided = spec.clip_models or spec.clip_decoder
    return f"guided {spec.source.fingerprint}" if guided else spec.source.fingerprint


def _estimate(
    film: ResolvedProject,
    spent: Mapping[int, float],
    between: Iterable[float],
    calls: Mapping[int, int],
    others: int,
) -> float | None:
    """Estimate how long painting takes, from the times of the take's frames, else from earlier renders on this machine.

    spent, between: seconds of stored frames that the model painted, and of those that were only moved and mixed.
    calls: for each frame that is painted now; others: how many are only moved and mixed. None if one of the models
    never painted here at this size.
    """
    counting = Calls(film)
    rates: dict[str, list[float]] = defaultdict(list)
    for frame, seconds in sorted(spent.items())[-50:]:
        rates[pace(film.paint.model(frame))].append(seconds / max(counting.of(frame), 1))
    by_model: Counter[str] = Counter()
    for frame, count in calls.items():
        by_model[pace(film.paint.model(frame))] += count
    total = others * median([*between] or [0.0])
    for name, count in by_model.items():
        enough = len(rates[name]) >= 3
        known = count * median(rates[name]) if enough else known_seconds(name, film.size, count)
        if known is None:
            return None
        total += known
    return total


def _spent(take: Take | None, frames: Iterable[int]) -> dict[int, float]:
    """The seconds that stored frames took."""
    return {} if take is None else {frame: take.entries[frame].seconds for frame in frames}
