"""The ground as a plane seen by the scene's camera.

A row y (canvas fraction) below the horizon h shows what is eye * lens / (y - h) metres away; a column x there is
(x - 1/2) * distance / lens metres to the right. Patterns are read in eye heights, so that they look alike from
a cat's and from a bird's view.
"""

import numpy as np

from ...brushes import Picture
from ...scene import Scene
from ..canvas import FAR_GROUND, Canvas
from ..noise import read


class Plane:
    """row: the first row of the ground; distance (rows, 1) in metres; u, v: right and away, in eye heights."""

    def __init__(self, canvas: Canvas, scene: Scene) -> None:
        size = canvas.size
        self.row = min(size - 2, max(1, round(scene.horizon * size)))
        below = (np.arange(self.row, size, dtype=np.float32) + 0.5) / size - scene.horizon
        self.below = np.maximum(below, 0.5 / size)[:, None]
        x = ((np.arange(size, dtype=np.float32) + 0.5) / size - 0.5)[None, :]
        self.u = x / self.below
        self.v = scene.lens / self.below
        self.distance = np.minimum(scene.eye * self.v, FAR_GROUND)
        self.near: Picture = np.clip(self.below / max(1.0 - scene.horizon, 0.05), 0, 1)

    def pattern(self, tile: Picture, rng: np.random.Generator, across: float, away: float) -> Picture:
        """A tile lying on the ground (rows, S), one of it every `across` by `away` eye heights; fades far off."""
        field = read(tile, self.u / np.float32(across), self.v / np.float32(away), rng)
        shown = np.clip(self.below / 0.045, 0.0, 1.0)
        return np.asarray(0.5 + (field - 0.5) * shown, np.float32)

    def lay(self, canvas: Canvas, paint: Picture) -> None:
        """Cover everything from the horizon down with paint (rows, S, 3) and the plane's depth."""
        canvas.picture[self.row :] = paint
        canvas.depth[self.row :] = self.distance
