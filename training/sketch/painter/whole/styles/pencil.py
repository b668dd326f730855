"""Pencil: hatching that crosses where it is darker, and outlines drawn twice, on white paper."""

import cv2
import numpy as np

from ..canvas import Canvas
from ..noise import flat, tile
from .lines import contours, lightness, stripes, warp


def pencil(canvas: Canvas, rng: np.random.Generator) -> None:
    """Graphite; nothing of the colours stays."""
    size = canvas.size
    light = lightness(canvas.picture)
    low, high = np.percentile(light, (1, 96))
    light = cv2.GaussianBlur(
        np.clip((light - low) / max(float(high - low), 0.2), 0, 1), (0, 0), 1.2 * size / 256
    )
    tooth = 0.72 + 0.56 * flat(tile(0, 100, 2), size, rng)
    first = float(rng.uniform(35, 55))
    shade = np.zeros((size, size), np.float32)
    for edge, angle in ((0.86, first), (0.58, first + 62), (0.34, first - 38), (0.18, first + 15)):
        lines = stripes(size, rng, angle, 3.6, 1.6) ** np.float32(1.6)
        shade += np.clip((edge - light) * 2.6, 0, 0.42) * lines
    shade += 0.22 * (1 - light) ** 2
    outline = contours(canvas, 0.7)
    outline = np.clip(outline * 0.7 + 0.5 * warp(outline, rng, 12, 1.6), 0, 1)
    dark = np.clip((shade + 0.78 * outline) * tooth, 0, 0.93)
    paper = np.asarray((0.975, 0.97, 0.955), np.float32)
    graphite = np.asarray((0.16, 0.16, 0.18), np.float32)
    canvas.picture[:] = paper + (graphite - paper) * dark[:, :, None]
