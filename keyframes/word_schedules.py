"""Schedules of words, such as `0: ("Euler a"), 40: (heun)`: a word holds until the next key."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from keyframes.clock import Clock
from keyframes.curves import current_keys
from keyframes.entries import Entry, split_entries, unwrap
from keyframes.errors import Place, did_you_mean, quoted
from keyframes.positions import parse_position
from keyframes.schedules import LaneValue

T = TypeVar("T")


class HeldKey(NamedTuple, Generic[T]):
    """A key whose value holds: its frame, its place as written, and the value, such as a word."""

    position: float
    label: str
    value: T


@dataclass(frozen=True, kw_only=True)
class WordSchedule:
    """One word lane's keys, resolved and sorted."""

    lane: str
    clock: Clock
    keys: tuple[HeldKey[str], ...]

    def words(self) -> tuple[str, ...]:
        """The word at every frame."""
        positions = np.array([key.position for key in self.keys])
        current = current_keys(positions, np.arange(self.clock.frames, dtype=np.float64))
        return tuple(self.keys[index].value for index in current.tolist())

    def explain(self, frame: int) -> str:
        """Where the word at `frame` comes from."""
        index = max(bisect_right(self.keys, frame, key=attrgetter("position")) - 1, 0)
        return "constant" if len(self.keys) == 1 else f"held from key {self.keys[index].label}"


def parse_words(value: LaneValue, *, lane: str, clock: Clock, choices: Sequence[str]) -> WordSchedule:
    """A word, a schedule string of words or a table of keys as a WordSchedule.

    A word is written with or without quotes and brackets, in capitals or not; it must be one of `choices`.
    Raises ScheduleError naming the choices, and the nearest one.
    """
    place = Place(where=lane, source=value if isinstance(value, str) else "")
    if isinstance(value, str):
        entries = split_entries(value, place)
    elif isinstance(value, Mapping):
        entries = [Entry(str(label), 0, word, 0) for label, word in value.items() if isinstance(word, str)]
        if len(entries) != len(value) or not entries:
            raise place.error(
                "this table must hold words.", None, 'Example: { "0" = "euler", "40" = "heun" }.'
            )
    else:
        raise place.error(
            f"{quoted(str(value)[:100])} is not a word.", None, f"Allowed: {', '.join(choices)}."
        )
    keys = []
    for entry in entries:
        label, label_at = unwrap(entry.key, entry.key_at, place)
        position = parse_position(label, clock=clock, place=place.moved(label_at))
        word, at = unwrap(entry.value, entry.value_at, place)
        keys.append(HeldKey(position, label, _chosen(word, choices, place.moved(at))))
    return WordSchedule(lane=lane, clock=clock, keys=tuple(settle_held(keys, place)))


def _chosen(word: str, choices: Sequence[str], place: Place) -> str:
    for choice in choices:
        if word.casefold() == choice.casefold():
            return choice
    hint = did_you_mean(word.casefold(), choices)
    raise place.error(
        f"{quoted(word)} is not one of the choices.", 0, f"{hint} Allowed: {', '.join(choices)}.".strip()
    )


def settle_held(keys: Iterable[HeldKey[T]], place: Place) -> list[HeldKey[T]]:
    """The keys sorted. Raises ScheduleError for two at one frame."""
    kept: dict[float, HeldKey[T]] = {}
    for key in keys:
        before = kept.setdefault(key.position, key)
        if before is not key:
            labels = f"{quoted(before.label, 30)} and {quoted(key.label, 30)}"
            what = f"the keys {labels} are both at frame {key.position:g}."
            raise place.error(what, None, "Keep one of them.")
    return [kept[position] for position in sorted(kept)]
