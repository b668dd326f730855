"""Which ground is painted how, and what stands behind it."""

from collections.abc import Callable

import numpy as np

from ...brushes import Color
from ...scene import Scene
from ..canvas import Canvas
from . import ridge
from .land import LAND, paint_land
from .water import paint_water

_WATERS = ("sea", "lake", "river")


def paint_backdrop(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """What rises at the horizon, far to near."""
    size, far = canvas.size, max(1.0, scene.distance / 300)
    if "mountains" in scene.extras or scene.ground in ("mountains", "lake") or rng.random() < 0.08:
        for share, distance in ((1.0, 5200.0), (0.6, 3200.0)):
            tall = float(rng.uniform(0.16, 0.34)) * share * min(1.0, scene.horizon * 1.6)
            profile = ridge.mountains(size, rng, tall)
            snow = tall * 0.55 if scene.ground != "desert" and rng.random() < 0.7 else 2.0
            ridge.ridge(canvas, scene, profile, (0.36, 0.38, 0.44), distance, relief=0.7, snow=snow)
    for shape, color, tall, distance in _behind(scene, rng):
        high = tall * float(rng.uniform(0.7, 1.3)) * min(1.0, scene.horizon * 1.7)
        ridge.ridge(canvas, scene, shape(size, rng, high), color, max(distance, distance * far), relief=0.35)


Shape = Callable[[int, np.random.Generator, float], np.ndarray[tuple[int, ...], np.dtype[np.float32]]]


def _behind(scene: Scene, rng: np.random.Generator) -> list[tuple[Shape, Color, float, float]]:
    def firs(
        size: int, rng: np.random.Generator, tall: float
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return ridge.forest_edge(size, rng, tall, True)

    def leafy(
        size: int, rng: np.random.Generator, tall: float
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return ridge.forest_edge(size, rng, tall, False)

    green, dark = (0.34, 0.48, 0.26), (0.16, 0.28, 0.18)
    match scene.ground:
        case "meadow" | "flowers" | "wheat":
            found: list[tuple[Shape, Color, float, float]] = [(ridge.hills, (0.40, 0.52, 0.34), 0.10, 1400.0)]
            return [*found, (leafy, green, 0.05, 500.0)] if rng.random() < 0.6 else found
        case "desert":
            return [
                (ridge.dunes, (0.86, 0.64, 0.38), 0.10, 900.0),
                (ridge.dunes, (0.90, 0.70, 0.42), 0.06, 400.0),
            ]
        case "snow":
            return [(ridge.hills, (0.86, 0.90, 0.96), 0.09, 1200.0), (firs, (0.26, 0.36, 0.36), 0.06, 450.0)]
        case "forest":
            return [(firs, (0.26, 0.40, 0.32), 0.26, 420.0), (firs, dark, 0.20, 160.0)]
        case "autumn":
            return [(leafy, (0.72, 0.46, 0.18), 0.13, 420.0), (leafy, (0.70, 0.30, 0.12), 0.085, 160.0)]
        case "city":
            return [
                (ridge.roofs, (0.56, 0.58, 0.64), 0.26, 900.0),
                (ridge.roofs, (0.44, 0.42, 0.46), 0.17, 350.0),
            ]
        case "lake" | "river":
            return [(ridge.hills, (0.36, 0.46, 0.38), 0.09, 1500.0), (firs, (0.20, 0.32, 0.24), 0.05, 500.0)]
        case "beach":
            return [(ridge.hills, (0.36, 0.46, 0.38), 0.05, 2000.0)] if rng.random() < 0.4 else []
        case "moon":
            return [
                (ridge.mountains, (0.55, 0.54, 0.55), 0.12, 2500.0),
                (ridge.hills, (0.6, 0.6, 0.6), 0.05, 900.0),
            ]
    return []


def paint_ground(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Cover everything below the horizon."""
    if scene.ground in _WATERS:
        paint_water(canvas, scene, rng)
    elif scene.ground in LAND:
        paint_land(canvas, scene, rng)
