"""A photograph with haze: near and far out of focus, light that blooms, a little grain, darker corners."""

import cv2
import numpy as np

from ...brushes import mix
from ..canvas import Canvas
from .lines import lightness


def photo(canvas: Canvas, rng: np.random.Generator) -> None:
    """In focus is what stands as far away as the main subject."""
    size = canvas.size
    unit = size / 256
    off = np.abs(np.log(canvas.depth) - np.log(canvas.focus))
    blur = np.clip(cv2.GaussianBlur(off, (0, 0), 2.0 * unit) * 0.30 - 0.18, 0, 1)[:, :, None]
    picture = mix(canvas.picture, cv2.GaussianBlur(canvas.picture, (0, 0), 2.6 * unit), blur)
    bright = picture * np.clip(lightness(picture) * 2.2 - 1.1, 0, 1)[:, :, None]
    bloom = cv2.GaussianBlur(bright, (0, 0), 9.0 * unit)
    picture = 1.0 - (1.0 - picture) * (1.0 - 0.55 * bloom)
    haze = cv2.GaussianBlur(picture, (0, 0), 24.0 * unit)
    picture = mix(picture, haze, 0.14) + 0.02
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    picture = picture * (1.0 - 0.2 * np.clip(x**2 + y**2 - 0.35, 0, 2))[:, :, None]
    curve = picture**2 * (3 - 2 * picture)
    grain = rng.normal(0, 0.012, (size, size, 1)).astype(np.float32)
    canvas.picture[:] = np.clip(mix(picture, curve, 0.35) + grain, 0, 1)
