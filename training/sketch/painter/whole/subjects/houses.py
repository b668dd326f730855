"""Cottage, church, barn, tent."""

from ...brushes import Color
from ..pen import Pen


def _snowy(pen: Pen, roof: Color) -> Color:
    return (0.93, 0.95, 0.99) if pen.ground == "snow" and pen.chance(0.7) else roof


def cottage(pen: Pen) -> None:
    """A cottage seen from a corner: gable, long roof, chimney with smoke, door and windows."""
    walls = pen.pick((0.94, 0.90, 0.80), (0.86, 0.64, 0.48), (0.72, 0.77, 0.80), (0.90, 0.80, 0.55))
    roof = _snowy(pen, pen.pick((0.64, 0.24, 0.17), (0.42, 0.28, 0.20), (0.32, 0.36, 0.44)))
    far = (walls[0] * 0.82, walls[1] * 0.82, walls[2] * 0.84)
    pen.box(0.30, 0.55, 0.42, 0.96, (0.52, 0.34, 0.29))
    pen.box(-0.18, 0.0, 0.62, 0.44, far, turn=0.5)
    pen.shape([(-0.62, 0.0), (-0.62, 0.44), (-0.39, 0.80), (-0.16, 0.44), (-0.16, 0.0)], walls, turn=0.7)
    pen.shape([(-0.39, 0.86), (-0.09, 0.40), (0.70, 0.40), (0.46, 0.86)], roof, turn=0.7)
    pen.line([(-0.39, 0.855), (-0.67, 0.40)], (roof[0] * 0.75, roof[1] * 0.75, roof[2] * 0.75), 0.045)
    pen.line([(-0.39, 0.855), (-0.10, 0.40)], (roof[0] * 0.75, roof[1] * 0.75, roof[2] * 0.75), 0.03)
    pen.box(0.03, 0.0, 0.17, 0.29, (0.40, 0.20, 0.13))
    for x, y in ((0.32, 0.22), (0.50, 0.22), (-0.39, 0.22), (-0.39, 0.50)):
        pen.box(x - 0.075, y - 0.085, x + 0.075, y + 0.085, (0.96, 0.95, 0.92), turn=0.3)
        pen.window(x, y, 0.058, 0.068)
        pen.line([(x, y - 0.07), (x, y + 0.07)], (0.94, 0.93, 0.90), 0.012)
    if pen.chance(0.65):
        drift = pen.roll(0.03, 0.12)
        for k in range(5):
            pen.ellipse(
                0.36 + drift * k,
                1.02 + 0.09 * k,
                0.05 + 0.022 * k,
                0.045 + 0.014 * k,
                (0.90, 0.90, 0.92),
                opacity=0.5 - 0.08 * k,
                solid=False,
            )


def church(pen: Pen) -> None:
    """A village church: nave, tower and spire with a cross."""
    walls = pen.pick((0.94, 0.92, 0.87), (0.74, 0.68, 0.58), (0.86, 0.78, 0.62))
    roof = _snowy(pen, pen.pick((0.34, 0.36, 0.42), (0.58, 0.24, 0.18), (0.26, 0.40, 0.36)))
    far = (walls[0] * 0.84, walls[1] * 0.84, walls[2] * 0.86)
    pen.box(-0.02, 0.0, 0.52, 0.27, far, turn=0.6)
    pen.shape([(-0.05, 0.26), (-0.02, 0.46), (0.46, 0.46), (0.57, 0.26)], roof, turn=0.6)
    for x in (0.16, 0.28, 0.40):
        pen.window(x, 0.15, 0.022, 0.05, arched=True)
    pen.box(-0.28, 0.0, 0.0, 0.52, walls)
    pen.shape([(-0.30, 0.51), (-0.18, 0.66), (-0.14, 0.92), (-0.10, 0.66), (0.02, 0.51)], roof)
    pen.line([(-0.14, 0.90), (-0.14, 1.0)], (0.80, 0.66, 0.30), 0.012)
    pen.line([(-0.165, 0.965), (-0.115, 0.965)], (0.80, 0.66, 0.30), 0.012)
    pen.shape([(-0.19, 0.0), (-0.19, 0.11), (-0.14, 0.16), (-0.09, 0.11), (-0.09, 0.0)], (0.32, 0.18, 0.12))
    pen.window(-0.14, 0.40, 0.028, 0.045, arched=True)
    pen.ellipse(
        -0.14,
        0.25,
        0.032,
        0.032,
        (1.0, 0.8, 0.4) if pen.hour.dark else (0.25, 0.28, 0.36),
        own=0.8 if pen.hour.dark else 0,
    )


