"""A sailing boat with two sails and a wake."""

from ...brushes import Picture, ellipse_points, fill, line, polygon, polygon_mask
from ...scene import Scene
from .lit import Lit


def boat(canvas: Picture, scene: Scene, foot: float, lit: Lit) -> None:
    """A sailing boat with two sails and a wake."""
    size, x, h = canvas.shape[0], scene.x, scene.scale
    side = 1.0 if lit.rng.random() < 0.5 else -1.0
    foot += 0.03
    half = h * 0.4
    deck = foot - h * 0.13
    hull_color = [(0.48, 0.24, 0.13), (0.62, 0.15, 0.13), (0.15, 0.22, 0.42)][int(lit.rng.integers(3))]
    mast_top = foot - h
    line(canvas, [(x, deck), (x, mast_top)], lit.color((0.30, 0.20, 0.12)), max(0.008, h * 0.02))
    sail_color = [(0.97, 0.95, 0.88), (0.92, 0.35, 0.22), (0.96, 0.86, 0.62)][int(lit.rng.integers(3))]
    sail = lit.round(size, x - half, x + half, sail_color, 0.35)
    boom = deck - h * 0.06
    main = [
        (x + side * 0.012, mast_top + h * 0.04),
        (x + side * half * 0.55, (mast_top + boom) / 2),
        (x + side * half * 0.85, boom),
        (x + side * 0.012, boom),
    ]
    polygon(canvas, main, sail)
    polygon(
        canvas,
        [(x - side * 0.012, mast_top + h * 0.12), (x - side * half * 0.8, boom), (x - side * 0.012, boom)],
        sail * 0.93,
    )
    hull = [(x - half, deck), (x + half, deck), (x + half * 0.72, foot), (x - half * 0.66, foot)]
    polygon(canvas, hull, lit.round(size, x - half, x + half, hull_color))
    polygon(
        canvas,
        [
            (x - half, deck),
            (x + half, deck),
            (x + half * 0.97, deck + h * 0.025),
            (x - half * 0.97, deck + h * 0.025),
        ],
        lit.color((0.9, 0.85, 0.75)),
    )
    wake = polygon_mask(size, ellipse_points(x, foot, half * 0.95, 0.012))
    fill(canvas, wake * 0.7, lit.color((0.92, 0.96, 1.0), 0.3))
