"""Importing another program's settings file: detect the program, and make a project of the settings.

The file is a stranger's: it is read as text of limited size, nothing in it is run, and no address in it is visited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from keyframes import Problem, ProjectError, compile_timeline

from ..lanes import lane_specs
from ..load import MAX_BYTES as MAX_PROJECT
from ..load import read_project
from ..schema import SCHEMA_FILE
from .comfy import from_graph
from .comfy_graph import is_graph
from .common import MODEL_SAMPLER, SAMPLERS
from .conversion import Conversion
from .deforum import from_deforum
from .disco import from_disco
from .fizz import from_keyed_text, is_keyed_text
from .parseq import from_parseq
from .report import Report
from .travel import from_travel

MAX_BYTES = 1 << 25  # a Parseq manifest holds about fifty numbers per frame
_MAX_DEPTH = 24
_EXAMPLE = 'A Deforum file holds {"max_frames": 120, "prompts": {"0": "a lighthouse"}, ...}.'
_TEXT = "text"
_FIRST = ("title", "size", "fps", "frames", "seed", "model")  # the order of the project's first lines
_SURROGATES = re.compile("[\ud800-\udfff]")  # half a character, which JSON can hold and UTF-8 cannot
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_KNOWN = (
    "Deforum, Disco Diffusion, Parseq, ComfyUI with FizzNodes, FizzNodes' text, AnimateDiff prompt travel"
)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A project file's text, and the report of how it was made."""

    text: str
    report: Report


def import_settings(path: Path | str, *, folder: Path | None = None, model: str = "sketch") -> Imported:
    """Make a project of another program's settings file.

    folder: where the project will stand (default: next to the file). model: the model that the project names.
    Raises ProjectError for a file that is not a settings file, and for prompts that cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ProjectError(Problem(what=f"cannot be read: {reason}.", file=str(path))) from error
    if len(data) > MAX_BYTES:
        what = f"has more than {MAX_BYTES:,} bytes."
        raise ProjectError(Problem(what=what, file=str(path), hint="A settings file is a small text."))
    return convert(data, name=path.name, folder=folder or path.parent, model=model)


def convert(data: bytes, *, name: str, folder: Path, model: str = "sketch") -> Imported:
    """Make a project of a settings file's bytes. name: the file's name, for messages."""
    values = _parse(data, name)
    importer = _importer_of(values)
    if importer is None:
        raise _error("is not a known settings file.", name, hint=f"Known: {_KNOWN}. {_EXAMPLE}")
    job = Conversion(values, name=name, folder=folder, model=model)
    try:
        importer(job)
    except ProjectError as error:
        raise ProjectError([replace(p, file=name) for p in error.problems]) from error
    text = _toml(job.tables, job.report.lines())
    if len(text.encode()) > MAX_PROJECT:
        raise _error(f"makes a project of more than {MAX_PROJECT:,} bytes.", name, hint="")
    _check(text, name, folder)
    return Imported(text=text, report=job.report)


def _importer_of(values: Mapping[str, Any]) -> Callable[[Conversion], None] | None:
    """What imports these settings, by their shape."""
    if set(values) == {_TEXT}:
        return from_keyed_text
    framed = any(isinstance(values.get(name), list) for name in ("rendered_frames", "keyframes"))
    if framed and isinstance(values.get("options"), dict):
        return from_parseq
    if isinstance(values.get("prompt_map"), dict):
        return from_travel
    if is_graph(values):
        return from_graph
    if any(isinstance(values.get(name), dict | list) for name in ("prompts", "animation_prompts")):
        return from_deforum
    return from_disco if isinstance(values.get("text_prompts"), dict) else None


def _error(what: str, name: str, *, line: int | None = None, hint: str = _EXAMPLE) -> ProjectError:
    return ProjectError(Problem(what=what, file=name, line=line, hint=hint))


def _parse(data: bytes, name: str) -> dict[str, Any]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error(f"is not UTF-8 text (byte {error.start}).", name) from error
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        if is_keyed_text(text):
            return {_TEXT: text}
        raise _error(f"is not JSON: {error.msg}.", name, line=error.lineno) from error
    except (RecursionError, ValueError) as error:
        what = "cannot be read as JSON: it is nested too deeply, or a number is too long."
        raise _error(what, name) from error
    if not isinstance(values, dict):
        raise _error("is not a JSON object.", name)
    keyed = (re.fullmatch(r"\d{1,9}", key) and isinstance(value, str) for key, value in values.items())
    if values and all(keyed):
        return {_TEXT: text}
    if _is_nested(values, _MAX_DEPTH):
        raise _error("is nested too deeply for settings.", name)
    return values


def _is_nested(value: object, levels: int) -> bool:
    """Whether lists and objects stand in each other over more than `levels` levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 1 or _is_nested(child, levels - 1) for child in inner)


def _toml(tables: Mapping[str, Mapping[str, object]], comments: Iterable[str]) -> str:
    """A project's tables as TOML, with `comments` at the end; the top level is the table ""."""
    lines = [f"#:schema {SCHEMA_FILE}"]
    top = {**dict.fromkeys(_FIRST, ""), **tables[""]}
    top = {name: value for name, value in top.items() if value != ""}
    for table, settings in {**tables, "": top}.items():
        if settings and table:
            lines += ["", f"[{table}]"]
        for name, value in settings.items():
            key = name if _BARE.fullmatch(name) else _toml_value(name)
            lines.append(f"{key} = {_toml_value(value)}")
    lines += ["", *(f"# {line}".rstrip() for line in comments)]
    return "\n".join(lines) + "\n"


def _toml_value(value: object) -> str:
    """A text, number, truth value or list as TOML, which writes them like JSON. Raises ValueError for anything else."""
    if not isinstance(value, str | int | float | list | tuple):
        raise ValueError(f"{type(value).__name__} has no place in a project file")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _SURROGATES.sub("\ufffd", text).replace("\x7f", "\\u007f")


def _check(text: str, name: str, folder: Path) -> None:
    """Check the new project as a render would. What can still be wrong comes from the file's prompts."""
    samplers = (MODEL_SAMPLER, *dict.fromkeys(SAMPLERS.values()))
    try:
        project = read_project(text, name=name, folder=folder, need_files=False)
        specs = (*lane_specs(samplers, {}), *project.own_lanes)
        compile_timeline(project.clock, specs, project.given_lanes, project.prompts)
    except ProjectError as error:  # without lines: nobody has seen this project
        raise ProjectError([replace(p, file=name, line=None) for p in error.problems]) from error
