"""Pictures that a project names: of masks, guides, colour references and IP-Adapters; and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from keyframes import Clock, Problem, ProjectError, parse_position
from keyframes.errors import Place

from .footage import PICTURES, is_video
from .masks import EVERYWHERE, parse_mask
from .schema import ProjectFile

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TAKEN = (EVERYWHERE, "depth", "color", "light")
COLORS_FROM = ("auto", "frame", "previous", "prompt")


def picture_paths(file: ProjectFile) -> dict[str, str]:
    """Dotted key -> path, for every picture of masks, guides, colours and IP-Adapters; videos are footage."""
    found = {f"masks.{name}": path for name, path in file.masks.items() if not is_video(path)}
    for position, path in file.guide.keys.items():
        if isinstance(path, str):
            found[f"guide.{position}"] = path
    if file.coherence.color_from not in COLORS_FROM:
        found["coherence.color_from"] = file.coherence.color_from
    for name, adapter in file.ip_adapter.items():
        found |= {
            f"ip_adapter.{name}.pictures.{position}": path for position, path in adapter.pictures.items()
        }
    return found


def picture_problems(file: ProjectFile, at: Callable[[str], Problem]) -> list[Problem]:
    """The problems of masks, guides, IP-Adapters' pictures and the colour reference, but for missing files."""
    return [*_mask_problems(file, at), *_keyed_problems(file, at), *_color_problems(file, at)]


def _mask_problems(file: ProjectFile, at: Callable[[str], Problem]) -> Iterator[Problem]:
    for name in file.masks:
        if not _NAME.fullmatch(name) or name in _TAKEN:
            hint = f"Allowed: letters, digits and _, and not {', '.join(_TAKEN)}. Example: sky"
            yield replace(at(f"masks.{name}"), what=f"{name[:60]!r} cannot be the name of a mask.", hint=hint)
    for name, text in (("mask", file.coherence.mask), ("noise_mask", file.coherence.noise_mask)):
        if text.strip():
            yield from _wrong(at(f"coherence.{name}"), partial(parse_mask, text, file.masks))


def _keyed_problems(file: ProjectFile, at: Callable[[str], Problem]) -> Iterator[Problem]:
    """Those of guides and of IP-Adapters' pictures: key positions and files."""
    clock = Clock(frames=file.length, fps=file.fps, bpm=file.bpm, seed=file.seed)
    keyed = {f"guide.{key}": (key, value) for key, value in file.guide.keys.items()}
    for name, adapter in file.ip_adapter.items():
        keyed |= {f"ip_adapter.{name}.pictures.{key}": (key, path) for key, path in adapter.pictures.items()}
    for where, (key, value) in keyed.items():
        place = at(where)
        if not isinstance(value, str):
            yield replace(place, what="a guide is a picture's file.", hint='Example: 0 = "start.png"')
        elif where.startswith("ip_adapter.") and not value.lower().endswith(PICTURES):
            yield replace(place, what=f"{value[:100]!r} is not a picture ({', '.join(PICTURES)}).")
        yield from _wrong(place, partial(parse_position, key, clock=clock, place=Place("", key)))


def _color_problems(file: ProjectFile, at: Callable[[str], Problem]) -> Iterator[Problem]:
    given = file.coherence.color_from
    if given not in COLORS_FROM and not given.lower().endswith(PICTURES):
        what = f"{given[:60]!r} is not a colour reference."
        hint = f'Allowed: "frame", "previous", "prompt", or a picture ({", ".join(PICTURES)}).'
        yield replace(at("coherence.color_from"), what=what, hint=hint)


def _wrong(place: Problem, read: Callable[[], object]) -> Iterator[Problem]:
    """The problems of reading a text, with their place in the file."""
    try:
        read()
    except ProjectError as error:
        for problem in error.problems:
            yield replace(problem, where=place.where, file=place.file, line=place.line)
