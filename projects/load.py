"""Reading a project file: every mistake in it found at once, each with its line."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from keyframes import Problem, ProjectError, did_you_mean

from .footage import PICTURES, find_footage, first_file, is_footage, is_sequence, is_video, sequence_files
from .lanes import place_of
from .pictures import picture_paths, picture_problems
from .project import Project
from .schema import ProjectFile
from .validation import (
    EXAMPLE,
    LENGTH,
    MAX_REPORTED,
    how_many_more,
    key_lines,
    line_of,
    longest_key,
    validate,
)

MAX_BYTES = 1 << 20
MAX_DEPTH = 32


def load_project(path: Path | str, *, allow_outside: bool = False) -> Project:
    """Read and check a project file.

    allow_outside: paths in the project may leave its folder.
    Raises ProjectError listing every problem with its line.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)  # no more: it may be a device without an end
    except FileNotFoundError:
        near = did_you_mean(
            path.name, [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        )
        raise _error(
            path, "there is no such file.", near or f"Make one with: reverie new {path.name}"
        ) from None
    except (OSError, ValueError) as error:
        raise _error(path, f"cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(data) > MAX_BYTES:
        raise _error(path, f"the file has more than {MAX_BYTES:,} bytes.", "A project is a small text file.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _error(path, f"is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
    return read_project(text, name=path.name, folder=path.parent.resolve(), allow_outside=allow_outside)


def read_project(
    text: str, *, name: str, folder: Path, allow_outside: bool = False, need_files: bool = True
) -> Project:
    """A project from its text; `name` is the file's, for messages. Raises as load_project.

    need_files: if not, pictures and sound that are not there, or may not be read, are left out.
    """
    document = _parse(text, name)
    lines = key_lines(text)
    file, problems = validate(document, name, lines)
    if file is None:
        raise ProjectError(_in_order(problems))

    def at(key: str) -> Problem:
        return Problem(what="", where=key, file=name, line=line_of(lines, key))

    def checked(value: str, key: str) -> Path | None:
        return _path(value, at(key), folder, allow_outside, problems)

    single = {key: checked(value, key) for key, value in _files(file)}
    footage = {key: find_footage(value, folder, partial(checked, key=key)) for key, value in _footage(file)}
    pictures = {}
    for key, value in picture_paths(file).items():
        path = checked(first_file(folder, value), key)
        if path is not None:
            pictures[key] = sequence_files(folder, value) if is_sequence(value) else {0: path}
    problems += picture_problems(file, at)
    if not need_files:
        optional = {*single, *footage, *picture_paths(file)}
        problems = [problem for problem in problems if problem.where not in optional]
    project = Project(
        name=Path(name).stem,
        file_name=name,
        folder=folder,
        text=text,
        file=file,
        lines=lines,
        init_image=single.get("init_image"),
        audio=single.get("audio"),
        depth_picture=single.get("motion.depth"),
        loras={name: path for name in file.lora if (path := single[f"lora.{name}.path"])},
        embeddings={name: path for name in file.embedding if (path := single[f"embedding.{name}.path"])},
        pictures=pictures,
        footage=footage,
    )
    if problems:
        # the frame at fault is known only if the length is, and if nothing depends on a sound
        known = file.audio is None and not any(problem.where in ("", *LENGTH) for problem in problems)
        found = [*problems, *(p for p in _lane_problems(project) if known or p.frame is None)]
        raise ProjectError(_in_order(found))
    return project


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """By line; those without one, and how many more there are, at the end."""
    return sorted(problems, key=lambda problem: math.inf if problem.line is None else problem.line)


def located(project: Project, problems: Sequence[Problem]) -> list[Problem]:
    """The problems of a project's lanes and prompts with file, line and table put in, in the file's order."""
    found = []
    for problem in problems:
        where = problem.where
        if where and where.partition(".")[0] != "prompts":  # a lane, and `seed` is one besides the film's own
            where = place_of(where)
        line = problem.line if problem.line is not None else line_of(project.lines, where)
        found.append(replace(problem, where=where, line=line, file=problem.file or project.file_name))
    return [*_in_order(found)[:MAX_REPORTED], *how_many_more(found, project.file_name)]


def _lane_problems(project: Project) -> list[Problem]:
    """Problems of the schedules, for a file that has others: all are reported at once."""
    from keyframes import compile_timeline

    from .lanes import lane_specs

    given = {lane: value for lane, value in project.given_lanes.items() if lane != "sampler"}
    try:
        compile_timeline(
            project.clock,
            (*lane_specs(("default",), {}), *project.own_lanes),
            given,
            project.prompts,
        )
    except ProjectError as error:
        return located(project, error.problems)
    return []


def _parse(text: str, name: str) -> dict[str, Any]:
    if "\0" in text:
        raise _error(Path(name), "holds NUL bytes: it is not a text file.", "Save it as UTF-8.")
    try:
        if longest_key(text) > MAX_DEPTH:
            raise RecursionError
        document = tomllib.loads(text.removeprefix("\ufeff"))
        if _is_deep(document):
            raise RecursionError
        return document
    except tomllib.TOMLDecodeError as error:
        raise _error(Path(name), f"is not TOML: {error}.", EXAMPLE) from error
    except (RecursionError, ValueError) as error:
        raise _error(
            Path(name), "is not TOML that can be read: nested too deeply or a number too long."
        ) from error


def _is_deep(document: dict[str, Any]) -> bool:
    """Whether tables and lists are nested deeper than any project needs."""
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return bool(level)


def _files(file: ProjectFile) -> Iterator[tuple[str, str]]:
    """The settings that name one file each."""
    if file.init_image is not None:
        yield "init_image", file.init_image
    if file.audio is not None:
        yield "audio", file.audio
    depth = file.motion.depth
    if depth.lower().endswith(PICTURES) and not is_footage(depth):
        yield "motion.depth", depth
    yield from ((f"lora.{name}.path", lora.path) for name, lora in file.lora.items())
    yield from ((f"embedding.{name}.path", embedding.path) for name, embedding in file.embedding.items())


def _footage(file: ProjectFile) -> Iterator[tuple[str, str]]:
    """The settings that name moving pictures."""
    if file.video.input:
        yield "video.input", file.video.input
    if is_video(file.video.mask) or file.video.mask.lower().endswith(PICTURES):
        yield "video.mask", file.video.mask
    if is_footage(file.motion.depth):
        yield "motion.depth", file.motion.depth
    for name, control in file.control.items():
        if control.is_footage:
            yield f"control.{name}.source", control.source
    yield from ((f"masks.{name}", path) for name, path in file.masks.items() if is_video(path))


def _path(value: str, at: Problem, folder: Path, allow_outside: bool, problems: list[Problem]) -> Path | None:
    """A path of the project, resolved (links too); it must exist and lie in the project's folder."""
    try:
        path = (folder / value).resolve()
        inside = path.is_relative_to(folder.resolve())
        there = path.is_file()
    except (OSError, ValueError, RuntimeError):
        problems.append(replace(at, what=f"{value[:200]!r} is not a usable path."))
        return None
    if not inside and not allow_outside:
        hint = "Copy the file there, or allow it with --allow-outside."
        problems.append(replace(at, what=f"{value!r} lies outside the project's folder.", hint=hint))
        return None
    if not there:
        problems.append(replace(at, what=f"there is no file {value!r}.", hint=f"Looked in {folder}."))
        return None
    return path


def _error(path: Path, what: str, hint: str = "") -> ProjectError:
    return ProjectError(Problem(what=what, file=str(path), hint=hint))
