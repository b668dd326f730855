"""The whole world's pictures, painted back to front, with their depth."""

import numpy as np

from ..scene import Scene
from .canvas import Canvas
from .extras import paint_birds, paint_planet
from .figures import paint_figures
from .grounds import paint_backdrop, paint_ground
from .schemes import apply_scheme
from .sky import paint_sky
from .styles import STYLES
from .weather import paint_air, paint_fall


def paint_whole(scene: Scene, rng: np.random.Generator, size: int) -> Canvas:
    """The finished canvas: picture (size, size, 3) float32 in [0, 1], depth (size, size) float32 in metres."""
    canvas = Canvas(size, rng)
    canvas.focus = scene.distance
    low = paint_sky(canvas, scene, rng)
    if "planet" in scene.extras:
        paint_planet(canvas, scene, rng)
    paint_backdrop(canvas, scene, rng)
    if "birds" in scene.extras:
        paint_birds(canvas, scene, rng)
    paint_ground(canvas, scene, rng)
    paint_figures(canvas, scene, rng)
    paint_air(canvas, scene, low, rng)
    paint_fall(canvas, scene, rng)
    np.clip(canvas.picture, 0.0, 1.0, out=canvas.picture)
    apply_scheme(canvas, scene.scheme)
    STYLES[scene.style](canvas, rng)
    return canvas
