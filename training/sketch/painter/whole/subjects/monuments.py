"""Pagoda, torii gate, pyramid, ruined temple, stone bridge."""

from ..pen import Pen, oval


def pagoda(pen: Pen) -> None:
    """A pagoda of four or five roofs with upturned eaves."""
    red, roof = (
        pen.pick((0.72, 0.20, 0.14), (0.56, 0.30, 0.20)),
        pen.pick((0.20, 0.30, 0.32), (0.26, 0.26, 0.32), (0.22, 0.36, 0.26)),
    )
    floors = int(pen.rng.integers(4, 6))
    step = 0.84 / floors
    pen.box(-0.30, 0.0, 0.30, 0.035, (0.66, 0.64, 0.60))
    for floor in range(floors):
        y, w = 0.03 + floor * step, 0.21 - 0.025 * floor
        pen.box(-w, y, w, y + step * 0.66, red)
        for x in (-0.55, 0.0, 0.55):
            pen.window(w * x, y + step * 0.28, w * 0.16, step * 0.15)
        eave = w * 1.65
        lift = step * 0.18
        pen.shape(
            [
                (-eave, y + step * 0.62 + lift),
                (-w * 1.1, y + step * 0.56),
                (0, y + step * 0.54),
                (w * 1.1, y + step * 0.56),
                (eave, y + step * 0.62 + lift),
                (w * 0.95, y + step * 0.86),
                (w * 0.8, y + step * 1.02),
                (-w * 0.8, y + step * 1.02),
                (-w * 0.95, y + step * 0.86),
            ],
            roof,
            turn=0.8,
        )
        pen.line([(-w * 1.2, y + step * 0.57), (w * 1.2, y + step * 0.57)], (0.85, 0.66, 0.30), 0.008)
    pen.line([(0, 0.85), (0, 1.0)], (0.80, 0.64, 0.28), 0.018)
    for y in (0.90, 0.93, 0.96):
        pen.line([(-0.022, y), (0.022, y)], (0.80, 0.64, 0.28), 0.01)


def torii(pen: Pen) -> None:
    """A red torii gate."""
    red, dark = pen.pick((0.84, 0.22, 0.12), (0.78, 0.18, 0.12)), (0.14, 0.12, 0.13)
    for x in (-0.38, 0.38):
        pen.shape(
            [(x - 0.055, 0.0), (x * 0.94 - 0.045, 0.86), (x * 0.94 + 0.045, 0.86), (x + 0.055, 0.0)], red
        )
        pen.box(x - 0.07, 0.0, x + 0.07, 0.08, dark)
    pen.box(-0.50, 0.64, 0.50, 0.71, red, turn=0.5)
    pen.box(-0.035, 0.70, 0.035, 0.86, red)
    pen.shape(
        [(-0.60, 0.90), (-0.3, 0.855), (0.3, 0.855), (0.60, 0.90), (0.59, 0.95), (-0.59, 0.95)], red, turn=0.5
    )
    pen.shape(
        [
            (-0.66, 0.98),
            (-0.3, 0.93),
            (0.3, 0.93),
            (0.66, 0.98),
            (0.68, 1.02),
            (0.3, 0.975),
            (-0.3, 0.975),
            (-0.68, 1.02),
        ],
        dark,
        turn=0.4,
    )


def pyramid(pen: Pen) -> None:
    """A pyramid with a lit and a shaded side."""
    stone = pen.pick((0.86, 0.70, 0.44), (0.78, 0.66, 0.48))
    corner = pen.roll(-0.15, 0.25)
    lit, dark = (stone, (stone[0] * 0.52, stone[1] * 0.50, stone[2] * 0.52))
    faces_left = pen.lit_from_left == (pen.side > 0)
    pen.shape([(-0.85, 0.0), (0.0, 1.0), (corner, -0.02)], lit if faces_left else dark, turn=0.25)
    pen.shape([(corner, -0.02), (0.0, 1.0), (0.85, 0.0)], dark if faces_left else lit, turn=0.25)
    for k in range(1, 12):
        y = k / 12
        w, c = 0.85 * (1 - y), corner * (1 - y)
        pen.line(
            [(-w, y), (c, y - 0.02 * (1 - y)), (w, y)],
            (stone[0] * 0.62, stone[1] * 0.60, stone[2] * 0.58),
            0.006,
        )


def temple(pen: Pen) -> None:
    """The ruin of a temple: columns, some broken, under what is left of the gable."""
    marble = pen.pick((0.92, 0.88, 0.78), (0.84, 0.80, 0.74))
    dark = (marble[0] * 0.7, marble[1] * 0.7, marble[2] * 0.72)
    for k in range(3):
        pen.box(-0.98 + 0.05 * k, 0.05 * k, 0.98 - 0.05 * k, 0.05 * k + 0.05, marble, turn=0.5)
    whole = int(pen.rng.integers(3, 6))
    for column in range(6):
        x = -0.75 + 0.30 * column
        top = 0.70 if column < whole else pen.roll(0.28, 0.6)
        pen.shape([(x - 0.075, 0.15), (x - 0.062, top), (x + 0.062, top), (x + 0.075, 0.15)], marble)
        for flute in (-0.035, 0.0, 0.035):
            pen.line([(x + flute, 0.17), (x + flute, top - 0.02)], dark, 0.008)
        if column < whole:
            pen.box(x - 0.09, 0.68, x + 0.09, 0.72, marble)
    end = -0.75 + 0.30 * (whole - 1) + 0.13
    pen.box(-0.90, 0.72, end, 0.80, marble, turn=0.5)
    peak = min(0.0, end - 0.2)
    right = max(end - 0.1, peak + 0.1)
    pen.shape(
        [(-0.92, 0.80), (peak, 1.0), (right, 1.0 - 0.2 * (right - peak) / 0.9), (end, 0.80)], marble, turn=0.7
    )
    pen.shape(
        [(-0.70, 0.82), (peak, 0.955), (right - 0.1, 0.93 - 0.2 * (right - peak) / 0.9), (end - 0.1, 0.82)],
        dark,
        turn=0.4,
    )


def bridge(pen: Pen) -> None:
    """An arched stone bridge."""
    stone = pen.pick((0.64, 0.58, 0.50), (0.56, 0.54, 0.54))
    top = [(-1.7, 0.62), (-0.8, 0.86), (0.0, 0.96), (0.8, 0.86), (1.7, 0.62)]
    spans: list[tuple[float, float]] = []
    for cx, r, high in ((1.12, 0.34, 0.46), (0.0, 0.52, 0.70), (-1.12, 0.34, 0.46)):
        spans += [(cx + r, 0.0), *oval(cx, 0.0, r, high, 0, 180), (cx - r, 0.0)]
    pen.shape([(-1.7, 0.0), *top, (1.7, 0.0), *spans], stone, turn=0.6)
    pen.line(top, (stone[0] * 1.15, stone[1] * 1.15, stone[2] * 1.15), 0.05, smooth=True)
    for cx, r, high in ((1.12, 0.36, 0.48), (0.0, 0.54, 0.72), (-1.12, 0.36, 0.48)):
        pen.line(oval(cx, 0.0, r, high, 0, 180), (stone[0] * 0.7, stone[1] * 0.7, stone[2] * 0.7), 0.035)
