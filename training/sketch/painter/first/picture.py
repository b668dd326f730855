"""The first world's pictures, painted back to front."""

import numpy as np

from ..brushes import Picture
from ..scene import Scene
from .ground import paint_ground
from .sky import paint_sky, rain
from .styles import apply_style
from .subjects import paint_subject


def paint_first(scene: Scene, rng: np.random.Generator, size: int) -> Picture:
    """The picture (size, size, 3) float32 in [0, 1] of a scene of the first world."""
    canvas = np.zeros((size, size, 3), np.float32)
    paint_sky(canvas, scene, rng)
    paint_ground(canvas, scene, rng)
    if scene.subject_shown:
        paint_subject(canvas, scene, rng)
    if scene.light == "storm":
        rain(canvas, rng)
    np.clip(canvas, 0.0, 1.0, out=canvas)
    return apply_style(canvas, scene.style, rng)
