"""Tree, pine, palm, blossoming tree, bare tree, cactus, sunflower, mushroom."""

import numpy as np

from ...brushes import Color
from ..pen import Pen, oval


def _crown(pen: Pen, color: Color, middle: tuple[float, float], wide: float, tall: float, count: int) -> None:
    """Tufts that fill an ellipse, back ones darker, the ones towards the sun and on top lighter."""
    sun = -pen.side if pen.lit_from_left else pen.side
    for layer, shade in ((0, 0.62), (1, 0.86), (2, 1.14)):
        for _ in range(count + 6 * layer):
            a, r = pen.roll(0, 6.283), pen.roll(0.1, 1.0) ** 0.6 * (0.84 - 0.12 * layer)
            x = middle[0] + wide * r * np.cos(a) + sun * 0.035 * layer
            y = middle[1] + tall * r * np.sin(a) + 0.035 * layer
            tone = (min(1, color[0] * shade), min(1, color[1] * shade), min(1, color[2] * shade))
            pen.tufts([(float(x), float(y), wide * pen.roll(0.20, 0.32) * (1 - 0.30 * layer))], tone)


def _trunk(pen: Pen, color: Color, top: float, thick: float) -> None:
    sway = pen.roll(-0.04, 0.04)
    pen.limb([(0.0, -0.01), (sway, top * 0.5), (0.0, top)], color, thick, thick * 0.55)
    for side in (-1, 1):
        pen.limb(
            [(sway * 0.8, top * 0.55), (side * 0.12, top * 0.8), (side * 0.2, top * 1.05)],
            color,
            thick * 0.5,
            thick * 0.2,
        )
        pen.shape([(0.0, 0.05), (side * thick * 1.1, -0.01), (0.0, -0.01)], color)


def tree(pen: Pen) -> None:
    """A broad leafy tree; bare in some snow, red and gold in autumn."""
    green = pen.pick((0.26, 0.48, 0.16), (0.34, 0.54, 0.18), (0.20, 0.42, 0.20))
    if pen.ground == "autumn":
        green = pen.pick((0.86, 0.42, 0.10), (0.92, 0.64, 0.16), (0.74, 0.22, 0.10))
    _trunk(pen, (0.36, 0.25, 0.17), 0.55, 0.10)
    _crown(pen, green, (0.0, 0.66), 0.40, 0.28, 15)


def blossom(pen: Pen) -> None:
    """A cherry tree in blossom, petals in the air."""
    pink = pen.pick((0.97, 0.68, 0.76), (0.98, 0.80, 0.84), (0.94, 0.58, 0.70))
    _trunk(pen, (0.28, 0.19, 0.17), 0.56, 0.085)
    _crown(pen, pink, (0.0, 0.68), 0.44, 0.26, 15)
    for _ in range(26):
        pen.ellipse(pen.roll(-0.6, 0.6), pen.roll(0.0, 0.75), 0.010, 0.008, pink, solid=False)


def pine(pen: Pen) -> None:
    """A fir: ragged tiers, snow on them in winter."""
    green = pen.pick((0.12, 0.30, 0.20), (0.16, 0.34, 0.20), (0.14, 0.28, 0.24))
    pen.box(-0.03, 0.0, 0.03, 0.15, (0.32, 0.22, 0.15))
    tiers = 7
    for tier in range(tiers):
        y0, y1 = 0.09 + 0.78 * tier / tiers, 0.09 + 0.78 * tier / tiers + 0.24 - 0.01 * tier
        w = 0.27 * (1 - tier / (tiers + 0.3))
        lower = [(float(x), y0 + pen.roll(-0.012, 0.03)) for x in np.linspace(w, -w, 9)]
        lower[0], lower[-1] = (w, y0 - 0.015), (-w, y0 - 0.015)
        top = min(1.0, y1)
        pen.shape([(-w * 0.2, (y0 + top) / 2), (0.0, top), (w * 0.2, (y0 + top) / 2), *lower], green)
        if pen.ground == "snow":
            snow = [
                (-w * 0.75, y0 + 0.03),
                (-w * 0.15, top - 0.07),
                (0.0, top),
                (w * 0.15, top - 0.07),
                (w * 0.6, y0 + 0.045),
                (0.0, y0 + 0.08),
            ]
            pen.shape(snow, (0.93, 0.95, 1.0), turn=0.6)


