"""Horse, deer, elephant, giraffe."""

import numpy as np

from ..pen import Pen
from .quadruped import Build, quadruped


def horse(pen: Pen) -> None:
    """A horse with mane and tail."""
    color = pen.pick((0.46, 0.26, 0.14), (0.20, 0.16, 0.15), (0.88, 0.85, 0.80), (0.66, 0.42, 0.22))
    mane = (0.12, 0.08, 0.06) if color[0] < 0.8 else (0.72, 0.68, 0.62)
    build = Build(
        length=0.62, back=0.66, belly=0.40, leg=0.10, head=(0.50, 0.88), skull=0.075, snout=0.14, neck=0.25,
        ear=(0.07, 0.03), tail=[(-0.42, 0.52), (-0.44, 0.3), (-0.40, 0.2)], tail_width=(0.05, 0.1), drop=0.75,
    )  # fmt: skip
    pen.limb([(-0.3, 0.6), (-0.42, 0.5), (-0.45, 0.3), (-0.42, 0.18)], mane, 0.06, 0.09)
    quadruped(pen, build, color)
    pen.shape(
        [(0.47, 1.0), (0.40, 0.93), (0.30, 0.78), (0.22, 0.64), (0.30, 0.66), (0.40, 0.80), (0.46, 0.9)], mane
    )


def deer(pen: Pen) -> None:
    """A stag with antlers."""
    color = pen.pick((0.58, 0.36, 0.18), (0.50, 0.32, 0.20))
    build = Build(
        length=0.46, back=0.54, belly=0.34, leg=0.075, head=(0.35, 0.74), skull=0.062, snout=0.10, neck=0.17,
        ear=(0.05, 0.03), tail=[(-0.26, 0.46), (-0.265, 0.42)], tail_width=(0.04, 0.03), drop=0.55,
    )  # fmt: skip
    horn = (0.40, 0.30, 0.20)
    for side, x in ((-1.0, 0.33), (1.0, 0.35)):
        beam = [(x, 0.79), (x + side * 0.06, 0.85), (x + side * 0.12, 0.92), (x + side * 0.10, 1.0)]
        pen.line(beam, horn, 0.02, smooth=True)
        for at, out, up in ((1, 0.05, 0.065), (2, 0.065, 0.045), (1, -0.02, 0.09)):
            root = beam[at]
            pen.line([root, (root[0] + side * out, root[1] + up)], horn, 0.014)
    quadruped(pen, build, color, (0.86, 0.78, 0.66))


def elephant(pen: Pen) -> None:
    """An elephant with ear, trunk and tusk."""
    grey = pen.pick((0.50, 0.48, 0.48), (0.56, 0.50, 0.46))
    far = (grey[0] * 0.62, grey[1] * 0.62, grey[2] * 0.62)
    for x in (-0.30, 0.24):
        pen.shape([(x - 0.09, 0.42), (x - 0.075, 0.0), (x + 0.075, 0.0), (x + 0.09, 0.42)], far)
    pen.limb([(-0.48, 0.66), (-0.54, 0.5), (-0.53, 0.36)], far, 0.03, 0.015)
    body = [
        (-0.50, 0.62),
        (-0.40, 0.86),
        (-0.12, 0.97),
        (0.16, 0.93),
        (0.36, 0.84),
        (0.36, 0.5),
        (0.2, 0.36),
        (-0.15, 0.34),
        (-0.46, 0.40),
    ]
    pen.shape(body, grey, smooth=True, span=(-0.55, 0.6))
    for x in (-0.38, 0.14):
        pen.shape([(x - 0.10, 0.5), (x - 0.085, 0.0), (x + 0.085, 0.0), (x + 0.10, 0.5)], grey)
    head = [(0.24, 0.82), (0.36, 0.95), (0.50, 0.92), (0.58, 0.76), (0.54, 0.60), (0.40, 0.56), (0.26, 0.62)]
    pen.shape(head, grey, smooth=True, span=(0.1, 0.7))
    pen.limb([(0.52, 0.72), (0.60, 0.55), (0.62, 0.32), (0.60, 0.12), (0.68, 0.05)], grey, 0.15, 0.05)
    pen.limb([(0.50, 0.58), (0.58, 0.48), (0.70, 0.46)], (0.94, 0.92, 0.84), 0.035, 0.01)
    ear = [(0.30, 0.86), (0.16, 0.88), (0.08, 0.72), (0.13, 0.52), (0.22, 0.44), (0.31, 0.58), (0.35, 0.72)]
    pen.shape(ear, (grey[0] * 0.88, grey[1] * 0.86, grey[2] * 0.86), smooth=True, turn=0.7)
    pen.ellipse(0.46, 0.78, 0.014, 0.016, (0.05, 0.05, 0.05))


def giraffe(pen: Pen) -> None:
    """A giraffe with its patches."""
    color = (0.88, 0.70, 0.40)
    build = Build(
        length=0.34, back=0.56, belly=0.38, leg=0.055, head=(0.30, 0.94), skull=0.035, snout=0.055, neck=0.13,
        ear=(0.03, 0.02), tail=[(-0.21, 0.45), (-0.21, 0.34)], tail_width=(0.02, 0.02), drop=0.6, rump=0.94,
    )  # fmt: skip
    quadruped(pen, build, color)
    patch = (0.56, 0.32, 0.14)
    for _ in range(30):
        if pen.chance(0.5):
            x, y, r = pen.roll(-0.15, 0.15), pen.roll(0.41, 0.53), 0.024
        else:
            share = pen.roll(0.0, 0.95)
            x, y = 0.15 + 0.13 * share + pen.roll(-0.022, 0.022), 0.55 + 0.36 * share
            r = 0.021 - 0.01 * share
        turns = np.linspace(0, 6.283, 6)[:-1] + pen.roll(0, 1)
        pen.shape([(x + r * float(np.cos(a)), y + r * float(np.sin(a))) for a in turns], patch, turn=0.6)
    for x in (0.285, 0.305):
        pen.line([(x, 0.97), (x - 0.003, 1.0)], patch, 0.012)
