"""Sailing boat, tall ship, rowing boat."""

from ...brushes import Color
from ..pen import Pen


def _hull(pen: Pen, outline: list[tuple[float, float]], color: Color, rail: Color) -> None:
    span = (min(p[0] for p in outline), max(p[0] for p in outline))
    pen.shape(outline, color, span=span)
    pen.line([outline[0], outline[1], outline[2]], rail, 0.022)


def boat(pen: Pen) -> None:
    """A sailing boat: hull, mast, mainsail and jib, both filled by the wind."""
    sail = pen.pick((0.97, 0.95, 0.89), (0.90, 0.34, 0.22), (0.96, 0.84, 0.58), (0.94, 0.94, 0.96))
    hull = pen.pick((0.46, 0.22, 0.12), (0.64, 0.15, 0.13), (0.14, 0.22, 0.42), (0.92, 0.90, 0.86))
    pen.line([(0.0, 0.1), (0.0, 1.0)], (0.32, 0.22, 0.14), 0.018)
    main = [(-0.015, 0.97), (-0.13, 0.72), (-0.26, 0.44), (-0.36, 0.19), (-0.2, 0.165), (-0.015, 0.18)]
    pen.shape(main, sail, turn=0.8)
    jib = [(0.015, 0.90), (0.16, 0.56), (0.36, 0.17), (0.2, 0.20), (0.015, 0.19)]
    pen.shape(jib, (sail[0] * 0.95, sail[1] * 0.94, sail[2] * 0.93), turn=0.8)
    for y in (0.36, 0.55, 0.74):
        pen.line(
            [(-0.015, y), (-0.36 * (1 - y) * 1.15, y - 0.02)],
            (sail[0] * 0.8, sail[1] * 0.8, sail[2] * 0.8),
            0.005,
        )
    outline = [
        (-0.38, 0.13),
        (0.0, 0.095),
        (0.45, 0.15),
        (0.33, 0.03),
        (0.26, 0.0),
        (-0.3, 0.0),
        (-0.36, 0.05),
    ]
    _hull(pen, outline, hull, (0.90, 0.84, 0.72))
    _wake(pen, 0.42)


def ship(pen: Pen) -> None:
    """A tall ship: three masts, square sails, bowsprit, flags."""
    sail = pen.pick((0.96, 0.92, 0.82), (0.90, 0.84, 0.72), (0.80, 0.24, 0.20))
    wood = pen.pick((0.36, 0.22, 0.13), (0.24, 0.16, 0.13))
    pen.line([(0.5, 0.2), (0.78, 0.36)], wood, 0.018)
    pen.shape([(0.36, 0.70), (0.74, 0.34), (0.42, 0.30)], (sail[0] * 0.92, sail[1] * 0.92, sail[2] * 0.92))
    for x, top, wide in ((-0.36, 0.82, 0.17), (0.0, 0.98, 0.21), (0.32, 0.88, 0.18)):
        pen.line([(x, 0.1), (x, top)], wood, 0.018)
        rows = 3
        step = (top - 0.28) / rows
        for row in range(rows):
            y0 = 0.27 + row * step
            w0, w1 = wide * (1 - 0.17 * row), wide * (0.88 - 0.17 * row)
            belly = [
                (x - w0, y0),
                (x - w1, y0 + step * 0.86),
                (x + w1, y0 + step * 0.86),
                (x + w0, y0),
                (x + w0 * 0.5, y0 + 0.035),
                (x - w0 * 0.5, y0 + 0.035),
            ]
            pen.shape(belly, sail, turn=0.85)
            pen.line([(x - w1, y0 + step * 0.87), (x + w1, y0 + step * 0.87)], wood, 0.01)
        pen.shape([(x, top), (x - 0.11, top + 0.015), (x, top - 0.035)], (0.75, 0.15, 0.15))
    outline = [
        (-0.62, 0.27),
        (-0.30, 0.17),
        (0.58, 0.20),
        (0.46, 0.05),
        (0.40, 0.0),
        (-0.5, 0.0),
        (-0.58, 0.1),
    ]
    _hull(pen, outline, wood, (0.80, 0.62, 0.32))
    for k in range(7):
        pen.window(-0.46 + 0.13 * k, 0.10, 0.013, 0.013)
    _wake(pen, 0.62)


def rowboat(pen: Pen) -> None:
    """A rowing boat with its oars."""
    wood = pen.pick((0.56, 0.34, 0.18), (0.20, 0.42, 0.50), (0.70, 0.22, 0.16))
    pen.line([(-0.5, 1.0), (0.25, 0.5), (0.8, 0.04)], (0.74, 0.58, 0.36), 0.06)
    inner = [(-1.1, 0.86), (-0.6, 0.66), (0.5, 0.64), (1.2, 0.95), (0.6, 0.78), (-0.5, 0.78)]
    pen.shape(inner, (wood[0] * 0.5, wood[1] * 0.5, wood[2] * 0.5))
    for x in (-0.4, 0.3):
        pen.shape([(x - 0.12, 0.78), (x + 0.12, 0.78), (x + 0.1, 0.64), (x - 0.14, 0.64)], (0.76, 0.60, 0.40))
    hull = [
        (-1.1, 0.86),
        (-0.6, 0.64),
        (0.5, 0.62),
        (1.2, 0.95),
        (1.02, 0.35),
        (0.72, 0.0),
        (-0.75, 0.0),
        (-1.02, 0.35),
    ]
    pen.shape(hull, wood, span=(-1.2, 1.3))
    pen.line([(-1.1, 0.86), (-0.6, 0.65), (0.5, 0.63), (1.2, 0.95)], (0.90, 0.84, 0.70), 0.07, smooth=True)
    pen.line([(-1.0, 0.42), (0.0, 0.30), (1.05, 0.45)], (wood[0] * 0.7, wood[1] * 0.7, wood[2] * 0.7), 0.03)
    pen.line([(0.3, 0.8), (-0.2, 0.45), (-0.75, 0.02)], (0.78, 0.62, 0.40), 0.06)


def _wake(pen: Pen, half: float) -> None:
    pen.shape(
        [(-half * 1.1, 0.0), (-half * 0.5, 0.012), (half, 0.01), (half * 0.8, -0.012), (-half, -0.014)],
        (0.95, 0.97, 1.0),
        opacity=0.7,
        solid=False,
    )
