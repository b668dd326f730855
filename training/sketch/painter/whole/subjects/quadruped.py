"""Four legs, a body, a neck and a head: what most animals here are built from. They face right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...brushes import Color
from ..pen import Pen


@dataclass(frozen=True, kw_only=True)
class Build:
    """Proportions in heights. length: of the trunk; back, belly: their height; leg: thickness at the top;
    head: its middle; skull: its radius; snout: how far the muzzle reaches; neck: its thickness at the shoulder;
    ear: length, width; tail: a curve from the rump, thick to thin."""

    length: float
    back: float
    belly: float
    leg: float
    head: tuple[float, float]
    skull: float
    snout: float
    neck: float
    ear: tuple[float, float]
    tail: Sequence[tuple[float, float]]
    tail_width: tuple[float, float]
    drop: float = 0.25  # how far the muzzle hangs, in snout lengths
    rump: float = 1.0


def _darker(color: Color, by: float) -> Color:
    return color[0] * by, color[1] * by, color[2] * by


def quadruped(pen: Pen, build: Build, color: Color, under: Color | None = None) -> None:
    """The animal; under: the colour of muzzle, belly and tail's tip."""
    half, span = build.length / 2, (-build.length * 0.75, build.length * 0.8)
    walk = pen.roll(0.2, 1.0) * build.belly * 0.22
    _legs(pen, build, _darker(color, 0.62), -walk, 0.04)
    pen.limb([(-half, build.back - 0.06), *build.tail], color, *build.tail_width)
    mid = (build.back + build.belly) / 2
    trunk = [
        (-half * 1.05, mid * 1.02),
        (-half * 0.92, build.back * build.rump - 0.03),
        (-half * 0.5, build.back * build.rump),
        (half * 0.15, build.back * 0.975),
        (half * 0.7, build.back),
        (half * 1.08, mid + 0.04),
        (half * 0.95, build.belly + 0.03),
        (half * 0.2, build.belly - 0.01),
        (-half * 0.6, build.belly + 0.03),
    ]
    pen.shape(trunk, color, smooth=True, span=span)
    _legs(pen, build, color, walk, 0.0)
    _head(pen, build, color, under, span)


def _legs(pen: Pen, build: Build, color: Color, walk: float, shift: float) -> None:
    half = build.length / 2
    for at, way, bend in ((-half * 0.74, 1.0, -0.05), (half * 0.74, -1.0, 0.03)):
        x = at + shift
        knee = (x + walk * way * 0.4 + bend * build.belly, build.belly * 0.5)
        foot = (x + walk * way, 0.01)
        toe = (foot[0] + build.leg * 0.35, 0.0)
        pen.limb(
            [(x, build.belly + build.leg * 0.8), knee, foot, toe], color, build.leg * 0.95, build.leg * 0.44
        )


def _head(pen: Pen, build: Build, color: Color, under: Color | None, span: tuple[float, float]) -> None:
    half, (hx, hy), r = build.length / 2, build.head, build.skull
    base = (half * 0.72, (build.back + build.belly) / 2 + 0.05)
    across = np.asarray((hy - base[1], -(hx - base[0])), np.float64)
    across /= np.hypot(*across) + 1e-9
    wide = build.neck / 2
    neck = [
        (base[0] - across[0] * wide, base[1] - across[1] * wide),
        (hx - across[0] * r * 0.75, hy - across[1] * r * 0.75),
        (hx + across[0] * r * 0.75, hy + across[1] * r * 0.75),
        (base[0] + across[0] * wide, base[1] + across[1] * wide),
    ]
    pen.shape([(float(a), float(b)) for a, b in neck], color, span=span)
    long, tall = build.ear
    for lean in (-0.45, 0.25):
        ear = [
            (hx - r * 0.75 + lean * r, hy + r * 0.5),
            (hx - r * 0.35 + lean * r, hy + r + long),
            (hx - r * 0.35 + lean * r + tall, hy + r * 0.6),
        ]
        pen.shape(ear, _darker(color, 0.8 if lean < 0 else 1.0))
    tip = (hx + r * 0.5 + build.snout, hy - build.snout * build.drop - r * 0.25)
    muzzle = [
        (hx - r * 0.2, hy + r * 0.85),
        (hx + r * 0.75, hy + r * 0.45),
        (tip[0], tip[1] + r * 0.42),
        (tip[0] + r * 0.1, tip[1]),
        (tip[0] - r * 0.2, tip[1] - r * 0.35),
        (hx, hy - r * 0.95),
        (hx - r * 0.9, hy - r * 0.2),
        (hx - r * 0.8, hy + r * 0.5),
    ]
    pen.shape(muzzle, color, smooth=True, span=(hx - 2 * r, tip[0] + r))
    if under is not None:
        pen.shape(
            [
                (tip[0] + r * 0.08, tip[1]),
                (tip[0] - r * 0.2, tip[1] - r * 0.33),
                (hx + r * 0.1, hy - r * 0.8),
                (hx + r * 0.5, hy - r * 0.25),
            ],
            under,
        )
    pen.ellipse(tip[0], tip[1] + r * 0.12, r * 0.16, r * 0.14, (0.08, 0.07, 0.07))
    pen.ellipse(hx + r * 0.3, hy + r * 0.22, r * 0.13, r * 0.15, (0.06, 0.05, 0.05))
