"""Prompts over time: which key's prompt is shown at a frame, or how two are blended."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, get_args

import numpy as np

from keyframes.clock import Clock
from keyframes.emphasis import parse_emphasis
from keyframes.errors import Place, Problem, ProjectError, ScheduleError, did_you_mean, quoted
from keyframes.legacy_prompts import legacy_prompts, prompt_text
from keyframes.positions import parse_position
from keyframes.prompt_templates import LANE, PromptTemplate, parse_prompt
from keyframes.prompts import Blend, FramePrompt, MixedKey, PromptPart, PromptSource, TextShare
from keyframes.word_schedules import HeldKey, settle_held

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class KeyedPrompt:
    """One key of the prompts. `fixed` is its prompt when that is the same at every frame."""

    position: float
    label: str
    template: PromptTemplate
    fixed: FramePrompt | None

    def at(self, frame: int, clock: Clock) -> FramePrompt:
        """This key's prompt at `frame`."""
        return self.fixed or self.template.at(frame, clock)

    def mixed(self, frame: int, clock: Clock, share: float) -> MixedKey:
        """This key as one of those that the prompt of `frame` is mixed from."""
        return MixedKey(self.position, self.at(frame, clock), share, fixed=self.fixed is not None)


@dataclass(frozen=True, kw_only=True, eq=False)
class KeyedPrompts:
    """All prompts, resolved and sorted; `positions[i]` is the frame of `keys[i]`."""

    clock: Clock
    blend: Blend
    keys: tuple[KeyedPrompt, ...]
    positions: tuple[float, ...]

    def at(self, frame: int) -> FramePrompt:
        """The prompt of one frame. Frames that show the same fixed prompt share one object."""
        key, after, u = self.around(frame)
        prompt = key.at(frame, self.clock)
        return prompt if after is None else blend_prompts(prompt, after.at(frame, self.clock), u)

    def unmixed(self, frame: int) -> tuple[MixedKey, ...]:
        """The keys of a frame's prompt: one, or two that are blended; their shares sum to 1."""
        key, after, u = self.around(frame)
        now = key.mixed(frame, self.clock, 1.0 - u)
        return (now,) if after is None else (now, after.mixed(frame, self.clock, u))

    def around(self, frame: int) -> tuple[KeyedPrompt, KeyedPrompt | None, float]:
        """The current key, and when blending the next one and its share, above 0 and below 1."""
        index = max(bisect_right(self.positions, frame) - 1, 0)
        key = self.keys[index]
        if self.blend == "hold" or frame <= key.position or index + 1 == len(self.keys):
            return key, None, 0.0
        after = self.keys[index + 1]
        u = (frame - key.position) / (after.position - key.position)
        return key, after, u * u * (3.0 - 2.0 * u) if self.blend == "smooth" else u

    def explain(self, frame: int) -> str:
        """Where the prompt of `frame` comes from."""
        key, after, u = self.around(frame)
        if after is not None:
            return f"{self.blend} blend: {1 - u:.0%} of key {key.label}, {u:.0%} of key {after.label}"
        return f"key {key.label}"


def blend_prompts(first: FramePrompt, second: FramePrompt, u: float) -> FramePrompt:
    """The mix of the prompts of two keys, `u` being the share of the second.

    Parts are paired in their order: weights and texts are mixed. A part without a partner fades by its
    weight. Every mix of a key's own prompt is one text.
    """
    parts = []
    for one, other in zip_longest(first.parts, second.parts):
        if one is None or other is None:
            lone, share = (other, u) if one is None else (one, 1.0 - u)
            parts.append(PromptPart(lone.mix, lone.weight * share))
        else:
            weight = one.weight + (other.weight - one.weight) * u
            parts.append(PromptPart(_mixed(one.mix, other.mix, u), weight))
    return FramePrompt(tuple(parts), _mixed(first.negative, second.negative, u))


def _mixed(first: tuple[TextShare, ...], second: tuple[TextShare, ...], u: float) -> tuple[TextShare, ...]:
    (one,), (other,) = first, second
    return first if one.text == other.text else (TextShare(one.text, 1.0 - u), TextShare(other.text, u))


