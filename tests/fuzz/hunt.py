"""One base of the key fuzz: its settings changed in turn, and what is wrong with the keys."""

from __future__ import annotations

import copy
import hashlib
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

import render as api
from keyframes import ReverieError

from ..house import lanes_at_start, shown
from .bases import COUNT, REAL, Document, bases
from .settings import ANY, CHANGES_AT, UNSEEN, Setting, all_settings

STALE = "stale"  # frames of one key have different pixels
FRESH = "needlessly fresh"  # a frame's key changes with a setting that does nothing there
ENOUGH = 4  # so many values in a row that change nothing say that a setting is idle
BREAKS = "breaks"  # the plan accepts what the render then stumbles over


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong: of which kind, in which base, with which setting."""

    kind: str
    base: str
    setting: str
    words: str = field(compare=False, default="")


@dataclass(frozen=True)
class Frames:
    """A film as the fuzz sees it: each frame's key and the digest of its pixels."""

    keys: tuple[str, ...]
    pixels: tuple[str, ...]


@dataclass
class Found:
    """What a hunt found. tried: how many films were rendered; settled: the settings of which a value was legal."""

    faults: list[Fault]
    tried: int
    settled: set[str]


class Hunt:
    """The films of one base."""

    def __init__(self, base: str, document: Document, folder: Path) -> None:
        self.base, self.document, self.folder = base, document, folder
        self._studio = api.Studio(device="cpu") if base == REAL else None
        self._seen: dict[tuple[int, str], tuple[str, str]] = {}
        self._faults: set[Fault] = set()
        self._tried = 0
        self.plain = self._film(document, "as it is")
        self._start = lanes_at_start(toml(document), folder)

    def run(self, settings: Sequence[Setting], *, most: int | None = None) -> Found:
        """Change the settings in turn; `most`: how many legal values of each, all by default."""
        settled = set()
        for setting in settings:
            films: list[tuple[object, Frames]] = []
            for label, value, changed in self._changes(setting):
                try:
                    films.append((value, self._film(changed, label, setting.name)))
                except ReverieError:
                    continue
                if len(films) == most:
                    break
                if len(films) == ENOUGH and all(film == self.plain for _, film in films):
                    break  # it does nothing here
            settled |= {setting.name} if films else set()
            self._look_for_fresh(setting, films, enough=1 if most is None else 2)
        return Found(sorted(self._faults), self._tried, settled)

    def _changes(self, setting: Setting) -> Iterator[tuple[str, object, Document]]:
        """The base with a setting changed, and how; in an order of the base's own."""
        for path in _paths(setting.path, self.document):
            values = [*setting.values, *self._schedules(path, setting)]
            random.Random(f"{self.base} {setting.name}").shuffle(values)
            for value in values:
                changed = copy.deepcopy(self.document)
                _set(changed, path, value)
                if changed != self.document:
                    yield f"{'.'.join(path)} = {value!r}", value, changed

    def _schedules(self, path: tuple[str, ...], setting: Setting) -> list[str]:
        """Schedules that leave the lane's own value at a later frame."""
        before = _get(self.document, path, self._start.get(path[-1]) if len(path) == 2 else None)
        if not setting.lane or not isinstance(before, int | float) or isinstance(before, bool):
            return []
        numbers = [value for value in setting.values if isinstance(value, int | float) and value != before]
        return [f"0: ({before}) hold, {CHANGES_AT}: ({value}) hold" for value in numbers[1:4]]

    def _film(self, document: Document, label: str, setting: str = "") -> Frames:
        """Render, and compare with every film before. Raises ReverieError if the plan refuses it."""
        text = toml(document)
        try:
            made = shown(text, self.folder, count=COUNT, keen=self._studio is None, studio=self._studio)
        except Exception as error:
            lanes_at_start(text, self.folder)  # raises if the project is not legal
            said = f"{label}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            self._faults.add(Fault(BREAKS, self.base, setting, said[:200]))
            raise ReverieError(said) from error
        self._tried += 1
        pixels = tuple(
            hashlib.blake2b(str(one.shape).encode() + one.tobytes(), digest_size=16).hexdigest()
            for one in made.pictures
        )
        for frame, (key, digest) in enumerate(zip(made.keys, pixels, strict=True)):
            known, other = self._seen.setdefault((frame, key), (digest, label))
            if known != digest:
                words = f"frame {frame}: {label} has the key of {other}, and other pixels"
                self._faults.add(Fault(STALE, self.base, setting, words))
        return Frames(made.keys, pixels)

    def _look_for_fresh(
        self, setting: Setting, films: Sequence[tuple[object, Frames]], *, enough: int
    ) -> None:
        """A frame's key holds its predecessor's, so only the first frame whose key changes says something. One value
        may leave the pixels by chance: `enough` of them have to.
        """
        first: dict[int, list[tuple[object, Frames]]] = {}
        for value, film in films:
            changed = [n for n, (a, b) in enumerate(zip(self.plain.keys, film.keys, strict=False)) if a != b]
            if changed:
                first.setdefault(changed[0], []).append((value, film))
        for frame, those in first.items():
            if len({str(value) for value, _ in those}) < enough:
                continue
            if all(film.pixels[frame] == self.plain.pixels[frame] for _, film in those):
                values = ", ".join(repr(value) for value, _ in those)
                words = f"the key of frame {frame} changes, its pixels never do: {values}"
                self._faults.add(Fault(FRESH, self.base, setting.name, words[:300]))


