"""A whale at the surface, with its tail and its spray."""

from itertools import pairwise

import numpy as np

from ...brushes import Color, Picture, ellipse_points, fill, line, mix, polygon, polygon_mask
from ...scene import Scene
from .lit import Lit


def whale(canvas: Picture, scene: Scene, foot: float, lit: Lit) -> None:
    """A whale at the surface, with its tail and its spray."""
    size, x, h = canvas.shape[0], scene.x, scene.scale
    side = 1.0 if lit.rng.random() < 0.5 else -1.0
    foot += 0.05
    long, tall = h * 0.62, h * 0.34
    skin: Color = [(0.26, 0.40, 0.62), (0.40, 0.44, 0.54), (0.30, 0.54, 0.72)][int(lit.rng.integers(3))]
    water = polygon_mask(size, [(0, 0), (1, 0), (1, foot), (0, foot)])
    back = [
        (x + side * dx * long, foot - dy * tall)
        for dx, dy in (
            (-0.62, -0.2),
            (-0.6, 0.45),
            (-0.42, 0.86),
            (-0.1, 1.0),
            (0.24, 0.82),
            (0.5, 0.4),
            (0.68, 0.12),
            (0.72, -0.2),
        )
    ]
    smooth = _rounded(back)
    base = np.asarray(lit.color(skin, 0.35), np.float32)
    ramp = np.clip((np.arange(size, dtype=np.float32)[:, None, None] / size - (foot - tall)) / tall, 0, 1)
    fill(canvas, polygon_mask(size, smooth) * water, mix(np.clip(base * 1.5 + 0.04, 0, 1), base * 0.6, ramp))
    belly = [
        (x + side * dx * long, foot - dy * tall)
        for dx, dy in ((-0.62, -0.2), (-0.6, 0.28), (-0.3, 0.22), (-0.05, -0.2))
    ]
    fill(canvas, polygon_mask(size, belly) * water, lit.color((0.80, 0.84, 0.86), 0.2))
    ex, ey = x - side * long * 0.4, foot - tall * 0.45
    polygon(canvas, ellipse_points(ex, ey, h * 0.018, h * 0.018), (0.05, 0.05, 0.08))
    tx, ty = x + side * long * 0.98, foot - tall * 0.75
    tail = [
        (tx - side * long * 0.1, foot + 0.01),
        (tx - side * long * 0.05, ty + tall * 0.25),
        (tx - side * long * 0.26, ty - tall * 0.2),
        (tx, ty + tall * 0.02),
        (tx + side * long * 0.24, ty - tall * 0.25),
        (tx + side * long * 0.06, ty + tall * 0.25),
        (tx + side * long * 0.05, foot + 0.01),
    ]
    fill(canvas, polygon_mask(size, tail) * water, base)
    if lit.rng.random() < 0.8:
        sx, sy = x - side * long * 0.15, foot - tall
        spray = lit.color((0.90, 0.95, 1.0), 0.35)
        for s in (-1, 0, 1):
            line(
                canvas,
                [
                    (sx, sy),
                    (sx + s * h * 0.05, sy - h * 0.2),
                    (sx + s * h * 0.14, sy - h * (0.2 if s else 0.3)),
                ],
                spray,
                max(0.01, h * 0.025),
            )
    foam = polygon_mask(
        size, ellipse_points(x, foot, long * 0.8, 0.012), ellipse_points(tx, foot, long * 0.16, 0.01)
    )
    fill(canvas, foam * 0.75, lit.color((0.92, 0.96, 1.0), 0.3))


def _rounded(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Chaikin's corner cutting, three times: a smooth outline from a few corners (open ends kept)."""
    for _ in range(3):
        cut = [points[0]]
        for (ax, ay), (bx, by) in pairwise(points):
            cut += [
                (0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by),
                (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by),
            ]
        points = [*cut, points[-1]]
    return points
