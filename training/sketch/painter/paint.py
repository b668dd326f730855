"""One seed, one picture: the scene by lot, painted back to front, with its caption."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .ground import paint_ground
from .sky import paint_sky, rain
from .styles import apply_style
from .subjects import paint_subject
from .world import Scene, caption, draw_scene


@dataclass(frozen=True, kw_only=True)
class Painting:
    """picture: uint8 (S, S, 3) RGB; caption: the words; scene: the truth behind them."""

    picture: NDArray[np.uint8]
    caption: str
    scene: Scene


def paint(seed: int, *, size: int = 256, scene: Scene | None = None) -> Painting:
    """The picture of a seed; the same seed always gives the same picture.

    size: side in pixels. scene: paint this scene instead of one by lot.
    """
    rng = np.random.default_rng([seed, 7919])
    scene = scene or draw_scene(rng)
    words = caption(scene, rng)
    canvas = np.zeros((size, size, 3), np.float32)
    paint_sky(canvas, scene, rng)
    paint_ground(canvas, scene, rng)
    if scene.subject_shown:
        paint_subject(canvas, scene, rng)
    if scene.light == "storm":
        rain(canvas, rng)
    np.clip(canvas, 0.0, 1.0, out=canvas)
    styled = apply_style(canvas, scene.style, rng)
    return Painting(picture=np.round(styled * 255.0).astype(np.uint8), caption=words, scene=scene)