@dataclass(frozen=True)
class Slice:
    """A part of the settings, in one base: what one process does."""

    base: str
    part: int = 0
    parts: int = 1

    def __str__(self) -> str:
        return self.base if self.parts == 1 else f"{self.base} ({self.part + 1} of {self.parts})"


def hunt(
    slice: Slice,
    folder: Path,
    *,
    most: int | None = None,
    only: str | tuple[str, ...] = "",
    own: bool = False,
) -> tuple[Slice, Found, float]:
    """Hunt in one base, on one thread; how long it took goes with what was found.

    only: settings whose names begin so. own: only those that the base itself gives.
    """
    torch.set_num_threads(1)
    began, document = time.monotonic(), bases()[slice.base]
    wanted = [one for one in all_settings() if one.name.startswith(only) and _is_seen(one, slice.base)]
    if own:
        wanted = [one for one in wanted if any(_get(document, path) for path in _paths(one.path, document))]
    found = Hunt(slice.base, document, folder).run(wanted[slice.part :: slice.parts], most=most)
    return slice, found, time.monotonic() - began


def _is_seen(setting: Setting, base: str) -> bool:
    """Whether the base's painter sees a setting that others do not, or sees it sooner."""
    if base == REAL:
        return setting.name.startswith((*UNSEEN, "control.", "diffusion.", "model", "prompts."))
    return not setting.name.startswith((*UNSEEN, "control.*.model"))


def toml(document: Mapping[str, object]) -> str:
    """A project file of these tables."""
    head = [f"{key} = {_value(value)}" for key, value in document.items() if not isinstance(value, dict)]
    tables = [
        "\n".join([f"\n[{key}]", *(f"{json.dumps(name)} = {_value(one)}" for name, one in value.items())])
        for key, value in document.items()
        if isinstance(value, dict)
    ]
    return "\n".join([*head, *tables]) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def _paths(path: tuple[str, ...], document: Document) -> Iterator[tuple[str, ...]]:
    """The places in a project where a setting can stand: one for each name of a table of names."""
    if ANY not in path:
        yield path
        return
    place = path.index(ANY)
    names = document.get(path[0], {})
    for name in names if isinstance(names, dict) else ():
        yield (*path[:place], name, *path[place + 1 :])


def _get(document: Document, path: tuple[str, ...], default: object = None) -> object:
    found: object = document
    for name in path:
        found = found.get(name, default) if isinstance(found, dict) else default
    return found


def _set(document: Document, path: tuple[str, ...], value: object) -> None:
    table: dict[str, object] = document
    for name in path[:-1]:
        table = table.setdefault(name, {})  # type: ignore[assignment]
    table[path[-1]] = copy.deepcopy(value)
