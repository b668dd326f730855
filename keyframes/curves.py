"""Curves: how a value goes from one key to the next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keyframes.errors import Place, did_you_mean, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

NAMES = ("linear", "hold", "ease-in", "ease-out", "ease-in-out", "smooth", "cubic", "spline", "bezier")
EXAMPLES = f"Allowed: {', '.join(NAMES[:-1])}, bezier(x1, y1, x2, y2)."

_CSS = {
    "ease-in": (0.42, 0.0, 1.0, 1.0),
    "ease-out": (0.0, 0.0, 0.58, 1.0),
    "ease-in-out": (0.42, 0.0, 0.58, 1.0),
}
_NUMBER = r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*"
_BEZIER = re.compile(rf"bezier\s*\({_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The shape of the way between two keys: a name, and for `bezier` its two inner points x1, y1, x2, y2."""

    name: str = "linear"
    points: tuple[float, float, float, float] | None = None

    def __str__(self) -> str:
        return self.name if self.points is None else f"bezier({', '.join(map(repr, self.points))})"

    def shape(self, u: Numbers) -> Numbers:
        """How far the value has come, 0 to 1 (bezier: perhaps beyond), at the share `u` of the way.

        The eases are those of CSS. `cubic` and `spline` depend on the neighbouring keys: see
        `monotone_slopes` and `passing_slopes`.
        """
        if self.name == "hold":
            return np.where(u >= 1.0, 1.0, 0.0)
        if self.name == "smooth":
            return u * u * (3.0 - 2.0 * u)
        points = self.points or _CSS.get(self.name)
        return u if points is None else _bezier(u, *points)


LINEAR = Curve()


def parse_curve(text: str, place: Place | None = None) -> Curve:
    """The curve that `text` names. Raises ScheduleError for an unknown name or bezier x outside 0 to 1."""
    place = place or Place(source=text)
    name = text.strip()
    if name in NAMES and name != "bezier":
        return Curve(name=name)
    match = _BEZIER.fullmatch(name)
    if match is None:
        hint = did_you_mean(name, NAMES) if not name.startswith("bezier") else ""
        raise place.error(f"{quoted(name)} is not a curve.", 0, hint or EXAMPLES)
    x1, y1, x2, y2 = (float(number) for number in match.groups())
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1 and abs(y1) <= 100 and abs(y2) <= 100):
        hint = "Allowed: x1 and x2 from 0 to 1, y1 and y2 from -100 to 100."
        raise place.error(f"{quoted(name)} runs backwards or too far.", 0, hint)
    return Curve(name="bezier", points=(x1, y1, x2, y2))


def _bezier(u: Numbers, x1: float, y1: float, x2: float, y2: float) -> Numbers:
    """The CSS timing function: y at the parameter where x = u, found by bisection (x only grows)."""
    low, high = np.zeros_like(u), np.ones_like(u)
    for _ in range(54):  # as many halvings as a float64 has bits
        middle = (low + high) / 2.0
        before = _cubic(middle, x1, x2) < u
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return np.where(u <= 0.0, 0.0, np.where(u >= 1.0, 1.0, _cubic((low + high) / 2.0, y1, y2)))


def _cubic(s: Numbers, a: float, b: float) -> Numbers:
    """The Bezier cubic through 0, a, b, 1 at parameter `s`."""
    return 3.0 * s * (1.0 - s) ** 2 * a + 3.0 * s * s * (1.0 - s) * b + s**3


def monotone_slopes(x: Numbers, y: Numbers) -> Numbers:
    """Slopes (n,) at the points (x, y) for a cubic that never overshoots: PCHIP, Fritsch and Butland (1984).

    `x` grows strictly. The ends are flat, so that motion starts and stops softly.
    """
    slopes = np.zeros_like(y)
    steps = np.diff(x)
    rises = np.diff(y) / steps
    before, after = rises[:-1], rises[1:]
    w1, w2 = 2.0 * steps[1:] + steps[:-1], steps[1:] + 2.0 * steps[:-1]
    same_way = np.sign(before) * np.sign(after) > 0.0
    with np.errstate(all="ignore"):
        harmonic = (w1 + w2) / (w1 / before + w2 / after)
    slopes[1:-1] = np.where(same_way, harmonic, 0.0)
    return slopes


def passing_slopes(x: Numbers, y: Numbers) -> Numbers:
    """Slopes (n,) at the points (x, y) for a curve that runs through them without slowing down: Catmull, Rom (1974).

    `x` grows strictly. Each slope is that of the line between the two neighbours, at the ends that of the only one.
    """
    before, after = np.maximum(np.arange(len(x)) - 1, 0), np.minimum(np.arange(len(x)) + 1, len(x) - 1)
    return np.asarray((y[after] - y[before]) / (x[after] - x[before]))


def hermite(u: Numbers, start: Numbers, stop: Numbers, slope_in: Numbers, slope_out: Numbers) -> Numbers:
    """The cubic from `start` to `stop` at `u` (0 to 1), with slopes per unit of u at both ends."""
    v = 1.0 - u
    ends = (1.0 + 2.0 * u) * v * v * start + u * u * (3.0 - 2.0 * u) * stop
    return ends + u * v * v * slope_in - u * u * v * slope_out
