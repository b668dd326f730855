"""Cat, dog, fox, bear, rabbit."""

from ..pen import Pen, oval
from .quadruped import Build, quadruped


def cat(pen: Pen) -> None:
    """A cat that sits and looks at you, its tail around it."""
    coat = pen.pick((0.14, 0.13, 0.14), (0.86, 0.52, 0.22), (0.56, 0.54, 0.54), (0.92, 0.88, 0.82))
    dark = (coat[0] * 0.7, coat[1] * 0.7, coat[2] * 0.7)
    span = (-0.4, 0.4)
    pen.limb([(0.18, 0.06), (0.40, 0.06), (0.50, 0.2), (0.44, 0.40), (0.50, 0.5)], coat, 0.085, 0.05)
    body = [
        (-0.30, 0.0),
        (-0.32, 0.16),
        (-0.22, 0.40),
        (-0.14, 0.60),
        (0.14, 0.60),
        (0.22, 0.40),
        (0.32, 0.16),
        (0.30, 0.0),
        (0.0, -0.01),
    ]
    pen.shape(body, coat, smooth=True, span=span)
    for side in (-1, 1):
        pen.ellipse(side * 0.22, 0.11, 0.12, 0.13, coat, span=span)
        pen.limb([(side * 0.08, 0.40), (side * 0.085, 0.15), (side * 0.09, 0.01)], coat, 0.11, 0.085)
        pen.ellipse(side * 0.10, 0.025, 0.065, 0.035, coat)
        ear = [(side * 0.20, 0.78), (side * 0.205, 1.0), (side * 0.03, 0.88)]
        pen.shape(ear, coat)
        pen.shape(
            [(side * 0.175, 0.81), (side * 0.18, 0.94), (side * 0.08, 0.87)], (0.85, 0.55, 0.52), turn=0.4
        )
    head = [
        (-0.22, 0.72),
        (-0.17, 0.86),
        (0.0, 0.90),
        (0.17, 0.86),
        (0.22, 0.72),
        (0.13, 0.60),
        (0.0, 0.56),
        (-0.13, 0.60),
    ]
    pen.shape(head, coat, smooth=True, span=span)
    if coat[0] > 0.4:
        for x in (-0.05, 0.0, 0.05):
            pen.line([(x, 0.88), (x * 0.7, 0.81)], dark, 0.018)
    for side in (-1, 1):
        pen.ellipse(side * 0.092, 0.745, 0.046, 0.042, (0.86, 0.84, 0.26), own=0.35, turn=0.3)
        pen.ellipse(side * 0.092, 0.745, 0.015, 0.04, (0.04, 0.04, 0.04))
    pen.shape([(-0.028, 0.69), (0.028, 0.69), (0.0, 0.655)], (0.85, 0.5, 0.5))
    for side in (-1, 1):
        pen.line([(0.0, 0.655), (side * 0.035, 0.63)], dark, 0.01)
        for lift in (0.0, 0.03):
            pen.line([(side * 0.06, 0.66), (side * 0.28, 0.65 + lift)], (0.9, 0.9, 0.88), 0.006)


def dog(pen: Pen) -> None:
    """A dog that stands and wags its tail."""
    color = pen.pick((0.62, 0.42, 0.22), (0.24, 0.20, 0.18), (0.88, 0.80, 0.66))
    build = Build(
        length=0.72, back=0.66, belly=0.40, leg=0.12, head=(0.52, 0.84), skull=0.12, snout=0.15, neck=0.26,
        ear=(0.04, 0.08), tail=[(-0.50, 0.76), (-0.56, 0.92)], tail_width=(0.09, 0.04), drop=0.2,
    )  # fmt: skip
    quadruped(pen, build, color, (0.92, 0.88, 0.80))
    dark = (color[0] * 0.6, color[1] * 0.6, color[2] * 0.6)
    pen.shape([(0.44, 0.92), (0.38, 0.86), (0.37, 0.72), (0.44, 0.68), (0.50, 0.80)], dark, smooth=True)
    pen.line([(0.34, 0.68), (0.50, 0.62)], (0.8, 0.15, 0.15), 0.04)


