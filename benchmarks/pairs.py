"""Two ways of doing one thing, timed in turn: A, B, A, B ...

A shared machine is faster or slower from one minute to the next, so two runs one after the other compare
the minutes. Of neighbours in time the ratio is taken, and of the ratios the median.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .tables import ms


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """The seconds of both, pair by pair."""

    ours: Sequence[float]
    other: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        """How many times as long the other took, pair by pair."""
        return [other / ours for ours, other in zip(self.ours, self.other, strict=True)]

    def cells(self) -> list[str]:
        """Medians in milliseconds, and the ratio with its extremes."""
        ratios = self.ratios
        ratio = f"{median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"
        return [ms(median(self.ours)), ms(median(self.other)), ratio]


def in_turn(
    ours: Callable[[], object],
    other: Callable[[], object],
    *,
    pairs: int,
    wait: Callable[[], None] = lambda: None,
    least: float = 0.02,
) -> Pairs:
    """Time both `pairs` times in turn, after one call of each for warming up.

    Short work is repeated within a turn until it takes `least` seconds; times are per call. wait: waits
    for the device, so that work which was only ordered is not taken for done.
    """
    named = {"ours": ours, "other": other}
    repeats = {name: _repeats(work, wait, least) for name, work in named.items()}
    times: dict[str, list[float]] = {name: [] for name in named}
    for _ in range(pairs):
        for name, work in named.items():
            times[name].append(timed(work, wait, repeats[name]))
    return _pairs(times)


def timed(work: Callable[[], object], wait: Callable[[], None], repeats: int) -> float:
    """Seconds of one call, as the mean of `repeats`."""
    wait()
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    wait()
    return (time.perf_counter() - began) / repeats


def _repeats(work: Callable[[], object], wait: Callable[[], None], least: float) -> int:
    work()
    return max(1, round(least / max(timed(work, wait, 1), 1e-7)))


def _pairs(times: Mapping[str, Sequence[float]]) -> Pairs:
    return Pairs(ours=times["ours"], other=times["other"])