def palm(pen: Pen) -> None:
    """A palm with a bent trunk and feathered leaves."""
    trunk, leaf = (0.52, 0.38, 0.25), pen.pick((0.22, 0.48, 0.18), (0.30, 0.52, 0.20))
    lean = pen.roll(0.05, 0.2)
    top = (lean, 0.74)
    pen.limb([(0.0, -0.01), (lean * 0.2, 0.3), top], trunk, 0.055, 0.032)
    for k in range(9):
        y = 0.06 + 0.075 * k
        x = lean * (y / 0.74) ** 1.7
        pen.line([(x - 0.022, y), (x + 0.022, y + 0.008)], (0.36, 0.25, 0.17), 0.008)
    for k in range(10):
        a = np.pi * (k + pen.roll(0.2, 0.8)) / 10
        reach = pen.roll(0.26, 0.36)
        tip = (top[0] + reach * float(np.cos(a)) * 1.15, top[1] + reach * (float(np.sin(a)) * 0.72 - 0.22))
        mid = ((top[0] + tip[0]) / 2, max(top[1], tip[1]) + 0.09 * abs(float(np.cos(a))) + 0.04)
        tone = (leaf[0] * pen.roll(0.7, 1.2), leaf[1] * pen.roll(0.7, 1.2), leaf[2])
        under = ((top[0] + tip[0]) / 2, (top[1] + mid[1]) / 2 - 0.02)
        pen.shape(
            [
                top,
                ((top[0] + mid[0]) / 2, (top[1] + mid[1]) / 2 + 0.035),
                mid,
                ((mid[0] + tip[0]) / 2, (mid[1] + tip[1]) / 2 + 0.02),
                tip,
                under,
            ],
            tone,
        )
        pen.line([top, mid, tip], (leaf[0] * 0.7, leaf[1] * 0.7, leaf[2] * 0.7), 0.007, smooth=True)
    for dx, dy in ((-0.02, -0.03), (0.025, -0.035), (0.0, -0.015)):
        pen.ellipse(top[0] + dx, top[1] + dy, 0.024, 0.026, (0.40, 0.26, 0.14))


def bare(pen: Pen) -> None:
    """A bare tree, branch upon branch."""
    wood = pen.pick((0.24, 0.18, 0.15), (0.34, 0.28, 0.25))

    def grow(x: float, y: float, angle: float, long: float, thick: float, level: int) -> None:
        end = (x + long * float(np.cos(angle)), y + long * float(np.sin(angle)))
        bend = ((x + end[0]) / 2 + pen.roll(-0.1, 0.1) * long, (y + end[1]) / 2)
        pen.limb([(x, y), bend, end], wood, thick, thick * 0.6)
        if level == 0:
            return
        for turn in (
            pen.roll(0.3, 0.65),
            -pen.roll(0.3, 0.65),
            *([pen.roll(-0.2, 0.2)] if level > 2 else []),
        ):
            grow(*end, angle + turn, long * pen.roll(0.62, 0.78), thick * 0.6, level - 1)

    grow(0.0, -0.01, np.pi / 2 + pen.roll(-0.08, 0.08), 0.34, 0.09, 4)


