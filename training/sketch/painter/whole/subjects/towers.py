"""Lighthouse, windmill, clock tower."""

import numpy as np

from ..pen import Pen


def lighthouse(pen: Pen) -> None:
    """A striped tower with gallery and lamp; in the dark, its beam."""
    white = (0.95, 0.94, 0.91)
    stripe = pen.pick((0.82, 0.15, 0.13), (0.82, 0.15, 0.13), (0.14, 0.24, 0.52), (0.16, 0.16, 0.18))
    bands = int(pen.rng.integers(2, 5)) * 2 + 1
    for band in range(bands):
        y0, y1 = 0.76 * band / bands, 0.76 * (band + 1) / bands
        w0, w1 = 0.13 - 0.05 * y0 / 0.76, 0.13 - 0.05 * y1 / 0.76
        pen.shape([(-w0, y0), (-w1, y1), (w1, y1), (w0, y0)], stripe if band % 2 else white)
    pen.box(-0.035, 0.0, 0.035, 0.09, (0.25, 0.16, 0.12))
    for y in (0.3, 0.56):
        pen.window(0.0, y, 0.014, 0.024)
    dark = (0.18, 0.18, 0.21)
    pen.box(-0.115, 0.755, 0.115, 0.78, dark)
    lamp = (1.0, 0.90, 0.52) if pen.hour.dark else (0.66, 0.80, 0.86)
    pen.box(-0.06, 0.78, 0.06, 0.89, lamp, own=0.9 if pen.hour.dark else 0.1, turn=0.4)
    for x in (-0.058, -0.02, 0.02, 0.058):
        pen.line([(x, 0.78), (x, 0.89)], dark, 0.008)
    pen.line([(-0.11, 0.83), (0.11, 0.83)], dark, 0.008)
    pen.shape([(-0.08, 0.885), (-0.05, 0.945), (0.0, 0.975), (0.05, 0.945), (0.08, 0.885)], stripe)
    pen.line([(0, 0.97), (0, 1.0)], dark, 0.012)
    if pen.hour.dark:
        _beam(pen)


def _beam(pen: Pen) -> None:
    canvas, side = pen.canvas, 1.0 if pen.chance(0.5) else -1.0
    ((x, y),) = pen.place([(0.0, 0.835)])
    pen.glow(0.0, 0.835, 0.12, (1.0, 0.86, 0.5), 0.8)
    beam = canvas.mask([(x, y - 0.004), (x + side, y - 0.14), (x + side, y + 0.03), (x, y + 0.004)])
    if beam is None:
        return
    columns = np.arange(beam.box.x0, beam.box.x1, dtype=np.float32) / canvas.size
    reach = np.clip(1.0 - np.abs(columns - x) / 0.65, 0, 1)[None, :, None] ** 1.3
    beam.share[:] *= reach
    canvas.put(beam, (1.0, 0.93, 0.68), None, 0.55)


def windmill(pen: Pen) -> None:
    """A tapered body with a cap, a gallery and four sails of lattice and cloth."""
    body = pen.pick((0.86, 0.82, 0.72), (0.56, 0.37, 0.24), (0.64, 0.34, 0.26))
    pen.shape([(-0.17, 0.0), (-0.10, 0.62), (0.10, 0.62), (0.17, 0.0)], body)
    pen.box(-0.19, 0.20, 0.19, 0.225, (0.34, 0.24, 0.17))
    pen.shape(
        [(-0.12, 0.61), (-0.11, 0.68), (-0.04, 0.75), (0.05, 0.75), (0.11, 0.68), (0.12, 0.61)],
        (0.42, 0.22, 0.15),
    )
    pen.box(-0.04, 0.0, 0.04, 0.13, (0.22, 0.14, 0.10))
    for y in (0.32, 0.48):
        pen.window(0.0, y, 0.022, 0.032)
    turn, hub = pen.roll(0.1, 1.45), (0.0, 0.655)
    cloth, wood = (0.95, 0.91, 0.82), (0.30, 0.20, 0.14)
    for arm in range(4):
        a = turn + arm * np.pi / 2
        along, across = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
        points = [
            np.asarray(hub) + along * r + across * w
            for r, w in ((0.10, 0), (0.40, 0), (0.40, 0.09), (0.10, 0.09))
        ]
        pen.shape([(float(p[0]), float(p[1])) for p in points], cloth, turn=0.4)
        for r in (0.16, 0.24, 0.32, 0.40):
            ends = [np.asarray(hub) + along * r, np.asarray(hub) + along * r + across * 0.09]
            pen.line([(float(p[0]), float(p[1])) for p in ends], wood, 0.008)
        tip = np.asarray(hub) + along * 0.42
        pen.line([hub, (float(tip[0]), float(tip[1]))], wood, 0.02)
    pen.ellipse(0.0, 0.655, 0.025, 0.025, wood)


def tower(pen: Pen) -> None:
    """A clock tower with a pointed roof."""
    stone = pen.pick((0.70, 0.60, 0.46), (0.62, 0.58, 0.54), (0.66, 0.42, 0.32))
    roof = pen.pick((0.24, 0.36, 0.38), (0.40, 0.22, 0.18), (0.26, 0.28, 0.36))
    pen.box(-0.12, 0.0, 0.12, 0.66, stone)
    pen.box(-0.135, 0.48, 0.135, 0.50, (stone[0] * 0.8, stone[1] * 0.8, stone[2] * 0.8))
    pen.box(-0.145, 0.64, 0.145, 0.67, (stone[0] * 1.1, stone[1] * 1.1, stone[2] * 1.1))
    pen.box(-0.11, 0.67, 0.11, 0.76, stone)
    for x in (-0.06, 0.0, 0.06):
        pen.window(x, 0.71, 0.016, 0.025, arched=True)
    pen.shape([(-0.135, 0.755), (0.0, 0.985), (0.135, 0.755)], roof)
    pen.line([(0, 0.97), (0, 1.02)], (0.8, 0.66, 0.3), 0.012)
    pen.ellipse(0.0, 0.57, 0.066, 0.066, (0.30, 0.24, 0.18))
    pen.ellipse(0.0, 0.57, 0.056, 0.056, (0.98, 0.94, 0.80), own=0.8 if pen.hour.dark else 0.1, turn=0.3)
    for a, r in ((pen.roll(0, 6.28), 0.045), (pen.roll(0, 6.28), 0.03)):
        pen.line([(0, 0.57), (r * float(np.cos(a)), 0.57 + r * float(np.sin(a)))], (0.1, 0.08, 0.08), 0.01)
    for y in (0.14, 0.28, 0.41):
        for x in (-0.055, 0.055):
            pen.window(x, y, 0.016, 0.034, arched=True)
    pen.box(-0.035, 0.0, 0.035, 0.08, (0.22, 0.14, 0.10))
