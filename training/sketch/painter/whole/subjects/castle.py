"""A castle: walls with battlements, round towers with pointed roofs, a gate, banners."""

from ...brushes import Color
from ..pen import Pen


def castle(pen: Pen) -> None:
    """A castle; its towers stand a little differently each time."""
    stone = pen.pick((0.70, 0.66, 0.58), (0.58, 0.57, 0.60), (0.74, 0.60, 0.46))
    roof = pen.pick((0.60, 0.18, 0.16), (0.18, 0.28, 0.50), (0.36, 0.22, 0.40), (0.22, 0.40, 0.38))
    far: Color = (stone[0] * 0.86, stone[1] * 0.87, stone[2] * 0.92)
    lean = pen.roll(-0.07, 0.07)
    _tower(pen, 0.15 + lean, 0.0, 0.065, 0.60, far, roof)
    _tower(pen, -0.04 + lean, 0.0, 0.095, 0.70, stone, roof)
    _tower(pen, -0.24 + lean, 0.0, 0.055, 0.48, far, roof)
    _wall(pen, -0.42, 0.42, 0.34, stone)
    _tower(pen, -0.42, 0.0, 0.09, 0.46 + pen.roll(-0.04, 0.04), stone, roof)
    _tower(pen, 0.42, 0.0, 0.09, 0.44 + pen.roll(-0.04, 0.06), stone, roof)
    _wall(pen, -0.13, 0.13, 0.40, (stone[0] * 1.06, stone[1] * 1.06, stone[2] * 1.06))
    gate = [
        (-0.065, 0.0),
        (-0.065, 0.14),
        (-0.045, 0.19),
        (0.0, 0.21),
        (0.045, 0.19),
        (0.065, 0.14),
        (0.065, 0.0),
    ]
    pen.shape(gate, (0.16, 0.11, 0.09), turn=0.2)
    for x in (-0.04, 0.0, 0.04):
        pen.line([(x, 0.0), (x, 0.19)], (0.34, 0.28, 0.22), 0.006)
    for x in (-0.27, 0.27):
        pen.window(x, 0.2, 0.014, 0.03, arched=True)


def _tower(pen: Pen, x: float, foot: float, half: float, tall: float, stone: Color, roof: Color) -> None:
    pen.box(x - half, foot, x + half, tall, stone)
    pen.box(
        x - half * 1.18,
        tall - 0.045,
        x + half * 1.18,
        tall,
        (stone[0] * 0.92, stone[1] * 0.92, stone[2] * 0.92),
    )
    peak = tall + half * 2.9
    pen.shape(
        [
            (x - half * 1.3, tall),
            (x - half * 0.35, tall + half * 1.6),
            (x, peak),
            (x + half * 0.35, tall + half * 1.6),
            (x + half * 1.3, tall),
        ],
        roof,
    )
    pen.line([(x, peak - 0.01), (x, peak + 0.05)], (0.25, 0.2, 0.18), 0.006)
    pen.shape([(x, peak + 0.05), (x + 0.06, peak + 0.035), (x, peak + 0.02)], (0.85, 0.22, 0.18), turn=0.3)
    for share in (0.45, 0.78):
        pen.window(x, tall * share, half * 0.16, half * 0.34, arched=True)


def _wall(pen: Pen, x0: float, x1: float, top: float, stone: Color) -> None:
    pen.box(x0, 0.0, x1, top, stone, turn=0.6)
    teeth = max(3, round((x1 - x0) / 0.042) | 1)
    for tooth in range(0, teeth, 2):
        a, b = x0 + (x1 - x0) * tooth / teeth, x0 + (x1 - x0) * (tooth + 1) / teeth
        pen.box(a, top - 0.003, b, top + 0.03, stone, span=(x0, x1), turn=0.6)
    courses = (stone[0] * 0.86, stone[1] * 0.86, stone[2] * 0.86)
    for y in (0.25, 0.5, 0.75):
        pen.line([(x0, top * y), (x1, top * y)], courses, 0.004)
