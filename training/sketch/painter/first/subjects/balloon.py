"""A hot air balloon, striped, with its basket."""

from ...brushes import Color, Picture, ellipse_points, fill, glow, line, polygon, polygon_mask
from ...scene import Scene
from .lit import Lit


def balloon(canvas: Picture, scene: Scene, foot: float, lit: Lit) -> None:
    """A hot air balloon, striped, with its basket."""
    size, x, h = canvas.shape[0], scene.x, scene.scale * 0.85
    cy = max(0.05 + h * 0.36, scene.horizon - h * 0.62 - float(lit.rng.uniform(0.0, 0.12)))
    r = h * 0.36
    palette: list[tuple[Color, Color]] = [
        ((0.90, 0.20, 0.16), (0.98, 0.84, 0.30)),
        ((0.16, 0.36, 0.72), (0.96, 0.94, 0.88)),
        ((0.95, 0.55, 0.12), (0.55, 0.18, 0.50)),
        ((0.12, 0.56, 0.46), (0.98, 0.90, 0.60)),
    ]
    first, second = palette[int(lit.rng.integers(4))]
    envelope = [
        *ellipse_points(x, cy, r, r, 180, 360),
        (x + r * 0.86, cy + r * 0.5),
        (x + r * 0.22, cy + r * 1.25),
        (x - r * 0.22, cy + r * 1.25),
        (x - r * 0.86, cy + r * 0.5),
    ]
    mask = polygon(canvas, envelope, lit.round(size, x - r, x + r, first, 0.35))
    for k in (-0.62, 0.0, 0.62):
        a, b = (k - 0.17) * r, (k + 0.17) * r
        stripe = [
            (x + a * 0.35, cy - r),
            (x + a * 1.25, cy),
            (x + a * 0.3, cy + r * 1.3),
            (x + b * 0.3, cy + r * 1.3),
            (x + b * 1.25, cy),
            (x + b * 0.35, cy - r),
        ]
        fill(canvas, mask * polygon_mask(size, stripe), lit.round(size, x - r, x + r, second, 0.35))
    basket = cy + r * 1.62
    rope = lit.color((0.2, 0.15, 0.1))
    for s in (-1, 1):
        line(canvas, [(x + s * r * 0.2, cy + r * 1.25), (x + s * r * 0.15, basket)], rope, 0.006)
    polygon(
        canvas,
        [
            (x - r * 0.19, basket),
            (x + r * 0.19, basket),
            (x + r * 0.15, basket + r * 0.26),
            (x - r * 0.15, basket + r * 0.26),
        ],
        lit.color((0.50, 0.32, 0.16)),
    )
    if scene.light == "night":
        glow(canvas, x, cy + r * 0.9, r * 0.5, (1.0, 0.6, 0.25), 0.5)
