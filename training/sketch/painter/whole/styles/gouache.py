"""Gouache: opaque, matt, a little chalky, laid with a flat brush that leaves dry streaks."""

import cv2
import numpy as np

from ...brushes import mix
from ..canvas import Canvas
from ..noise import flat, tile
from .lines import as_bytes, as_floats, lightness


def gouache(canvas: Canvas, rng: np.random.Generator) -> None:
    """Broad dabs with dry edges; no deep black, no bright white."""
    size = canvas.size
    picture = as_bytes(canvas.picture)
    calm = cv2.medianBlur(picture, 7)
    streaks = flat(tile(3, 12, 4), size, rng, 1.2, 5.0)
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    pull = (streaks - 0.5) * np.float32(8 * size / 256)
    moved = cv2.remap(calm, x + pull, y + pull * 0.15, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT)
    detail = np.clip(cv2.absdiff(picture, calm).max(2).astype(np.float32) / 50 - 0.35, 0, 0.9)[:, :, None]
    shown = mix(as_floats(moved), canvas.picture, detail)
    light = lightness(shown)
    stepped = np.round(light * 9 + (streaks - 0.5) * 0.7) / 9
    shown = shown * ((stepped + 0.06) / (light + 0.06))[:, :, None]
    chalk = 1.0 + 0.10 * (streaks - 0.5)[:, :, None]
    canvas.picture[:] = np.clip(0.09 + 0.83 * np.clip(shown, 0, 1) * chalk, 0, 1)
