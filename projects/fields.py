"""What the tables of a project file are made of."""

from __future__ import annotations

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers here")
    return value


NoBool = BeforeValidator(_not_bool)


class Table(BaseModel):
    """A table that takes no other settings than its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
