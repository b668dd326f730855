"""What is wrong with a parsed project file, in plain words, and in which line.

pydantic checks the file against the schema; here its errors become problems with a line and a hint. What is right is
read all the same, so that nothing hides behind the first mistake. `tomllib` keeps no positions: `key_lines` reads the
text line by line and knows tables, dotted and quoted keys and multi-line strings; where it is unsure it gives no line
rather than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from keyframes import Problem, did_you_mean
from keyframes.errors import quoted

from .schema import ProjectFile
from .schema.film import tables

MAX_REPORTED = 50
LENGTH = ("frames", "duration")
EXAMPLE = 'A film is: frames = 60 and a table [prompts] with 0 = "a lighthouse at night".'

# What replaces a length or prompts that are wrong, so that the rest can be checked too.
_SOME_LENGTH, _SOME_PROMPTS = 10_000, {"0": "missing"}
_LANE = "must be a number, a schedule such as '0: (1.0), 60: (1.03)', or a table of keys."
_PHRASES = {  # pydantic's own words are for programmers
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "tuple_type": "must be [width, height]",
    "too_long": "must be [width, height]",
}
_MISSING = {
    "lora": 'Example: path = "style.safetensors"',
    "embedding": 'Example: path = "mystyle.safetensors"',
    "ip_adapter": 'Example: model = "ip-adapter_sd15.safetensors" and pictures = {0 = "a.png"}',
    "control": 'Example: model = "lllyasviel/control_v11p_sd15_canny"',
}
_UNION_STEPS = {
    *("Prompts", "str", "int", "float", "dict"),
    *("constrained-str", "dict[str,any]", "dict[str,constrained-str]"),
}

_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)
_QUOTED = re.compile(  # each reaches to the end where it is not closed, so that no text is gone through twice
    r""""{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3})?|'{3}.*?(?:'{3}|\Z)|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?|\#[^\n]*+""",
    re.DOTALL,
)
_BARE = re.compile(r"[\w.\- \t]+")
_PIECE = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*\.?""")


def validate(
    document: dict[str, Any], name: str, lines: Mapping[str, int]
) -> tuple[ProjectFile | None, list[Problem]]:
    """The file as far as it is right, and what is wrong: faulty entries are taken out of `document` and the rest
    is read. None if even that cannot be.
    """
    problems: list[Problem] = []
    for _ in range(3):  # taking an entry out can reveal what it hid, such as a length that is now missing
        try:
            return ProjectFile.model_validate(document), problems
        except ValidationError as error:
            faults = _deepest(error.errors(include_url=False))
            reported = {problem.where for problem in problems}
            found = _problems(faults, name, lines)
            problems += [p for p in found if not problems or (p.where and p.where not in reported)]
            _take_out(document, [_steps(fault) for fault in faults])
    return None, problems


def _problems(faults: Sequence[Mapping[str, Any]], name: str, lines: Mapping[str, int]) -> list[Problem]:
    """One problem for each place: where several kinds of value are allowed, pydantic reports one for each."""
    by_place: dict[str, Problem] = {}
    for fault in faults[:MAX_REPORTED]:
        problem = _problem(fault, name, lines)
        if problem.where in by_place and problem.where:
            what = _LANE if _is_lane(_steps(fault)) else "must be text or a table of texts."
            problem = replace(problem, what=what, hint="")
        by_place[problem.where] = problem
    return [*by_place.values(), *how_many_more(faults, name)]


def _is_lane(steps: list[str]) -> bool:
    table = tables().get(steps[0])
    return table is not None and any(spec.name == steps[-1] for spec in table.lanes)


def how_many_more(problems: Sequence[object], name: str) -> list[Problem]:
    """The last line of a list that was cut to MAX_REPORTED; nothing for a short one."""
    more = len(problems) - MAX_REPORTED
    return [Problem(what=f"and {more:,} more mistakes.", file=name)] if more > 0 else []


def _deepest(faults: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without those of what holds a faulty entry: a wrong text in [prompts] does not make it a wrong [prompts]."""
    above = {tuple(steps[:end]) for steps in map(_steps, faults) for end in range(1, len(steps))}
    return [fault for fault in faults if tuple(_steps(fault)) not in above]


def _problem(fault: Mapping[str, Any], name: str, lines: Mapping[str, int]) -> Problem:
    steps = _steps(fault)
    where = ".".join(steps)
    what, hint = _PHRASES.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, "), ""
    what = what.replace("Input should be", "must be")
    if fault["type"] == "extra_forbidden":
        what, hint = f"{quoted(steps[-1])} is not a setting here.", _known(steps)
    elif fault["type"] == "missing":
        what, hint = (
            f'"{where}" is missing.',
            _MISSING.get(steps[0], EXAMPLE),
        )
    elif isinstance(fault["input"], int | float | str) and what.startswith("must be"):
        what = f"{what}, not {_shown(fault['input'])}"
    what = what if what.endswith(".") else f"{what}."
    return Problem(what=what, where=where, file=name, line=line_of(lines, where), hint=hint)


def _steps(fault: Mapping[str, Any]) -> list[str]:
    """The place as people know it: pydantic adds which member of a union it tried ("Prompts", "str")."""
    steps = [str(step) for step in fault["loc"]]
    if fault["type"] == "extra_forbidden":
        return steps  # its last step is a name from the file, whatever it is
    return [step for step in steps if step not in _UNION_STEPS]


def _shown(value: float | str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value, 40) if isinstance(value, str) else f"{value}"[:40]


def _known(steps: list[str]) -> str:
    model = ProjectFile if len(steps) == 1 else tables().get(steps[0])
    names = [field.alias or name for name, field in model.model_fields.items()] if model is not None else []
    return did_you_mean(steps[-1], names) or f"Known: {', '.join(names)}."


def _take_out(document: dict[str, Any], places: Sequence[Sequence[str]]) -> None:
    """Remove the faulty entries, and put something in for what must be there."""
    for steps in places:
        table: Any = document
        for step in steps[:-1]:
            if not isinstance(table.get(step), dict):
                table, steps = document, steps[:1]  # a list, or no table at all: it goes as a whole
                break
            table = table[step]
        if steps:
            table.pop(steps[-1], None)
        if not steps or steps[0] in LENGTH:
            document.pop("duration", None)
            document["frames"] = _SOME_LENGTH
    document.setdefault("prompts", _SOME_PROMPTS)


def key_lines(text: str) -> dict[str, int]:
    """Dotted key -> line, counted from 1. The first one wins."""
    lines: dict[str, int] = {}
    table, fence = "", ""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if fence:
            if fence in line:
                fence = ""
            continue
        if found := _TABLE.match(line):
            table = _dotted(found[1])
            lines.setdefault(table, number)
            continue
        if found := _KEY.match(line):
            key = _dotted(found[1])
            lines.setdefault(f"{table}.{key}" if table else key, number)
            rest = line[found.end() :]
            for mark in ('"""', "'''"):
                if rest.count(mark) % 2:
                    fence = mark
    return lines


def line_of(lines: Mapping[str, int], where: str) -> int | None:
    """The line of a dotted key, or of the nearest table above it."""
    while where:
        if where in lines:
            return lines[where]
        where = where.rpartition(".")[0]
    return None


def longest_key(text: str) -> int:
    """How many dots the longest dotted key has: `tomllib` takes a time that grows with the square of it."""
    return max((run.count(".") for run in _BARE.findall(_QUOTED.sub("k", text))), default=0)


def _dotted(key: str) -> str:
    return ".".join(piece.strip("\"'") for piece in _PIECE.findall(key))
