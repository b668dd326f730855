"""Small things in the sky: birds, a planet."""

import numpy as np

from ..brushes import ellipse_points, mix
from ..scene import Scene
from .canvas import Canvas
from .hours import HOURS


def paint_birds(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """A loose flock, wings up or down."""
    cx, cy = float(rng.uniform(0.15, 0.85)), scene.horizon * float(rng.uniform(0.2, 0.6))
    hour = HOURS[scene.light]
    color = mix(hour.shade, (0.05, 0.05, 0.08), 0.75)
    for _ in range(int(rng.integers(4, 9))):
        x, y = cx + float(rng.normal(0, 0.1)), cy + float(rng.normal(0, 0.045))
        w = float(rng.uniform(0.014, 0.030))
        lift = w * float(rng.uniform(0.2, 0.75))
        wings = [
            (x - w, y - lift * 0.6),
            (x - w * 0.45, y - lift),
            (x, y),
            (x + w * 0.45, y - lift),
            (x + w, y - lift * 0.6),
        ]
        canvas.put(canvas.stroke(wings, 0.0045), color, 300.0)


def paint_planet(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """A big planet low in the sky, with or without a ring."""
    radius = float(rng.uniform(0.09, 0.2))
    x, y = float(rng.uniform(0.15, 0.85)), scene.horizon * float(rng.uniform(0.25, 0.6))
    disc = canvas.mask(ellipse_points(x, y, radius, radius))
    if disc is None:
        return
    colors = ((0.82, 0.56, 0.36), (0.36, 0.56, 0.80), (0.76, 0.70, 0.54), (0.66, 0.36, 0.42))
    color = np.asarray(colors[int(rng.integers(4))], np.float32)
    box = disc.box
    rows = (np.arange(box.y0, box.y1) / canvas.size - y)[:, None] / radius
    columns = (np.arange(box.x0, box.x1) / canvas.size - x)[None, :] / radius
    lit = np.clip(0.55 + (-columns if scene.lit_from_left else columns) * 0.6 - rows * 0.25, 0.04, 1)
    bands = 1.0 + 0.14 * np.sin(rows * float(rng.uniform(6, 12)) + columns * 0.7 + float(rng.uniform(0, 6)))
    canvas.put(disc, color * (lit * bands)[:, :, None].astype(np.float32), None)
    if rng.random() < 0.5:
        for wide in (1.5, 1.68, 1.8):
            ring = ellipse_points(x, y, radius * wide, radius * wide * 0.22, -12, 192)
            canvas.put(canvas.stroke(ring, 0.009), color * 1.1, None, 0.7)
