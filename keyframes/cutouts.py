"""Values that change while one frame is painted, from pure noise to the clean picture, as Disco Diffusion wrote them.

`12` is one value all the way; `[12]*400+[4]*600` is 12 for the first 400 of 1000 noise levels and 4 for the rest. The
list may have any length: it is spread over the noise levels evenly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 100_000
_RUN = re.compile(r"\s*\[([^\[\]]*)\]\s*(?:\*\s*(\d{1,6})\s*)?")
_EXAMPLE = "allowed is a number, or lists such as '[12]*400+[4]*600', from the noisy end to the clean one"


@dataclass(frozen=True, kw_only=True)
class CutoutSchedule:
    """A value that changes while one picture is painted. runs: (value, number of noise levels), from the noisy end."""

    runs: tuple[tuple[float, int], ...]

    def at(self, level: float) -> float:
        """Return the value at a noise level: 1 is noise alone, 0 the clean picture."""
        total = sum(count for _, count in self.runs)
        left = min(max(int(total * (1.0 - level) + 1e-6), 0), total - 1)
        for value, count in self.runs:
            if left < count:
                return value
            left -= count
        raise ValueError("a schedule over noise levels needs at least one of them")


def parse_cutouts(given: float | str, *, low: float, high: float, whole: bool) -> CutoutSchedule:
    """Read a number or Disco's lists. Raises ValueError for anything else, and for values out of range."""
    runs = [(float(given), 1)] if isinstance(given, int | float) else _runs(given)
    for value, _ in runs:
        if not low <= value <= high or (whole and not value.is_integer()):
            raise ValueError(
                f"{value:g} is not allowed: {'whole numbers' if whole else 'numbers'} {low:g} to {high:g}"
            )
    return CutoutSchedule(runs=tuple(runs))


def _runs(text: str) -> list[tuple[float, int]]:
    """The runs of `[a, b]*n + [c]`; a plain number is one run."""
    runs: list[tuple[float, int]] = []
    parts = text.strip().split("+") if "[" in text else [f"[{text}]"]
    for part in parts:
        match = _RUN.fullmatch(part)
        if match is None:
            raise ValueError(f"{text[:80]!r} cannot be read; {_EXAMPLE}")
        try:
            values = [float(word) for word in match[1].split(",")]
        except ValueError:
            raise ValueError(f"{text[:80]!r} cannot be read; {_EXAMPLE}") from None
        times = int(match[2] or 1)
        if len(values) * times > LONGEST:
            raise ValueError(f"a list has at most {LONGEST} noise levels")
        runs += [(values[0], times)] if len(values) == 1 else [(value, 1) for value in values] * times
    runs = [(value, count) for value, count in runs if count]
    if not runs or sum(count for _, count in runs) > LONGEST:
        raise ValueError(f"a list has 1 to {LONGEST} noise levels; {_EXAMPLE}")
    return runs