def cactus(pen: Pen) -> None:
    """A saguaro with two or three arms."""
    green = pen.pick((0.26, 0.46, 0.24), (0.32, 0.50, 0.28))
    parts = [[(0.0, 0.0), (0.0, 0.5), (0.0, 0.94)]]
    parts.append([(0.0, pen.roll(0.3, 0.4)), (0.20, 0.42), (0.25, 0.55), (0.25, pen.roll(0.7, 0.85))])
    parts.append([(0.0, pen.roll(0.4, 0.5)), (-0.18, 0.52), (-0.23, 0.64), (-0.23, pen.roll(0.76, 0.9))])
    for k, part in enumerate(parts[::-1]):
        wide = 0.16 if k == 2 else 0.11
        pen.limb(part, green, wide, wide)
        pen.ellipse(part[-1][0], part[-1][1], wide / 2, wide / 2, green)
        for shift in (-0.3, 0.0, 0.3):
            line = [(x + shift * wide, y) for x, y in part[-2:]]
            pen.line(line, (green[0] * 0.62, green[1] * 0.62, green[2] * 0.62), 0.009)
    if pen.chance(0.5):
        pen.ellipse(0.02, 1.0, 0.035, 0.03, (0.95, 0.40, 0.55))


def sunflower(pen: Pen) -> None:
    """A sunflower on its stem."""
    green, yellow = (0.28, 0.50, 0.18), pen.pick((0.98, 0.78, 0.12), (0.97, 0.66, 0.10))
    pen.limb([(0.02, 0.0), (-0.02, 0.35), (0.0, 0.72)], green, 0.045, 0.035)
    for side, y in ((1, 0.22), (-1, 0.34), (1, 0.46)):
        pen.shape(
            [(0.0, y), (side * 0.12, y + 0.09), (side * 0.26, y + 0.06), (side * 0.14, y - 0.02)],
            green,
            smooth=True,
        )
    cy = 0.77
    for ring, (reach, shade) in enumerate(((0.23, 0.82), (0.20, 1.0))):
        for k in range(17):
            a = 6.283 * (k + 0.5 * ring) / 17
            u, v = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
            points = [u * 0.07, u * reach * 0.6 + v * 0.034, u * reach, u * reach * 0.6 - v * 0.034]
            pen.shape(
                [(float(p[0]), cy + float(p[1])) for p in points],
                (yellow[0] * shade, yellow[1] * shade, yellow[2] * shade),
                turn=0.5,
            )
    pen.ellipse(0.0, cy, 0.115, 0.115, (0.30, 0.17, 0.08))
    pen.ellipse(0.0, cy, 0.06, 0.06, (0.46, 0.30, 0.12))


def mushroom(pen: Pen) -> None:
    """A toadstool, red with white dots."""
    cap = pen.pick((0.84, 0.14, 0.10), (0.84, 0.14, 0.10), (0.72, 0.46, 0.24), (0.46, 0.30, 0.62))
    stem = (0.95, 0.91, 0.82)
    pen.shape([(-0.15, 0.0), (-0.12, 0.3), (-0.09, 0.56), (0.09, 0.56), (0.12, 0.3), (0.16, 0.0)], stem)
    pen.shape([(-0.13, 0.44), (-0.18, 0.36), (0.0, 0.33), (0.18, 0.36), (0.13, 0.44)], stem, smooth=True)
    pen.shape(oval(0.0, 0.52, 0.46, 0.07), (0.90, 0.82, 0.70))
    dome = [
        (-0.50, 0.50),
        (-0.44, 0.70),
        (-0.26, 0.92),
        (0.0, 1.0),
        (0.26, 0.92),
        (0.44, 0.70),
        (0.50, 0.50),
        (0.25, 0.545),
        (-0.25, 0.545),
    ]
    pen.shape(dome, cap, smooth=True)
    for x, y, r in (
        (-0.26, 0.68, 0.055),
        (0.02, 0.84, 0.06),
        (0.27, 0.70, 0.05),
        (0.0, 0.62, 0.045),
        (-0.14, 0.84, 0.035),
        (0.38, 0.58, 0.03),
        (-0.40, 0.56, 0.03),
    ):
        pen.ellipse(x, y, r, r * 0.8, (0.97, 0.95, 0.90), turn=0.4)