def fox(pen: Pen) -> None:
    """A red fox with a bushy tail, its tip white."""
    color = pen.pick((0.86, 0.40, 0.12), (0.80, 0.34, 0.12))
    build = Build(
        length=0.78, back=0.60, belly=0.37, leg=0.10, head=(0.56, 0.76), skull=0.13, snout=0.17, neck=0.24,
        ear=(0.14, 0.10), tail=[(-0.5, 0.48)], tail_width=(0.1, 0.1), drop=0.45,
    )  # fmt: skip
    brush = [
        (-0.36, 0.56),
        (-0.58, 0.56),
        (-0.86, 0.40),
        (-1.0, 0.20),
        (-0.88, 0.16),
        (-0.66, 0.26),
        (-0.42, 0.42),
    ]
    pen.shape(brush, color, smooth=True, span=(-1.0, 0.7))
    tip = [(-0.87, 0.37), (-1.0, 0.19), (-0.88, 0.15), (-0.74, 0.23), (-0.80, 0.30)]
    pen.shape(tip, (0.96, 0.94, 0.88), smooth=True)
    quadruped(pen, build, color, (0.97, 0.94, 0.88))
    for x in (-0.27, 0.32):
        pen.box(x - 0.06, 0.0, x + 0.05, 0.1, (0.16, 0.10, 0.08))
    chest = [(0.34, 0.60), (0.46, 0.62), (0.44, 0.46), (0.36, 0.40), (0.30, 0.46)]
    pen.shape(chest, (0.97, 0.94, 0.88), smooth=True)


def bear(pen: Pen) -> None:
    """A heavy bear."""
    color = pen.pick((0.32, 0.20, 0.12), (0.20, 0.15, 0.13), (0.92, 0.91, 0.88))
    build = Build(
        length=0.98, back=0.90, belly=0.36, leg=0.24, head=(0.66, 0.74), skull=0.19, snout=0.15, neck=0.5,
        ear=(0.02, 0.12), tail=[(-0.55, 0.7)], tail_width=(0.1, 0.06), drop=0.5, rump=0.97,
    )  # fmt: skip
    quadruped(pen, build, color, (color[0] * 1.25, color[1] * 1.2, color[2] * 1.1))


def rabbit(pen: Pen) -> None:
    """A rabbit that sits, its ears up."""
    coat = pen.pick((0.62, 0.52, 0.42), (0.90, 0.88, 0.85), (0.45, 0.40, 0.36))
    inner, span = (0.90, 0.66, 0.62), (-0.5, 0.5)
    pen.ellipse(-0.40, 0.16, 0.09, 0.09, (0.96, 0.95, 0.93))
    pen.shape(
        [(-0.36, 0.04), (-0.40, 0.26), (-0.24, 0.46), (0.02, 0.48), (0.22, 0.36), (0.24, 0.06), (0.0, 0.0)],
        coat,
        smooth=True,
        span=span,
    )
    pen.shape([(-0.30, 0.02), (-0.30, 0.22), (-0.14, 0.32), (0.04, 0.22), (0.08, 0.02)], coat, smooth=True)
    pen.ellipse(0.02, 0.03, 0.16, 0.045, coat)
    pen.limb([(0.2, 0.3), (0.22, 0.12), (0.26, 0.01)], coat, 0.1, 0.07)
    for x, lean in ((0.12, -0.06), (0.24, 0.02)):
        pen.shape(
            [
                (x - 0.04, 0.62),
                (x - 0.06 + lean, 0.84),
                (x + lean, 1.0),
                (x + 0.06 + lean, 0.84),
                (x + 0.05, 0.62),
            ],
            coat,
            smooth=True,
        )
        pen.shape(
            [
                (x - 0.015, 0.68),
                (x - 0.02 + lean, 0.84),
                (x + lean, 0.93),
                (x + 0.025 + lean, 0.84),
                (x + 0.025, 0.68),
            ],
            inner,
            smooth=True,
        )
    pen.shape(
        [(0.04, 0.56), (0.12, 0.68), (0.26, 0.68), (0.40, 0.54), (0.38, 0.44), (0.22, 0.38), (0.08, 0.42)],
        coat,
        smooth=True,
        span=(-0.1, 0.5),
    )
    pen.ellipse(0.24, 0.57, 0.025, 0.03, (0.05, 0.04, 0.04))
    pen.shape(oval(0.395, 0.505, 0.022, 0.018), (0.85, 0.5, 0.5))
