"""What the tables of a project file are made of: strict tables, lanes, and the values of a frame.

A lane is declared once, in its table's class, with default, range, unit and help:

    zoom: Lane = lane(1.0, minimum=0.01, maximum=100.0, help="Factor per frame; above 1 moves in.")

The checks, the JSON Schema and the docs are derived from that. A lane that the file does not name is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from keyframes import LaneSpec

_LANE = "A number, a schedule such as '0: (1.0), 60: (1.03)', or a table of keys."
_EXAMPLES = (1.0, "0: (1.0), 60: (1.02 + 0.01*sin(2*pi*t/30))")


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


NoBool = BeforeValidator(_not_bool)
Share = Annotated[float, NoBool, Field(ge=0, le=1)]
Lane = Annotated[int | float | str | dict[str, Any], NoBool] | None


class Table(BaseModel):
    """A table of the file: it refuses unknown settings, and takes no number for another kind of value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class _LaneSchema:
    """What a field keeps of its lane: its spec, but for the name, and its JSON Schema."""

    def __init__(self, spec: LaneSpec) -> None:
        self.spec = spec

    def __call__(self, schema: dict[str, Any]) -> None:
        number: dict[str, Any] = {"type": "integer" if self.spec.integer else "number"}
        if self.spec.minimum is not None:
            number["minimum"] = self.spec.minimum
        if self.spec.maximum is not None:
            number["maximum"] = self.spec.maximum
        forms = [number, {"type": "string"}, {"type": "object", "additionalProperties": True}]
        schema |= {"anyOf": forms, "default": self.spec.default, "examples": list(_EXAMPLES)}


def lane(
    default: float | str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    integer: bool = False,
    unit: str = "",
    help: str,
) -> Any:
    """Declare a lane of a table; see the module's docstring. The field's own default is None: not given."""
    spec = LaneSpec(
        name="", default=default, minimum=minimum, maximum=maximum, integer=integer, unit=unit, help=help
    )
    text = f"{help} Unit: {unit}." if unit else help
    return Field(default=None, description=f"{text} {_LANE}", json_schema_extra=_LaneSchema(spec))


def share(default: float, *, help: str) -> Any:
    """Declare a lane from 0 to 1."""
    return lane(default, minimum=0.0, maximum=1.0, help=help)


def lanes_in(table: type[Table]) -> tuple[LaneSpec, ...]:
    """The lanes that a table's class declares, in their order."""
    return tuple(
        replace(field.json_schema_extra.spec, name=name)
        for name, field in table.model_fields.items()
        if isinstance(field.json_schema_extra, _LaneSchema)
    )


class RowTable:
    """One frame's values of a table's lanes.

    A subclass names its lanes by annotations alone (`zoom: float`); reading one reads the lane's column at the frame.
    columns: lane -> its value at every frame.
    """

    __slots__ = ("_columns", "_frame")

    def __init__(self, columns: Mapping[str, Sequence[Any]], frame: int) -> None:
        self._columns = columns
        self._frame = frame

    def __init_subclass__(cls) -> None:
        for name in cls.__annotations__:
            setattr(cls, name, property(_reader(name)))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__annotations__)
        return f"{type(self).__name__}({values})"


def _reader(name: str) -> Any:
    def read(row: RowTable) -> Any:
        return row._columns[name][row._frame]

    return read
