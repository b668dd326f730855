"""Hot air balloon, airship, aeroplane, eagle, kite, dragon."""

import numpy as np

from ..pen import Pen


def balloon(pen: Pen) -> None:
    """A hot air balloon in stripes, with its basket; its flame shines in the dark."""
    sets = (
        ((0.90, 0.20, 0.16), (0.98, 0.82, 0.30)),
        ((0.16, 0.38, 0.74), (0.97, 0.94, 0.88)),
        ((0.96, 0.54, 0.12), (0.56, 0.18, 0.50)),
        ((0.10, 0.56, 0.48), (0.98, 0.90, 0.62)),
        ((0.90, 0.36, 0.54), (0.98, 0.92, 0.80)),
    )
    first, second = sets[int(pen.rng.integers(len(sets)))]
    own = 0.45 if pen.hour.dark else 0.0
    turns = np.linspace(-1, 1, 10)
    down = np.concatenate([np.linspace(0.0, 0.94, 12), [1.0]])
    half = np.concatenate([0.33 * np.sqrt(np.clip(1 - ((down[:-1] - 0.38) / 0.38) ** 2, 0, 1)), [0.0]])
    half = np.where(down > 0.38, 0.33 - 0.25 * (np.clip(down - 0.38, 0, 1) / 0.62) ** 1.45, half)
    ys = 1.0 - 0.72 * down
    for k in range(9):
        left = [(float(h * np.sin(turns[k] * 1.5708)), float(y)) for h, y in zip(half, ys, strict=True)]
        right = [(float(h * np.sin(turns[k + 1] * 1.5708)), float(y)) for h, y in zip(half, ys, strict=True)]
        pen.shape([*left, *right[::-1]], first if k % 2 else second, span=(-0.34, 0.34), own=own)
    pen.shape(
        [(-0.3, 0.60), (0.3, 0.60), (0.265, 0.53), (-0.265, 0.53)],
        second if pen.chance(0.5) else first,
        span=(-0.34, 0.34),
        own=own,
    )
    for x in (-0.075, -0.03, 0.03, 0.075):
        pen.line([(x, 0.28), (x * 0.8, 0.12)], (0.25, 0.18, 0.12), 0.006)
    pen.shape([(-0.068, 0.125), (0.068, 0.125), (0.055, 0.0), (-0.055, 0.0)], (0.56, 0.36, 0.18))
    pen.box(-0.072, 0.10, 0.072, 0.125, (0.40, 0.25, 0.13))
    if pen.hour.dark:
        pen.glow(0.0, 0.3, 0.12, (1.0, 0.7, 0.3), 0.8)


def airship(pen: Pen) -> None:
    """An airship with fins and a gondola."""
    skin = pen.pick((0.80, 0.80, 0.80), (0.86, 0.66, 0.30), (0.60, 0.22, 0.20), (0.52, 0.60, 0.66))
    dark = (skin[0] * 0.7, skin[1] * 0.7, skin[2] * 0.7)
    for y, tip in ((0.80, 1.0), (0.46, 0.22)):
        pen.shape([(-0.82, y), (-1.26, tip), (-1.34, tip), (-1.20, 0.62)], dark)
    hull = [
        (1.25, 0.62),
        (1.12, 0.78),
        (0.7, 0.93),
        (0.1, 0.98),
        (-0.6, 0.88),
        (-1.2, 0.66),
        (-1.2, 0.58),
        (-0.6, 0.38),
        (0.1, 0.28),
        (0.7, 0.32),
        (1.12, 0.46),
    ]
    # round from above to below: bands from light to dark
    for share, shade in ((1.0, 0.62), (0.84, 0.8), (0.64, 1.0), (0.36, 1.12)):
        band = [
            (x, 0.63 + (y - 0.63) * (share if y < 0.63 else 1.0) + (0.30 * (1 - share) if y < 0.63 else 0.0))
            for x, y in hull
        ]
        pen.shape(
            band,
            (min(1, skin[0] * shade), min(1, skin[1] * shade), min(1, skin[2] * shade)),
            smooth=True,
            turn=0.5,
            span=(-1.5, 1.5),
        )
    pen.shape([(-0.3, 0.30), (0.45, 0.28), (0.36, 0.10), (-0.22, 0.12)], (0.34, 0.24, 0.18))
    for x in (-0.14, 0.0, 0.14, 0.28):
        pen.window(x, 0.20, 0.04, 0.03)
    pen.shape([(-0.82, 0.66), (-1.36, 0.66), (-1.40, 0.58), (-1.0, 0.60)], dark)


