"""Steam train, car, bicycle, rocket, street lamp."""

import numpy as np

from ..pen import Pen


def _wheel(pen: Pen, x: float, r: float, rim: tuple[float, float, float], spokes: int = 6) -> None:
    pen.ellipse(x, r, r, r, (0.10, 0.10, 0.11))
    pen.ellipse(x, r, r * 0.8, r * 0.8, rim)
    for k in range(spokes):
        a = 3.1416 * k / spokes
        u, v = r * 0.8 * float(np.cos(a)), r * 0.8 * float(np.sin(a))
        pen.line([(x - u, r - v), (x + u, r + v)], (0.12, 0.11, 0.11), r * 0.12)
    pen.ellipse(x, r, r * 0.2, r * 0.2, (0.12, 0.11, 0.11))


def train(pen: Pen) -> None:
    """A steam engine with its tender, steam and lamp."""
    iron = pen.pick((0.16, 0.17, 0.19), (0.14, 0.32, 0.24), (0.46, 0.14, 0.13), (0.16, 0.24, 0.42))
    brass, red = (0.82, 0.62, 0.26), (0.70, 0.18, 0.14)
    drift = pen.roll(0.15, 0.3)
    for k in range(6):
        pen.ellipse(
            0.86 - drift * k,
            1.04 + 0.075 * k,
            0.10 + 0.04 * k,
            0.085 + 0.025 * k,
            (0.93, 0.93, 0.95),
            opacity=0.75 - 0.1 * k,
            solid=False,
        )
    pen.box(-1.75, 0.2, -0.85, 0.58, iron)
    pen.shape([(-1.70, 0.58), (-1.5, 0.66), (-1.1, 0.66), (-0.9, 0.58)], (0.10, 0.10, 0.10))
    for x in (-1.55, -1.08):
        _wheel(pen, x, 0.15, red)
    pen.line([(-1.8, 0.15), (1.2, 0.15)], (0.2, 0.2, 0.2), 0.04)
    pen.box(-0.78, 0.2, -0.25, 0.80, iron)
    pen.shape([(-0.86, 0.80), (-0.82, 0.87), (-0.22, 0.87), (-0.18, 0.80)], red)
    pen.window(-0.52, 0.64, 0.13, 0.09)
    for y0, y1, shade in ((0.32, 0.46, 0.7), (0.46, 0.58, 1.15), (0.58, 0.68, 1.7)):
        pen.box(
            -0.25,
            y0,
            1.0,
            y1,
            (min(1, iron[0] * shade), min(1, iron[1] * shade), min(1, iron[2] * shade)),
            turn=0.5,
        )
    for x in (0.0, 0.4, 0.75):
        pen.line([(x, 0.32), (x, 0.68)], brass, 0.022)
    pen.box(0.95, 0.30, 1.05, 0.70, (0.12, 0.12, 0.13))
    pen.shape(
        [(0.80, 0.68), (0.82, 0.86), (0.77, 0.96), (0.97, 0.96), (0.92, 0.86), (0.94, 0.68)],
        (0.12, 0.12, 0.13),
    )
    pen.shape([(0.16, 0.67), (0.18, 0.76), (0.25, 0.80), (0.32, 0.76), (0.34, 0.67)], brass)
    for x in (-0.45, 0.02, 0.47):
        _wheel(pen, x, 0.20, red)
    _wheel(pen, 0.88, 0.12, red)
    pen.line([(-0.45, 0.16), (0.47, 0.16)], brass, 0.035)
    pen.shape([(1.0, 0.24), (1.28, 0.02), (0.98, 0.02)], red)
    pen.ellipse(1.09, 0.62, 0.05, 0.055, (1.0, 0.92, 0.62), own=0.9)
    if pen.hour.dark:
        pen.glow(1.2, 0.6, 0.28, (1.0, 0.86, 0.5), 0.7)


