"""One seed, one picture: the scene by lot, painted back to front, with its caption."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import first
from .scene import Scene
from .vocabulary import FIRST, Vocabulary


@dataclass(frozen=True, kw_only=True)
class Painting:
    """picture: uint8 (S, S, 3) RGB; caption: the words; scene: the truth behind them."""

    picture: NDArray[np.uint8]
    caption: str
    scene: Scene


def draw_scene(rng: np.random.Generator, world: Vocabulary = FIRST) -> Scene:
    """A scene of a world by lot."""
    return first.draw_scene(rng)


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """The scene in words: one of many phrasings and orders; now and then a part is left unsaid."""
    return first.caption(scene, rng)


def paint(seed: int, *, size: int = 256, scene: Scene | None = None, world: Vocabulary = FIRST) -> Painting:
    """The picture of a seed; the same seed always gives the same picture.

    size: side in pixels. scene: paint this scene (in its own world) instead of one by lot from `world`.
    """
    rng = np.random.default_rng([seed, 7919])
    scene = scene or draw_scene(rng, world)
    words = caption(scene, rng)
    styled = first.paint_first(scene, rng, size)
    return Painting(picture=np.round(styled * 255.0).astype(np.uint8), caption=words, scene=scene)
