"""One seed, one picture: the scene by lot, painted back to front, with its caption and its depth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import first, whole
from .scene import Scene
from .vocabulary import FIRST, Vocabulary
from .words import tell_whole


@dataclass(frozen=True, kw_only=True)
class Painting:
    """picture: uint8 (S, S, 3) RGB; caption: the words; scene: the truth behind them.

    depth: float32 (S, S), metres along the camera's axis, the sky at 10,000; None in the first world, which was
    painted without a camera.
    """

    picture: NDArray[np.uint8]
    caption: str
    scene: Scene
    depth: NDArray[np.float32] | None


def draw_scene(rng: np.random.Generator, world: Vocabulary = FIRST) -> Scene:
    """A scene of a world by lot."""
    return first.draw_scene(rng) if world.name == FIRST.name else whole.draw_scene(rng, world.name, world)


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """The scene in words: one of many phrasings and orders; now and then a part is left unsaid."""
    return first.caption(scene, rng) if scene.world == FIRST.name else tell_whole(scene, rng)


def paint(seed: int, *, size: int = 256, scene: Scene | None = None, world: Vocabulary = FIRST) -> Painting:
    """The picture of a seed; the same seed always gives the same picture.

    size: side in pixels. scene: paint this scene (in its own world) instead of one by lot from `world`.
    """
    rng = np.random.default_rng([seed, 7919])
    scene = scene or draw_scene(rng, world)
    words = caption(scene, rng)
    if scene.world == FIRST.name:
        picture, depth = first.paint_first(scene, rng, size), None
    else:
        # a lot of its own, so that the same seed paints a changed scene with the same strokes, whatever was told
        canvas = whole.paint_whole(scene, np.random.default_rng([seed, 104_729]), size)
        picture, depth = canvas.picture, canvas.depth
    pixels = np.round(picture * 255.0).astype(np.uint8)
    return Painting(picture=pixels, caption=words, scene=scene, depth=depth)