def car(pen: Pen) -> None:
    """A small round car of the fifties."""
    paint = pen.pick(
        (0.80, 0.14, 0.14), (0.40, 0.72, 0.72), (0.95, 0.80, 0.30), (0.92, 0.90, 0.84), (0.24, 0.40, 0.66)
    )
    body = [
        (-1.35, 0.22),
        (-1.38, 0.44),
        (-1.2, 0.58),
        (-0.85, 0.66),
        (-0.55, 0.94),
        (0.05, 1.0),
        (0.45, 0.92),
        (0.72, 0.66),
        (1.12, 0.58),
        (1.34, 0.44),
        (1.38, 0.24),
        (0.0, 0.16),
    ]
    pen.shape(body, paint, smooth=True)
    glass = (1.0, 0.84, 0.5) if pen.hour.dark else (0.66, 0.80, 0.86)
    for window in (
        [(-0.66, 0.66), (-0.46, 0.88), (-0.06, 0.92), (-0.06, 0.66)],
        [(0.02, 0.66), (0.02, 0.92), (0.36, 0.86), (0.56, 0.66)],
    ):
        pen.shape(window, glass, own=0.5 if pen.hour.dark else 0.1, turn=0.6)
    pen.line([(-1.36, 0.40), (1.36, 0.40)], (0.92, 0.92, 0.92), 0.028)
    pen.line([(-0.02, 0.2), (-0.02, 0.64)], (paint[0] * 0.6, paint[1] * 0.6, paint[2] * 0.6), 0.014)
    pen.line([(0.06, 0.54), (0.2, 0.54)], (0.9, 0.9, 0.9), 0.03)
    for x in (-0.82, 0.84):
        pen.ellipse(x, 0.24, 0.29, 0.27, (paint[0] * 0.45, paint[1] * 0.45, paint[2] * 0.45))
        pen.ellipse(x, 0.21, 0.22, 0.22, (0.09, 0.09, 0.10))
        pen.ellipse(x, 0.21, 0.12, 0.12, (0.82, 0.83, 0.85))
    pen.ellipse(1.27, 0.46, 0.07, 0.08, (1.0, 0.95, 0.75), own=0.9 if pen.hour.dark else 0.2)
    pen.ellipse(-1.35, 0.44, 0.04, 0.06, (0.9, 0.12, 0.1), own=0.4)
    pen.box(1.2, 0.18, 1.42, 0.26, (0.85, 0.86, 0.88))
    pen.box(-1.42, 0.18, -1.2, 0.26, (0.85, 0.86, 0.88))
    if pen.hour.dark:
        pen.glow(1.5, 0.42, 0.35, (1.0, 0.9, 0.6), 0.6)


def bicycle(pen: Pen) -> None:
    """A bicycle that stands by itself, flowers in its basket."""
    frame = pen.pick((0.80, 0.16, 0.16), (0.12, 0.46, 0.52), (0.14, 0.14, 0.16), (0.92, 0.72, 0.20))
    tyre = (0.10, 0.10, 0.11)
    for x in (-0.52, 0.52):
        turns = np.linspace(0, 2 * np.pi, 30)
        ring = [(x + 0.325 * float(np.cos(a)), 0.335 + 0.325 * float(np.sin(a))) for a in turns]
        for k in range(7):
            a = np.pi * k / 7
            u, v = 0.31 * float(np.cos(a)), 0.31 * float(np.sin(a))
            pen.line([(x - u, 0.335 - v), (x + u, 0.335 + v)], (0.72, 0.72, 0.72), 0.006)
        pen.line(ring, tyre, 0.04)
    hub, crank, seat, head = (-0.52, 0.335), (-0.08, 0.32), (-0.20, 0.74), (0.36, 0.76)
    for part in (
        [hub, crank, head, seat, hub],
        [seat, crank],
        [head, (0.52, 0.335)],
        [seat, (-0.23, 0.84)],
        [head, (0.33, 0.94)],
    ):
        pen.line(part, frame, 0.04)
    pen.shape([(-0.38, 0.87), (-0.34, 0.83), (-0.12, 0.85), (-0.12, 0.88)], (0.28, 0.18, 0.12))
    pen.line([(0.33, 0.93), (0.42, 0.97), (0.22, 0.99)], (0.2, 0.2, 0.2), 0.03)
    pen.line([crank, (-0.02, 0.2)], (0.3, 0.3, 0.3), 0.025)
    pen.ellipse(*crank, 0.06, 0.06, (0.3, 0.3, 0.3))
    pen.shape([(0.42, 0.86), (0.46, 0.66), (0.70, 0.66), (0.74, 0.86)], (0.66, 0.48, 0.26))
    for x in (0.47, 0.54, 0.62, 0.69):
        pen.ellipse(
            x,
            0.90 + pen.roll(-0.02, 0.03),
            0.04,
            0.04,
            pen.pick((0.95, 0.45, 0.5), (0.98, 0.85, 0.3), (0.95, 0.95, 0.92)),
        )


