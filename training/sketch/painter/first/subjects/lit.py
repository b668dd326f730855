"""Colours as the hour shows them."""

import numpy as np

from ...brushes import Color, Picture, jitter, shaded, tint
from ...scene import Scene
from ..sky import AMBIENT


class Lit:
    """Colours as the hour shows them, and the side the light comes from."""

    def __init__(self, scene: Scene, rng: np.random.Generator) -> None:
        self.scene, self.rng = scene, rng
        self.by, self.amount = AMBIENT[scene.light]

    def color(self, color: Color, keep: float = 0.0) -> Color:
        """The colour under this light; `keep` of it stays its own."""
        return tint(jitter(self.rng, color, 0.05), self.by, self.amount * (1.0 - keep))

    def round(self, size: int, x0: float, x1: float, color: Color, keep: float = 0.15) -> Picture:
        """A rounded surface between x0 and x1."""
        base = np.asarray(self.color(color, keep))
        left = self.scene.lit_from_left
        return shaded(size, x0, x1, tuple(np.clip(base * 1.15 + 0.03, 0, 1)), tuple(base * 0.55), left)

    def window(self) -> Color:
        """Windows shine when it is dark."""
        return (1.0, 0.82, 0.42) if self.scene.light != "day" else (0.20, 0.22, 0.30)