def plane(pen: Pen) -> None:
    """A biplane seen from the side."""
    body = pen.pick((0.80, 0.16, 0.14), (0.92, 0.74, 0.20), (0.20, 0.40, 0.66), (0.36, 0.46, 0.28))
    wood = (0.32, 0.22, 0.15)
    wing = (body[0] * 0.85, body[1] * 0.85, body[2] * 0.85)
    pen.shape([(-1.25, 0.56), (-1.45, 1.0), (-1.24, 1.0), (-1.0, 0.62)], body)
    hull = [
        (1.0, 0.66),
        (0.95, 0.80),
        (0.4, 0.82),
        (-0.5, 0.70),
        (-1.35, 0.62),
        (-1.35, 0.52),
        (-0.4, 0.40),
        (0.5, 0.36),
        (0.95, 0.44),
        (1.0, 0.56),
    ]
    pen.shape(hull, body)
    pen.shape([(-1.45, 0.62), (-0.95, 0.62), (-1.0, 0.55), (-1.45, 0.55)], wing)
    for x in (0.05, 0.62):
        pen.line([(x, 0.42), (x + 0.1, 0.98)], wood, 0.03)
    pen.shape([(-0.25, 1.05), (0.95, 1.08), (0.98, 0.98), (-0.2, 0.95)], body, turn=0.5)
    pen.shape([(-0.3, 0.48), (0.85, 0.50), (0.88, 0.40), (-0.25, 0.37)], wing, turn=0.5)
    pen.ellipse(-0.12, 0.84, 0.10, 0.10, (0.35, 0.24, 0.18))
    pen.line([(0.35, 0.4), (0.5, 0.1)], wood, 0.035)
    pen.ellipse(0.5, 0.09, 0.12, 0.12, (0.12, 0.11, 0.12))
    pen.ellipse(1.05, 0.61, 0.035, 0.46, (0.75, 0.72, 0.66), opacity=0.5)
    pen.ellipse(1.03, 0.61, 0.07, 0.09, (0.7, 0.6, 0.3))


def eagle(pen: Pen) -> None:
    """An eagle in flight, its wings up."""
    brown = pen.pick((0.34, 0.23, 0.14), (0.24, 0.18, 0.14), (0.46, 0.34, 0.20))
    far = (brown[0] * 0.7, brown[1] * 0.7, brown[2] * 0.7)
    for color, dx, tip in ((far, 0.14, 0.95), (brown, 0.0, 1.0)):
        wing = [(0.28 + dx, 0.36), (0.20 + dx, 0.62), (-0.10 + dx, 0.84), (-0.52 + dx, tip)]
        wing += [
            (-0.62 + dx, tip - 0.04),
            (-0.52 + dx, tip - 0.10),
            (-0.66 + dx, tip - 0.15),
            (-0.50 + dx, tip - 0.20),
        ]
        wing += [
            (-0.58 + dx, tip - 0.27),
            (-0.38 + dx, 0.64),
            (-0.42 + dx, 0.57),
            (-0.22 + dx, 0.50),
            (-0.18 + dx, 0.32),
        ]
        pen.shape(wing, color)
    pen.shape([(-0.5, 0.36), (-0.95, 0.28), (-0.98, 0.18), (-0.9, 0.1), (-0.45, 0.2)], brown)
    pen.shape(
        [
            (-0.6, 0.32),
            (-0.1, 0.42),
            (0.36, 0.40),
            (0.62, 0.34),
            (0.6, 0.24),
            (0.3, 0.16),
            (-0.2, 0.12),
            (-0.6, 0.22),
        ],
        brown,
        smooth=True,
    )
    pen.shape(
        [(0.42, 0.42), (0.62, 0.44), (0.76, 0.36), (0.72, 0.27), (0.5, 0.24), (0.42, 0.3)],
        (0.96, 0.94, 0.88),
        smooth=True,
    )
    pen.shape([(0.72, 0.38), (0.88, 0.34), (0.86, 0.24), (0.70, 0.29)], (0.96, 0.72, 0.16))
    pen.ellipse(0.66, 0.37, 0.02, 0.022, (0.05, 0.05, 0.05))
    for x in (0.0, 0.12):
        pen.line([(x, 0.16), (x - 0.08, 0.04)], (0.92, 0.70, 0.16), 0.035)


