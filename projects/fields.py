"""What the tables of a project file are made of: kinds of values that pydantic does not have by itself."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers here")
    return value


NoBool = BeforeValidator(_not_bool)
Lane = Annotated[
    int | float | str | dict[str, Any],
    NoBool,
    Field(
        description="A number, a schedule such as '0: (1.0), 60: (1.03)', or a table of keys.",
        json_schema_extra={"examples": [1.0, "0: (1.0), 60: (1.02 + 0.01*sin(2*pi*t/30))"]},
    ),
]


class Table(BaseModel):
    """A table of the file: nothing unknown in it, no number taken for another kind of value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
