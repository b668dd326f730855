"""Reading a project file: every mistake in it found at once, each with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from keyframes import Problem, ProjectError, did_you_mean

from .lanes import TABLES, table_of
from .places import key_lines, line_of
from .project import Project
from .schema import ProjectFile, Prompts

MAX_BYTES = 1 << 20
_EXAMPLE = 'A film is: frames = 60 and a table [prompts] with 0 = "a lighthouse at night".'


def load_project(path: Path | str, *, allow_outside: bool = False) -> Project:
    """Read and check a project file.

    allow_outside: paths in the project may leave its folder.
    Raises ProjectError listing every problem with its line.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _error(
                path, f"the file has more than {MAX_BYTES:,} bytes.", "A project is a small text file."
            )
        data = path.read_bytes()
    except FileNotFoundError:
        near = did_you_mean(
            path.name, [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        )
        raise _error(
            path, "there is no such file.", near or f"Make one with: reverie new {path.name}"
        ) from None
    except (OSError, ValueError) as error:
        raise _error(path, f"cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error(path, f"is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
    return read_project(text, name=path.name, folder=path.parent.resolve(), allow_outside=allow_outside)


def read_project(text: str, *, name: str, folder: Path, allow_outside: bool = False) -> Project:
    """A project from its text; `name` is the file's, for messages. Raises as load_project."""
    document = _parse(text, name)
    lines = key_lines(text)
    file, problems = _validate(document, name, lines)
    if file is None:
        raise ProjectError(sorted(problems, key=lambda problem: problem.line or 0))
    init_image, audio = (
        _path(
            value,
            Problem(what="", where=key, file=name, line=line_of(lines, key)),
            folder,
            allow_outside,
            problems,
        )
        for key, value in _paths(file)
    )
    project = Project(
        name=Path(name).stem,
        file_name=name,
        folder=folder,
        text=text,
        file=file,
        lines=lines,
        init_image=init_image,
        audio=audio,
    )
    if problems:
        found = [*problems, *_lane_problems(project)]
        raise ProjectError(sorted(found, key=lambda problem: problem.line or 0))
    return project


def located(project: Project, problems: Sequence[Problem]) -> list[Problem]:
    """The problems of a project's lanes and prompts with file, line and table put in."""
    found = []
    for problem in problems:
        where = problem.where
        if where and where.partition(".")[0] not in (*ProjectFile.model_fields, *TABLES):
            where = f"{table_of(where)}.{where}"
        line = problem.line if problem.line is not None else line_of(dict(project.lines), where)
        found.append(replace(problem, where=where, line=line, file=problem.file or project.file_name))
    return found


def _lane_problems(project: Project) -> list[Problem]:
    """What is wrong in the schedules, when something else is wrong already: all mistakes in one go."""
    from keyframes import compile_timeline

    from .lanes import lane_specs

    given = {lane: value for lane, value in project.given_lanes.items() if lane != "sampler"}
    try:
        compile_timeline(project.clock, lane_specs(("default",), {}), given, project.prompts)
    except ProjectError as error:
        return located(project, error.problems)
    return []


def _parse(text: str, name: str) -> dict[str, Any]:
    if "\0" in text:
        raise _error(Path(name), "holds NUL bytes: it is not a text file.", "Save it as UTF-8.")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _error(Path(name), f"is not TOML: {error}.", _EXAMPLE) from error
    except (RecursionError, ValueError) as error:
        raise _error(
            Path(name), "is not TOML that can be read: nested too deeply or a number too long."
        ) from error


def _validate(
    document: dict[str, Any], name: str, lines: dict[str, int]
) -> tuple[ProjectFile | None, list[Problem]]:
    """The file as far as it is right, and what is wrong: faulty entries are taken out and the rest is read."""
    problems: list[Problem] = []
    for _ in range(3):  # taking an entry out can bring up what it hid, such as a length that is now missing
        try:
            return ProjectFile.model_validate(document), problems
        except ValidationError as error:
            told = {problem.where for problem in problems}
            problems += [
                p for p in _problems(error, name, lines) if not problems or (p.where and p.where not in told)
            ]
            for fault in error.errors():
                _take_out(document, fault["loc"])
    return None, problems


def _problems(error: ValidationError, name: str, lines: dict[str, int]) -> list[Problem]:
    """One problem for each place; where several kinds of value are allowed, pydantic complains once for each."""
    by_place: dict[str, Problem] = {}
    for fault in error.errors():
        problem = _problem(fault, name, lines)
        if problem.where in by_place and problem.where:
            lane = any(problem.where == f"{table}.{s.name}" for table, specs in TABLES.items() for s in specs)
            what = _LANE if lane else "must be text or a table of texts."
            problem = Problem(what=what, where=problem.where, file=name, line=problem.line)
        by_place[problem.where] = problem
    return list(by_place.values())


_LANE = "must be a number, a schedule such as '0: (1.0), 60: (1.03)', or a table of keys."


def _take_out(document: dict[str, Any], where: tuple[int | str, ...]) -> None:
    table: Any = document
    for step in where[:-1]:
        if not isinstance(table, dict) or not isinstance(table.get(str(step)), dict):
            break
        table = table[str(step)]
    else:
        if where and isinstance(table, dict):
            table.pop(str(where[-1]), None)
            return
    if where:
        document.pop(str(where[0]), None)


def _problem(fault: Mapping[str, Any], name: str, lines: dict[str, int]) -> Problem:
    # pydantic adds the member of a union that it tried ("Prompts", "str") to the place; people do not know those
    steps = [str(step) for step in fault["loc"] if str(step) not in _UNION_STEPS]
    where = ".".join(steps)
    what, hint = str(fault["msg"]).removeprefix("Value error, "), ""
    if fault["type"] == "extra_forbidden":
        what, hint = f'"{steps[-1]}" is not a setting here.', _known(steps)
    elif fault["type"] == "missing":
        what, hint = f'"{where}" is missing.', _EXAMPLE
    what = what if what.endswith(".") else f"{what}."
    return Problem(what=what, where=where, file=name, line=line_of(lines, where), hint=hint)


_UNION_STEPS = {"Prompts", "str", "int", "float", "constrained-str"} | {
    "dict[str,any]",
    "tuple[int, int]",
    "dict",
}


def _known(steps: list[str]) -> str:
    model: Any = ProjectFile
    if len(steps) > 1:
        model = {
            **{t: ProjectFile.model_fields[t].annotation for t in (*TABLES, "output")},
            "prompts": Prompts,
        }.get(steps[0])
    names = list(model.model_fields) if model is not None else []
    return did_you_mean(steps[-1], names) or f"Known: {', '.join(names)}."


def _paths(file: ProjectFile) -> tuple[tuple[str, str | None], tuple[str, str | None]]:
    return ("init_image", file.init_image), ("audio", file.audio)


def _path(
    value: str | None, at: Problem, folder: Path, allow_outside: bool, problems: list[Problem]
) -> Path | None:
    """A path of the project, resolved (links too); it must exist and lie in the project's folder."""
    if value is None:
        return None
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
    elif not there:
        problems.append(replace(at, what=f"there is no file {value!r}.", hint=f"Looked in {folder}."))
    return path


def _error(path: Path, what: str, hint: str = "") -> ProjectError:
    return ProjectError(Problem(what=what, file=str(path), hint=hint))
