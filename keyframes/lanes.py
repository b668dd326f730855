"""Lanes: the named values that change over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LaneValue = int | float | str | Mapping[str, object]
"""A number, a schedule string, or a table of keys: `{"0": 1.0, "2.5s": "1 + t/10", "curve": "smooth"}`."""


@dataclass(frozen=True, kw_only=True)
class LaneSpec:
    """What a lane may hold.

    With `choices` it is a word lane (`sampler`): its value is one of them, held from key to key. Otherwise
    it holds numbers from `minimum` to `maximum` (both allowed; None: no bound), cut to whole numbers when
    `integer`.
    """

    name: str
    default: float | str
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""

    @property
    def is_word(self) -> bool:
        """Whether the lane holds words, not numbers."""
        return bool(self.choices)