def kite(pen: Pen) -> None:
    """A kite with a tail of ribbons."""
    a, b = (
        pen.pick((0.90, 0.20, 0.20), (0.20, 0.50, 0.85), (0.60, 0.25, 0.70)),
        pen.pick((0.98, 0.82, 0.22), (0.96, 0.94, 0.88)),
    )
    top, left, right, low, mid = (0.1, 1.0), (-0.28, 0.72), (0.40, 0.78), (-0.1, 0.34), (0.05, 0.74)
    pen.line(
        [(-0.1, 0.34), (-0.22, 0.22), (-0.05, 0.12), (-0.2, 0.0)], (0.85, 0.82, 0.76), 0.012, smooth=True
    )
    for (x, y), color in zip(((-0.2, 0.22), (-0.08, 0.13), (-0.18, 0.03)), (a, b, a), strict=True):
        pen.shape([(x, y), (x - 0.07, y + 0.03), (x - 0.07, y - 0.03)], color)
        pen.shape([(x, y), (x + 0.07, y + 0.03), (x + 0.07, y - 0.03)], color)
    for corner, color in (((top, left), a), ((top, right), b), ((low, right), a), ((low, left), b)):
        pen.shape([corner[0], corner[1], mid], color, turn=0.6)


def dragon(pen: Pen) -> None:
    """A dragon in flight that breathes fire."""
    skin = pen.pick((0.16, 0.42, 0.26), (0.60, 0.14, 0.14), (0.26, 0.22, 0.40))
    far, belly = (skin[0] * 0.62, skin[1] * 0.62, skin[2] * 0.62), (0.84, 0.70, 0.40)
    for color, dx in ((far, 0.22), (skin, 0.0)):
        bones = [
            (0.15 + dx, 0.48),
            (0.0 + dx, 0.98),
            (-0.75 + dx, 0.96),
            (-0.58 + dx, 0.80),
            (-0.66 + dx, 0.66),
            (-0.40 + dx, 0.64),
            (-0.42 + dx, 0.48),
            (-0.16 + dx, 0.50),
            (-0.15 + dx, 0.40),
        ]
        pen.shape(bones, color)
        for tip in ((-0.75 + dx, 0.96), (-0.66 + dx, 0.66), (-0.42 + dx, 0.48)):
            pen.line([(0.0 + dx, 0.97), tip], (color[0] * 0.6, color[1] * 0.6, color[2] * 0.6), 0.016)
    pen.limb([(-0.3, 0.36), (-0.7, 0.26), (-1.0, 0.34), (-1.25, 0.2)], skin, 0.2, 0.03)
    pen.shape([(-1.2, 0.26), (-1.42, 0.24), (-1.3, 0.08)], skin)
    pen.shape(
        [(-0.5, 0.38), (-0.2, 0.48), (0.2, 0.50), (0.42, 0.42), (0.36, 0.26), (0.0, 0.18), (-0.36, 0.22)],
        skin,
        smooth=True,
    )
    pen.limb([(0.30, 0.38), (0.52, 0.44), (0.56, 0.62), (0.74, 0.72)], skin, 0.22, 0.12)
    pen.shape([(0.0, 0.22), (0.3, 0.28), (0.44, 0.42), (0.3, 0.2)], belly, smooth=True)
    head = [
        (0.66, 0.78),
        (0.80, 0.84),
        (1.08, 0.74),
        (1.10, 0.68),
        (0.86, 0.68),
        (1.02, 0.62),
        (0.98, 0.58),
        (0.74, 0.60),
        (0.64, 0.68),
    ]
    pen.shape(head, skin)
    for x in (0.68, 0.76):
        pen.shape([(x, 0.80), (x - 0.2, 0.94), (x + 0.06, 0.82)], belly)
    pen.ellipse(0.84, 0.76, 0.022, 0.02, (1.0, 0.85, 0.2), own=0.9)
    for x in (-0.2, 0.15):
        pen.limb([(x, 0.28), (x - 0.1, 0.12), (x + 0.04, 0.02)], skin, 0.12, 0.05)
    if pen.chance(0.6):
        for length, wide, color in (
            (0.62, 0.11, (0.95, 0.35, 0.08)),
            (0.46, 0.07, (1.0, 0.66, 0.14)),
            (0.3, 0.04, (1.0, 0.94, 0.6)),
        ):
            flame = [
                (1.04, 0.65),
                (1.04 + length * 0.5, 0.65 + wide),
                (1.04 + length, 0.60),
                (1.04 + length * 0.6, 0.62 - wide),
            ]
            pen.shape(flame, color, smooth=True, own=1.0, opacity=0.9)
        pen.glow(1.35, 0.64, 0.3, (1.0, 0.5, 0.15), 0.5)
