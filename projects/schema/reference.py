"""The page docs/settings.md, made from the classes: `python -m projects.schema.reference > docs/settings.md`."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from keyframes import LaneSpec

from .fields import Table
from .film import ProjectFile, tables

_HEAD = """\
# Settings and lanes

<!-- Made by: python -m projects.schema.reference > docs/settings.md -->

Every setting of a project file and every lane, table by table. All may be left out but `prompts` and one of `frames`
and `duration`. A setting is the same for the whole film. A lane is a number, a [schedule](schedules.md) or a table of
keys; its default holds at every frame, unless the model has a better one. `reverie schema` prints the same as a JSON
Schema, with which an editor completes and checks a project file.
"""


def reference() -> str:
    """The page, as Markdown."""
    parts = [_HEAD, *_section("The file itself", ProjectFile, without=tables())]
    for name, table in tables().items():
        is_named = ProjectFile.model_fields[name].annotation is not table and name != "prompts"
        parts += _section(f"`[{name}.NAME]`" if is_named else f"`[{name}]`", table)
    return "\n".join(parts)


def _section(title: str, table: type[Table], without: Iterable[str] = ()) -> Iterator[str]:
    yield f"## {title}\n\n{' '.join((table.__doc__ or '').split())}\n"
    others = {*without, *(spec.name for spec in table.lanes)}
    settings = [
        f"| `{field.alias or name}` | {_default(field)} | {_text(field.description or '')}{_choices(field)} |"
        for name, field in table.model_fields.items()
        if name not in others
    ]
    if settings:
        yield "\n".join(["| setting | default | |", "|---|---|---|", *settings]) + "\n"
    if table.lanes:
        yield (
            "\n".join(
                ["| lane | default | range | unit | |", "|---|---|---|---|---|", *map(_lane, table.lanes)]
            )
            + "\n"
        )


def _lane(spec: LaneSpec) -> str:
    bounds = [bound for bound in (spec.minimum, spec.maximum) if bound is not None]
    allowed = " to ".join(map(_short, bounds)) + (" (whole)" if spec.integer else "")
    return f"| `{spec.name}` | {_short(spec.default)} | {allowed} | {spec.unit} | {_text(spec.help)} |"


def _short(value: float | str) -> str:
    return f"`{value}`" if isinstance(value, str) else f"{value:,.16g}"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=False)
    if field.is_required() or value is None or field.default_factory is not None or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else list(value) if isinstance(value, tuple) else value}`"


def _choices(field: FieldInfo) -> str:
    """The words that a setting may be, where the description does not name them all."""
    words = [word for word in _words(field.annotation) if word and word not in (field.description or "")]
    return f" One of {', '.join(f'`{word}`' for word in _words(field.annotation) if word)}." if words else ""


def _words(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [word for word in get_args(kind) if isinstance(word, str)]
    if get_origin(kind) in (Union, types.UnionType, Annotated):
        return [word for part in get_args(kind) for word in _words(part)]
    return []


def _text(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
