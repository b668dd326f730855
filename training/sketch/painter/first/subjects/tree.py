"""A tree with a round crown in three shades."""

import numpy as np

from ...brushes import Color, Picture, ellipse_points, fill, polygon, polygon_mask
from ...scene import Scene
from .lit import Lit


def tree(canvas: Picture, scene: Scene, foot: float, lit: Lit) -> None:
    """A tree with a round crown in three shades."""
    size, x, h = canvas.shape[0], scene.x, scene.scale
    bark = lit.round(size, x - h * 0.06, x + h * 0.06, (0.40, 0.27, 0.17))
    lean = float(lit.rng.uniform(-0.05, 0.05))
    fork = foot - h * 0.5
    polygon(
        canvas,
        [
            (x - h * 0.065, foot),
            (x + lean - h * 0.03, fork),
            (x + lean + h * 0.03, fork),
            (x + h * 0.065, foot),
        ],
        bark,
    )
    leaf: Color = [(0.20, 0.46, 0.16), (0.32, 0.52, 0.18), (0.80, 0.44, 0.12)][
        int(lit.rng.choice(3, p=[0.45, 0.35, 0.2]))
    ]
    cx, cy, r = x + lean, foot - h * 0.66, h * 0.26
    blobs = [(cx, cy, r)]
    for angle in np.linspace(0, 6.283, 8)[:-1] + lit.rng.uniform(0, 0.8):
        blobs.append(
            (
                cx + r * 0.75 * float(np.cos(angle)),
                cy + r * 0.6 * float(np.sin(angle)),
                r * float(lit.rng.uniform(0.42, 0.62)),
            )
        )
    side = -1.0 if scene.lit_from_left else 1.0
    for shade, dx, dy, grow in ((0.55, 0.0, 0.0, 1.0), (0.85, 0.08, -0.08, 0.84), (1.2, 0.2, -0.2, 0.5)):
        base = np.clip(np.asarray(lit.color(leaf, 0.1)) * shade, 0, 1)
        shapes = [
            ellipse_points(bx + side * dx * br, by + dy * br, br * grow, br * grow * 0.88)
            for bx, by, br in blobs
        ]
        mask = polygon_mask(size, *shapes[:1])
        for shape in shapes[1:]:
            mask = np.maximum(mask, polygon_mask(size, shape))
        fill(canvas, mask, base.astype(np.float32))
