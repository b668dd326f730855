"""What the tables of a project file are made of: strict tables, lanes, and the values of a frame.

A lane is declared once, in the class of a frame's values, with type, default, range, unit and help:

    class MotionRow(RowTable):
        zoom: float = lane(1.0, minimum=0.01, maximum=100.0, help="Factor per frame; above 1 moves in.")

    class Motion(Table, lanes=MotionRow): ...

The table's setting of that name, its checks, the JSON Schema and the docs are derived from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, get_type_hints

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
GivenLane = Annotated[int | float | str | dict[str, Any], NoBool] | None


class RowTable:
    """One frame's values of a table's lanes: reading one reads the lane's column at the frame.

    A subclass declares its lanes: `zoom: float = lane(...)`. A lane of whole numbers is an `int`; a lane of words
    is annotated alone, being declared elsewhere. columns: lane -> its value at every frame.
    """

    specs: ClassVar[tuple[LaneSpec, ...]]

    def __init__(self, columns: Mapping[str, Sequence[Any]], frame: int) -> None:
        self._columns = columns
        self._frame = frame

    def __init_subclass__(cls) -> None:
        types = {name: kind for name, kind in get_type_hints(cls).items() if name != "specs"}
        cls.specs = tuple(
            replace(vars(cls)[name], name=name, integer=kind is int)
            for name, kind in types.items()
            if name in vars(cls)
        )
        for name in types:
            setattr(cls, name, property(_reader(name)))


def _reader(name: str) -> Any:
    def read(row: RowTable) -> Any:
        return row._columns[name][row._frame]

    return read


def lane(
    default: float | str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    help: str,
) -> Any:
    """Declare a lane of a RowTable, which puts in its name and whether it is of whole numbers."""
    return LaneSpec(name="", default=default, minimum=minimum, maximum=maximum, unit=unit, help=help)


def share(default: float, *, help: str) -> Any:
    """Declare a lane from 0 to 1."""
    return lane(default, minimum=0.0, maximum=1.0, help=help)


class Table(BaseModel):
    """A table of the file: it refuses unknown settings, and takes no number for another kind of value.

    lanes: those it may give; a lane that the file does not name is None.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    lanes: ClassVar[tuple[LaneSpec, ...]] = ()

    def __init_subclass__(cls, lanes: type[RowTable] | None = None) -> None:
        if lanes is None:
            return
        cls.lanes = lanes.specs
        for (
            spec
        ) in cls.lanes:  # pydantic, which reads the class after this, finds them like any other setting
            cls.__annotations__[spec.name] = GivenLane
            setattr(cls, spec.name, _setting(spec))


def _setting(spec: LaneSpec) -> Any:
    text = f"{spec.help} Unit: {spec.unit}." if spec.unit else spec.help
    number: dict[str, Any] = {"type": "integer" if spec.integer else "number"}
    if spec.minimum is not None:
        number["minimum"] = spec.minimum
    if spec.maximum is not None:
        number["maximum"] = spec.maximum
    forms = [number, {"type": "string"}, {"type": "object", "additionalProperties": True}]
    schema: dict[str, Any] = {"anyOf": forms, "default": spec.default, "examples": list(_EXAMPLES)}
    return Field(default=None, description=f"{text} {_LANE}", json_schema_extra=schema)
