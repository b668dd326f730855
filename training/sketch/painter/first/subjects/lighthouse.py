"""A lighthouse: striped tower, gallery, lamp, and a beam when it is dark."""

import numpy as np

from ...brushes import Picture, fill, glow, polygon, polygon_mask
from ...scene import Scene
from .lit import Lit


def lighthouse(canvas: Picture, scene: Scene, foot: float, lit: Lit) -> None:
    """A lighthouse: striped tower, gallery, lamp, and a beam when it is dark."""
    size, x, h = canvas.shape[0], scene.x, scene.scale
    w = h * 0.13
    top = foot - h * 0.78
    tower = [(x - w, foot), (x - w * 0.62, top), (x + w * 0.62, top), (x + w, foot)]
    mask = polygon(canvas, tower, lit.round(size, x - w, x + w, (0.96, 0.95, 0.92)))
    stripe = (0.85, 0.16, 0.14) if lit.rng.random() < 0.75 else (0.15, 0.25, 0.55)
    red = lit.round(size, x - w, x + w, stripe, 0.35)
    bands = int(lit.rng.integers(2, 4))
    step = (foot - top) / (2 * bands + 1)
    for band in range(bands):
        y = top + step * (2 * band + 1)
        fill(canvas, mask * polygon_mask(size, [(0, y), (1, y), (1, y + step), (0, y + step)]), red)
    gallery = h * 0.03
    dark = lit.color((0.18, 0.18, 0.22))
    polygon(
        canvas,
        [(x - w * 0.9, top), (x + w * 0.9, top), (x + w * 0.9, top - gallery), (x - w * 0.9, top - gallery)],
        dark,
    )
    lamp_top = top - gallery - h * 0.1
    glass = (1.0, 0.93, 0.6) if scene.light != "day" else (0.75, 0.85, 0.9)
    polygon(
        canvas,
        [
            (x - w * 0.5, top - gallery),
            (x + w * 0.5, top - gallery),
            (x + w * 0.5, lamp_top),
            (x - w * 0.5, lamp_top),
        ],
        glass,
    )
    polygon(
        canvas,
        [(x - w * 0.75, lamp_top), (x + w * 0.75, lamp_top), (x, lamp_top - h * 0.08)],
        lit.round(size, x - w, x + w, stripe, 0.35),
    )
    if scene.light in ("night", "storm", "sunset"):
        y = (top - gallery + lamp_top) / 2
        glow(canvas, x, y, 0.05, (1.0, 0.85, 0.5), 0.7)
        side = -1.0 if lit.rng.random() < 0.5 else 1.0
        beam = polygon_mask(size, [(x, y), (x + side * 0.9, y - 0.1), (x + side * 0.9, y + 0.05)])
        reach = np.clip(1.0 - np.abs(np.arange(size, dtype=np.float32) / size - x) / 0.6, 0, 1)[None, :, None]
        fill(canvas, beam * reach * 0.5, (1.0, 0.93, 0.66))
