"""A cottage with a chimney, a door and two windows."""

from ...brushes import Color, Picture, ellipse_points, fill, polygon, polygon_mask
from ...scene import Scene
from .lit import Lit


def cottage(canvas: Picture, scene: Scene, foot: float, lit: Lit) -> None:
    """A cottage with a chimney, a door and two windows."""
    size, x, h = canvas.shape[0], scene.x, scene.scale * 0.8
    half, wall = h * 0.46, foot - h * 0.42
    walls: Color = [(0.94, 0.90, 0.80), (0.86, 0.62, 0.46), (0.70, 0.76, 0.80)][int(lit.rng.integers(3))]
    roof: Color = [(0.62, 0.22, 0.16), (0.38, 0.26, 0.20), (0.30, 0.34, 0.42)][int(lit.rng.integers(3))]
    if scene.ground == "snow" and lit.rng.random() < 0.6:
        roof = (0.93, 0.95, 0.99)
    cx = x + half * 0.5
    polygon(
        canvas,
        [
            (cx - h * 0.06, wall - h * 0.1),
            (cx - h * 0.06, wall - h * 0.46),
            (cx + h * 0.06, wall - h * 0.46),
            (cx + h * 0.06, wall - h * 0.1),
        ],
        lit.color((0.5, 0.32, 0.28)),
    )
    polygon(
        canvas,
        [(x - half, foot), (x - half, wall), (x + half, wall), (x + half, foot)],
        lit.round(size, x - half, x + half, walls),
    )
    polygon(
        canvas,
        [
            (x - half * 1.18, wall + h * 0.02),
            (x - half * 0.7, wall - h * 0.36),
            (x + half * 0.7, wall - h * 0.36),
            (x + half * 1.18, wall + h * 0.02),
        ],
        lit.round(size, x - half, x + half, roof, 0.3),
    )
    d = h * 0.075
    polygon(
        canvas,
        [(x - d, foot), (x - d, foot - h * 0.27), (x + d, foot - h * 0.27), (x + d, foot)],
        lit.color((0.35, 0.18, 0.12)),
    )
    for s in (-1, 1):
        wx, wy = x + s * half * 0.62, foot - h * 0.24
        polygon(
            canvas,
            [(wx - d, wy + d * 0.9), (wx - d, wy - d * 0.9), (wx + d, wy - d * 0.9), (wx + d, wy + d * 0.9)],
            lit.window(),
        )
    if lit.rng.random() < 0.6:
        smoke = lit.color((0.82, 0.82, 0.86), 0.2)
        for k in range(4):
            mask = polygon_mask(
                size,
                ellipse_points(
                    cx + 0.02 * k * k * 0.6, wall - h * (0.52 + 0.1 * k), h * (0.045 + 0.018 * k), h * 0.045
                ),
            )
            fill(canvas, mask * (0.6 - 0.12 * k), smoke)
