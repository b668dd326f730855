"""Woodcut: black lines that swell in the shade, carved along things, over a few printed colours."""

import cv2
import numpy as np

from ...brushes import mix
from ..canvas import Canvas
from .lines import as_bytes, as_floats, contours, lightness, saturate, stripes


def woodcut(canvas: Canvas, rng: np.random.Generator) -> None:
    """One block of black for lines, two or three of colour under it, on cream paper."""
    size = canvas.size
    calm = as_floats(cv2.medianBlur(as_bytes(canvas.picture), 7))
    light = lightness(calm)
    low, high = np.percentile(light, (2, 98))
    light = np.clip((light - low) / max(float(high - low), 0.2), 0, 1)
    cut = stripes(size, rng, float(rng.uniform(-8, 8)), 5.0, 3.5)
    upright = stripes(size, rng, float(rng.uniform(55, 80)), 5.0, 2.0)
    near = canvas.depth < np.percentile(canvas.depth, 35)
    lines = np.where(near, upright, cut)
    black = np.clip((lines * 0.9 + 0.02 - light * 1.65) * 5 + 0.4, 0, 1)
    solid = np.clip((0.16 - light) * 14, 0, 1)
    edge = np.clip(cv2.GaussianBlur(contours(canvas, 0.35), (0, 0), 0.9 * size / 256) * 2.4, 0, 1)
    colors = np.round(saturate(calm, 1.15) * 3.0 + 0.25) / 3.4 + 0.12
    print_ = mix(colors, np.asarray((0.95, 0.90, 0.78), np.float32), 0.38)
    ink = np.maximum(np.maximum(black, solid), edge)[:, :, None]
    canvas.picture[:] = np.clip(mix(print_, (0.09, 0.07, 0.08), ink * 0.96), 0, 1)