def rocket(pen: Pen) -> None:
    """A rocket with fins; now and then it lifts off."""
    white, red = (
        pen.pick((0.93, 0.93, 0.92), (0.80, 0.82, 0.85)),
        pen.pick((0.82, 0.16, 0.14), (0.94, 0.52, 0.12), (0.16, 0.40, 0.66)),
    )
    low = 0.0
    if pen.chance(0.4):
        low = 0.22
        for long, wide, color in (
            (0.24, 0.11, (0.96, 0.42, 0.10)),
            (0.2, 0.075, (1.0, 0.72, 0.2)),
            (0.14, 0.045, (1.0, 0.96, 0.75)),
        ):
            pen.shape(
                [
                    (-wide, low),
                    (-wide * 0.8, low - long * 0.5),
                    (0.0, low - long),
                    (wide * 0.8, low - long * 0.5),
                    (wide, low),
                ],
                color,
                own=1.0,
            )
        for _ in range(7):
            pen.ellipse(
                pen.roll(-0.35, 0.35),
                pen.roll(0.0, 0.05),
                pen.roll(0.07, 0.14),
                0.05,
                (0.92, 0.90, 0.88),
                opacity=0.7,
            )
        pen.glow(0.0, 0.1, 0.3, (1.0, 0.6, 0.2), 0.6)
    high = 1.0 - low
    body = [
        (-0.09, 0.06),
        (-0.135, 0.3),
        (-0.13, 0.55),
        (-0.085, 0.78),
        (0.0, 1.0),
        (0.085, 0.78),
        (0.13, 0.55),
        (0.135, 0.3),
        (0.09, 0.06),
    ]
    for side in (-1, 1):
        fin = [(side * 0.12, 0.36), (side * 0.26, 0.16), (side * 0.27, 0.0), (side * 0.09, 0.1)]
        pen.shape([(x, low + y * high) for x, y in fin], red)
    pen.shape([(x, low + y * high) for x, y in body], white)
    nose = [(-0.085, 0.78), (-0.04, 0.92), (0.0, 1.0), (0.04, 0.92), (0.085, 0.78)]
    pen.shape([(x, low + y * high) for x, y in nose], red)
    pen.box(-0.13, low + 0.26 * high, 0.13, low + 0.30 * high, red)
    for y in (0.62, 0.46):
        pen.ellipse(0.0, low + y * high, 0.052, 0.052, (0.45, 0.47, 0.50))
        pen.ellipse(0.0, low + y * high, 0.038, 0.038, (0.50, 0.78, 0.90), own=0.4)
    pen.shape(
        [
            (-0.02, low + 0.3 * high),
            (0.0, low + 0.32 * high),
            (0.02, low + 0.3 * high),
            (0.015, low),
            (-0.015, low),
        ],
        red,
    )


def lamp(pen: Pen) -> None:
    """An old street lamp; it burns when it is dark."""
    iron = (0.14, 0.15, 0.16)
    pen.shape([(-0.06, 0.0), (-0.05, 0.06), (-0.025, 0.1), (0.025, 0.1), (0.05, 0.06), (0.06, 0.0)], iron)
    pen.line([(0.0, 0.05), (0.0, 0.8)], iron, 0.03)
    pen.line([(-0.07, 0.72), (0.07, 0.72)], iron, 0.014)
    light = (1.0, 0.86, 0.5) if pen.hour.dark else (0.80, 0.86, 0.86)
    pen.shape(
        [(-0.045, 0.80), (-0.075, 0.93), (0.075, 0.93), (0.045, 0.80)],
        light,
        own=0.95 if pen.hour.dark else 0.15,
        turn=0.3,
    )
    for x in (-1, 1):
        pen.line([(x * 0.045, 0.80), (x * 0.075, 0.93)], iron, 0.012)
    pen.shape([(-0.09, 0.925), (-0.04, 0.975), (0.0, 1.0), (0.04, 0.975), (0.09, 0.925)], iron)
    if pen.hour.dark:
        pen.glow(0.0, 0.87, 0.09, (1.0, 0.9, 0.6), 0.9)
        pen.glow(0.0, 0.87, 0.4, (1.0, 0.72, 0.36), 0.4)