def barn(pen: Pen) -> None:
    """A red barn with white trim and a broken roof."""
    red = pen.pick((0.64, 0.16, 0.12), (0.56, 0.20, 0.14), (0.46, 0.32, 0.22))
    roof = _snowy(pen, pen.pick((0.42, 0.40, 0.40), (0.34, 0.24, 0.22)))
    white = (0.95, 0.94, 0.90)
    pen.box(0.0, 0.0, 0.78, 0.50, (red[0] * 0.82, red[1] * 0.82, red[2] * 0.82), turn=0.5)
    front = [
        (-0.56, 0.0),
        (-0.56, 0.50),
        (-0.44, 0.78),
        (-0.22, 0.96),
        (0.0, 0.78),
        (0.12, 0.50),
        (0.12, 0.0),
    ]
    pen.shape(front, red, turn=0.6)
    pen.shape(
        [(-0.22, 1.0), (0.03, 0.80), (0.16, 0.47), (0.86, 0.47), (0.74, 0.80), (0.52, 1.0)], roof, turn=0.7
    )
    pen.line([(-0.60, 0.47), (-0.46, 0.80), (-0.22, 0.985), (0.02, 0.80), (0.16, 0.47)], white, 0.03)
    pen.box(-0.38, 0.0, -0.06, 0.38, (red[0] * 0.72, red[1] * 0.72, red[2] * 0.72), turn=0.3)
    for line in (
        [(-0.38, 0.0), (-0.38, 0.38), (-0.06, 0.38), (-0.06, 0.0)],
        [(-0.38, 0.0), (-0.06, 0.38)],
        [(-0.38, 0.38), (-0.06, 0.0)],
    ):
        pen.line(line, white, 0.022)
    pen.window(-0.22, 0.62, 0.06, 0.06)
    for x in (0.3, 0.52):
        pen.window(x, 0.26, 0.05, 0.06)


def tent(pen: Pen) -> None:
    """A tent, open in front; in the dark it shines from within."""
    cloth = pen.pick((0.92, 0.56, 0.16), (0.24, 0.48, 0.42), (0.86, 0.78, 0.58), (0.70, 0.20, 0.18))
    own = 0.55 if pen.hour.dark else 0.0
    pen.shape(
        [(-0.15, 0.98), (0.78, 0.88), (1.15, 0.0), (0.48, 0.0)],
        (cloth[0] * 0.78, cloth[1] * 0.78, cloth[2] * 0.78),
        own=own * 0.6,
    )
    pen.shape([(-0.85, 0.0), (-0.15, 1.0), (0.52, 0.0)], cloth, own=own)
    inside = (1.0, 0.78, 0.42) if pen.hour.dark else (0.16, 0.12, 0.10)
    pen.shape([(-0.38, 0.0), (-0.15, 0.72), (0.10, 0.0)], inside, own=own * 1.6, turn=0.2)
    pen.shape(
        [(-0.15, 0.72), (0.10, 0.0), (0.24, 0.0)], (cloth[0] * 1.1, cloth[1] * 1.1, cloth[2] * 1.1), own=own
    )
    for a, b in (((-0.85, 0.0), (-1.05, -0.02)), ((1.1, 0.1), (1.35, -0.02)), ((-0.15, 1.0), (-0.7, -0.02))):
        pen.line([a, b], (0.85, 0.82, 0.75), 0.012)
    if pen.hour.dark:
        pen.glow(-0.1, 0.35, 0.7, (1.0, 0.7, 0.35), 0.35)
