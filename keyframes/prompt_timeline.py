"""Prompts over time: which key's prompt is shown at a frame, or how two are blended; and prompts of other programs."""

from __future__ import annotations

import ast
import json
import re
import warnings
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from operator import attrgetter
from typing import TYPE_CHECKING, get_args

import numpy as np

from keyframes.clock import Clock
from keyframes.emphasis import parse_emphasis
from keyframes.errors import Place, Problem, ProjectError, ScheduleError, did_you_mean, quoted
from keyframes.positions import parse_position
from keyframes.prompts import (
    LANE,
    Blend,
    FramePrompt,
    MixedKey,
    PromptPart,
    PromptSource,
    PromptTemplate,
    TextShare,
    parse_prompt,
)
from keyframes.word_schedules import HeldKey, settle_held

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_TEXT = 4_000_000
EXAMPLE = 'Example: {"0": "a lighthouse", "100": "a calm sea"}.'

_OBJECT = re.compile(r"""\s*\{\s*(?:["']|\d+\s*:|\})""")


PromptKey = HeldKey[PromptTemplate | FramePrompt]
"""A key of the prompts: what its prompt is made from, or the prompt itself where it is the same at every frame."""


@dataclass(frozen=True, kw_only=True, eq=False)
class KeyedPrompts:
    """All prompts, resolved and sorted."""

    clock: Clock
    blend: Blend
    keys: tuple[PromptKey, ...]

    def at(self, frame: int) -> FramePrompt:
        """The prompt of one frame. Frames that show the same fixed prompt share one object."""
        first, *others = self.unmixed(frame)
        return blend_prompts(first.prompt, others[0].prompt, others[0].share) if others else first.prompt

    def unmixed(self, frame: int) -> tuple[MixedKey, ...]:
        """The keys of a frame's prompt: one, or two that are blended; their shares sum to 1."""
        key, after, u = self.around(frame)
        now = self._mixed(key, frame, 1.0 - u)
        return (now,) if after is None else (now, self._mixed(after, frame, u))

    def _mixed(self, key: PromptKey, frame: int, share: float) -> MixedKey:
        if isinstance(key.value, PromptTemplate):
            return MixedKey(key.position, key.value.at(frame, self.clock), share, fixed=False)
        return MixedKey(key.position, key.value, share, fixed=True)

    def around(self, frame: int) -> tuple[PromptKey, PromptKey | None, float]:
        """The current key, and when blending the next one and its share, above 0 and below 1."""
        index = max(bisect_right(self.keys, frame, key=attrgetter("position")) - 1, 0)
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
    keys: list[HeldKey[PromptTemplate]] = []
    around = {"prefix": source.prefix, "suffix": source.suffix, "negative": source.negative}
    for label, value in _pairs(source):
        try:
            place = Place(f"{LANE}.{label}", label)
            position = parse_position(label, clock=clock, place=place)
            text = _prompt_text(value, place)
            template = parse_prompt(text, clock=clock, place=Place(place.where), **around)
            keys.append(HeldKey(position, label, template))
        except ScheduleError as error:
            problems += error.problems
    try:
        track = _checked(settle_held(keys, Place(LANE)), source.blend, clock)
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
    pairs = [*given.items()] if isinstance(given, Mapping) else _legacy_prompts(given)
    if not pairs:
        raise place.error("there is no prompt.", None, 'Example: 0 = "a lighthouse, oil painting".')
    return [(str(label), value) for label, value in pairs]


def _legacy_prompts(text: str) -> list[tuple[str, object]]:
    """(key, prompt) in the order of `text`; any other text is itself the prompt of key 0.

    Raises ScheduleError, with a column, for an object that cannot be read.
    """
    place = Place(LANE, text)
    if not _OBJECT.match(text):
        return [("0", text)]
    if len(text) > MAX_TEXT:
        raise place.error(f"the prompts have {len(text)} characters.", None, f"Allowed: {MAX_TEXT}.")
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        found = _python_pairs(text)
        if found is None:
            what = f"these prompts are not JSON: {error.msg}."
            raise place.error(what, error.pos, EXAMPLE) from error
        return found
    except (RecursionError, ValueError) as error:
        raise place.error("these prompts are nested too deeply.", None, EXAMPLE) from error
    return [(str(key), value) for key, value in pairs]


def _python_pairs(text: str) -> list[tuple[str, object]] | None:
    """The pairs of a Python dict of literals, or None. Nothing is run: `ast` only reads literals."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a prompt does not concern us
            tree = ast.parse(text.strip(), mode="eval").body
            if not isinstance(tree, ast.Dict):
                return None
            keys = [ast.literal_eval(key) for key in tree.keys if key is not None]
            values = [ast.literal_eval(value) for value in tree.values]
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    return [(str(key), value) for key, value in zip(keys, values, strict=False)]


def _prompt_text(value: object, place: Place) -> str | list[str]:
    """A prompt from a project file: a text, or a list of texts. Raises ScheduleError for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    if isinstance(value, dict):
        raise place.error(
            "this key holds a table.", None, 'A key with a point needs quotes: "2.5s" = "a cat".'
        )
    what = f"{quoted(repr(value)[:100], 40)} is not a prompt."
    raise place.error(what, None, 'Allowed: a text, or a list such as ["a cat:2", "a dog:1"].')


def _checked(ordered: list[HeldKey[PromptTemplate]], blend: Blend, clock: Clock) -> KeyedPrompts:
    """The track of sorted keys, after a look at every frame of every key."""
    problems: list[Problem] = []
    keys: list[PromptKey] = []
    positions = tuple(key.position for key in ordered)
    for index, key in enumerate(ordered):
        start = 0.0 if index == 0 else positions[index - (blend != "hold")]
        stop = positions[index + 1] if index + 1 < len(positions) else float(clock.frames)
        shown = np.arange(np.ceil(start), min(np.ceil(stop), clock.frames))
        try:
            keys.append(_checked_key(key, shown, clock))
        except ScheduleError as error:
            problems += [_named(problem, key.label) for problem in error.problems]
    if problems:
        raise ProjectError(problems)
    return KeyedPrompts(clock=clock, blend=blend, keys=tuple(keys))


def _checked_key(key: HeldKey[PromptTemplate], shown: NDArray[np.float64], clock: Clock) -> PromptKey:
    """The prompt of one key, which the frames `shown` show (perhaps none)."""
    template = key.value
    moving = bool(template.expressions)
    if moving and not len(shown):  # its expressions need not exist outside the film
        return PromptKey(key.position, key.label, template)
    frames = shown if len(shown) else np.zeros(1)
    template.check(frames, clock, Place(f"{LANE}.{key.label}"))
    first = template.at(int(frames[0]), clock)
    for text in _texts(first):
        parse_emphasis(text)
    return PromptKey(key.position, key.label, template if moving else first)


def _texts(prompt: FramePrompt) -> list[str]:
    return [share.text for mix in (*(part.mix for part in prompt.parts), prompt.negative) for share in mix]


def _named(problem: Problem, label: str) -> Problem:
    return problem if problem.where.startswith(f"{LANE}.") else replace(problem, where=f"{LANE}.{label}")
