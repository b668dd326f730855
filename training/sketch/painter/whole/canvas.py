"""What everything is painted on: the picture and, with the same mask in the same call, how far away it is.

Coordinates are canvas fractions (x right, y down, 0 to 1). Depth is in metres along the optical axis (planar, not
along the ray); the sky is at SKY.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..brushes import Picture, Points
from .noise import tile

SKY = 10_000.0
FAR_GROUND = 4_000.0
_SUBPIXEL = 4


@dataclass(frozen=True, slots=True)
class Box:
    """Whole pixels: columns x0 to x1, rows y0 to y1 (ends excluded)."""

    x0: int
    x1: int
    y0: int
    y1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The box as an index into (S, S, ...) arrays."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


@dataclass(frozen=True, slots=True)
class Mask:
    """Coverage (h, w, 1) in [0, 1] inside a box."""

    box: Box
    share: Picture


class Canvas:
    """picture: float32 (S, S, 3) RGB in [0, 1]; depth: float32 (S, S) in metres; grain: (S, S, 1) about 1;
    focus: metres to what matters most."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.size = size
        self.focus = 10.0
        self.picture: Picture = np.zeros((size, size, 3), np.float32)
        self.depth: Picture = np.full((size, size), SKY, np.float32)
        rough = np.roll(tile(int(rng.integers(4)), 24, 3), rng.integers(0, 256, 2), (0, 1))
        self.grain: Picture = (0.86 + 0.28 * cv2.resize(rough, (size, size)))[:, :, None]

    def mask(self, *shapes: Points | NDArray[np.float64]) -> Mask | None:
        """Where filled polygons cover, antialiased; None where they miss the canvas."""
        drawn = [np.asarray(shape, np.float64) * self.size for shape in shapes]
        return self._draw(drawn, 1.0, lambda image, points: cv2.fillPoly(image, points, 255, cv2.LINE_AA, 4))

    def stroke(self, points: Points | NDArray[np.float64], width: float) -> Mask | None:
        """Where a polyline of a width (canvas fraction) covers; thinner than a pixel, it covers less."""
        thick = width * self.size
        pixels = max(1, round(thick))
        drawn = [np.asarray(points, np.float64) * self.size]

        def draw(image: NDArray[np.uint8], fixed: Sequence[NDArray[np.int32]]) -> None:
            cv2.polylines(image, fixed, False, 255, pixels, cv2.LINE_AA, _SUBPIXEL)

        mask = self._draw(drawn, pixels / 2 + 2, draw)
        if mask is not None and thick < 1.0:
            return Mask(mask.box, mask.share * np.float32(max(0.35, thick)))
        return mask

    def _draw(self, shapes: list[NDArray[np.float64]], margin: float, draw: object) -> Mask | None:
        low = np.min([shape.min(0) for shape in shapes], axis=0) - margin
        high = np.max([shape.max(0) for shape in shapes], axis=0) + margin + 1
        x0, y0 = (max(0, int(v)) for v in np.floor(low))
        x1, y1 = (min(self.size, int(v)) for v in np.ceil(high))
        if x0 >= x1 or y0 >= y1:
            return None
        image = np.zeros((y1 - y0, x1 - x0), np.uint8)
        fixed = [np.round((shape - (x0, y0)) * (1 << _SUBPIXEL)).astype(np.int32) for shape in shapes]
        draw(image, fixed)  # type: ignore[operator]
        return Mask(Box(x0, x1, y0, y1), (image * np.float32(1 / 255))[:, :, None])

    def put(self, mask: Mask | None, paint: ArrayLike, distance: float | None, opacity: float = 1.0) -> None:
        """Lay paint (a colour, or an array that fits the mask's box) where the mask covers.

        distance: metres; what the mask covers at least by half is this far away from now on. None leaves the depth
        (glass, spray, glow).
        """
        if mask is None:
            return
        share = mask.share if opacity == 1.0 else mask.share * np.float32(opacity)
        region = self.picture[mask.box.slices]
        region += (np.asarray(paint, np.float32) - region) * share
        if distance is not None:
            near = self.depth[mask.box.slices]
            near[mask.share[:, :, 0] > 0.5] = distance

    def fill(self, points: Points, paint: ArrayLike, distance: float | None, opacity: float = 1.0) -> None:
        """One polygon of one paint."""
        self.put(self.mask(points), paint, distance, opacity)

    def glow(self, x: float, y: float, radius: float, color: ArrayLike, amount: float) -> None:
        """Light that falls off as a Gaussian of a radius, by the screen rule, so that nothing clips hard."""
        reach = 3.2 * radius
        x0, x1 = (int(np.clip(v * self.size, 0, self.size)) for v in (x - reach, x + reach + 1 / self.size))
        y0, y1 = (int(np.clip(v * self.size, 0, self.size)) for v in (y - reach, y + reach + 1 / self.size))
        if x0 >= x1 or y0 >= y1:
            return
        across = np.exp(-(((np.arange(x0, x1) + 0.5) / self.size - x) ** 2) / (2 * radius**2))
        down = np.exp(-(((np.arange(y0, y1) + 0.5) / self.size - y) ** 2) / (2 * radius**2))
        light = (amount * down[:, None] * across[None, :]).astype(np.float32)[:, :, None]
        region = self.picture[y0:y1, x0:x1]
        region += (1.0 - region) * light * np.asarray(color, np.float32)
