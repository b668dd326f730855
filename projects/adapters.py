"""The pictures of IP-Adapters, by key: which there are, and what is wrong with their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from keyframes import Clock, Problem, ProjectError, parse_position
from keyframes.errors import Place

from .footage import PICTURES
from .schema import ProjectFile


def adapter_paths(file: ProjectFile) -> dict[str, str]:
    """Dotted key -> path of every picture."""
    return {
        f"ip_adapter.{name}.pictures.{position}": path
        for name, adapter in file.ip_adapter.items()
        for position, path in adapter.pictures.items()
    }


def adapter_keys(file: ProjectFile, clock: Clock, name: str) -> list[tuple[int, str]]:
    """(frame, dotted key) of the pictures of an adapter of a checked project, by frame."""
    keys = file.ip_adapter[name].pictures
    return sorted(
        (int(parse_position(key, clock=clock)), f"ip_adapter.{name}.pictures.{key}") for key in keys
    )


def adapter_problems(file: ProjectFile, at: Callable[[str], Problem]) -> Iterator[Problem]:
    """All that is wrong with the keys, and with pictures that are none."""
    clock = Clock(frames=file.length, fps=file.fps, bpm=file.bpm, seed=file.seed)
    for name, adapter in file.ip_adapter.items():
        for key, path in adapter.pictures.items():
            place = at(f"ip_adapter.{name}.pictures.{key}")
            if not path.lower().endswith(PICTURES):
                yield replace(place, what=f"{path[:100]!r} is no picture ({', '.join(PICTURES)}).")
            try:
                parse_position(key, clock=clock, place=Place("", key))
            except ProjectError as error:
                for problem in error.problems:
                    yield replace(problem, where=place.where, file=place.file, line=place.line)