def compile_prompts(source: PromptSource, *, clock: Clock) -> KeyedPrompts:
    """The prompts of a film, every key checked at every frame that shows it.

    Raises ProjectError with all problems, each `where` being `prompts.<key>`.
    """
    problems: list[Problem] = []
    keys: list[HeldKey] = []
    templates: list[PromptTemplate] = []
    pairs = _pairs(source)
    for label, value in pairs:
        try:
            place = Place(f"{LANE}.{label}", label)
            position = parse_position(label, clock=clock, place=place)
            text = prompt_text(value, place)
            around = {"prefix": source.prefix, "suffix": source.suffix, "negative": source.negative}
            templates.append(parse_prompt(text, clock=clock, place=Place(place.where), **around))
            keys.append(HeldKey(position, label, str(len(templates) - 1)))
        except ScheduleError as error:
            problems += error.problems
    try:
        settled = settle_held(keys, Place(LANE)) if keys else []
        track = _checked([(key, templates[int(key.word)]) for key in settled], source.blend, clock)
    except ProjectError as error:
        problems += error.problems
    if problems:
        raise ProjectError(dict.fromkeys(problems))
    return track


def _pairs(source: PromptSource) -> list[tuple[str, object]]:
    """The keys and prompts as given. Raises ScheduleError if there are none, or for a wrong blend or prefix."""
    place = Place(LANE)
    if source.blend not in get_args(Blend):
        hint = did_you_mean(source.blend, get_args(Blend)) or f"Allowed: {', '.join(get_args(Blend))}."
        raise Place(f"{LANE}.blend").error(f"{quoted(source.blend)} is not a blend.", None, hint)
    for name, text in (("prefix", source.prefix), ("suffix", source.suffix), ("negative", source.negative)):
        if "--neg" in text:
            raise Place(f"{LANE}.{name}").error(
                '"--neg" is not allowed here.', None, "Use the negative prompt."
            )
    given = source.prompts
    pairs: list[tuple[str, object]] = []
    pairs += given.items() if isinstance(given, Mapping) else legacy_prompts(given)
    if not pairs:
        raise place.error("there is no prompt.", None, 'Example: 0 = "a lighthouse, oil painting".')
    return [(str(label), value) for label, value in pairs]


def _checked(ordered: list[tuple[HeldKey, PromptTemplate]], blend: Blend, clock: Clock) -> KeyedPrompts:
    """The track of sorted keys, after a look at every frame of every key."""
    problems: list[Problem] = []
    keys: list[KeyedPrompt] = []
    positions = tuple(key.position for key, _ in ordered)
    for index, (key, template) in enumerate(ordered):
        start = 0.0 if index == 0 else positions[index - (blend != "hold")]
        stop = positions[index + 1] if index + 1 < len(positions) else float(clock.frames)
        shown = np.arange(np.ceil(start), min(np.ceil(stop), clock.frames))
        try:
            keys.append(_checked_key(key, template, shown, clock))
        except ScheduleError as error:
            problems += [_named(problem, key.label) for problem in error.problems]
    if problems:
        raise ProjectError(problems)
    return KeyedPrompts(clock=clock, blend=blend, keys=tuple(keys), positions=positions)


def _checked_key(
    key: HeldKey, template: PromptTemplate, shown: NDArray[np.float64], clock: Clock
) -> KeyedPrompt:
    """The prompt of one key, which the frames `shown` show (perhaps none)."""
    moving = bool(template.expressions)
    if moving and not len(shown):  # its expressions need not exist outside the film
        return KeyedPrompt(position=key.position, label=key.label, template=template, fixed=None)
    frames = shown if len(shown) else np.zeros(1)
    template.check(frames, clock, Place(f"{LANE}.{key.label}"))
    first = template.at(int(frames[0]), clock)
    for text in _texts(first):
        parse_emphasis(text)
    fixed = None if moving else first
    return KeyedPrompt(position=key.position, label=key.label, template=template, fixed=fixed)


def _texts(prompt: FramePrompt) -> list[str]:
    return [share.text for mix in (*(part.mix for part in prompt.parts), prompt.negative) for share in mix]


def _named(problem: Problem, label: str) -> Problem:
    return problem if problem.where.startswith(f"{LANE}.") else replace(problem, where=f"{LANE}.{label}")
