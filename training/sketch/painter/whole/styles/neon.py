"""Neon: glowing tubes along the contours, in the dark."""

import cv2
import numpy as np

from ...brushes import mix
from ..canvas import Canvas
from .lines import contours, lightness, saturate


def neon(canvas: Canvas, rng: np.random.Generator) -> None:
    """The scene falls into a violet night; its contours shine in their own colours, pushed to pink, cyan and gold."""
    unit = canvas.size / 256
    light = lightness(canvas.picture)[:, :, None]
    night = (
        mix((0.015, 0.01, 0.06), (0.26, 0.10, 0.42), light) * 0.6
        + saturate(canvas.picture, 1.6) * light * 0.26
    )
    hue = cv2.GaussianBlur(saturate(canvas.picture, 2.6), (0, 0), 3.0 * unit)
    hue = hue / (hue.max(2, keepdims=True) + 0.05)
    family = np.asarray(((1.0, 0.15, 0.65), (0.1, 0.9, 1.0), (1.0, 0.75, 0.15), (0.55, 0.3, 1.0)), np.float32)
    first, second = family[rng.permutation(4)[:2]]
    rows = np.linspace(0, 1, canvas.size, dtype=np.float32)[:, None, None]
    hue = mix(hue, mix(first, second, rows), 0.55)
    line = contours(canvas, 0.9)[:, :, None]
    wide = cv2.GaussianBlur(line * hue, (0, 0), 6.0 * unit) * 1.5
    tight = cv2.GaussianBlur(line * hue, (0, 0), 1.3 * unit) * 1.6
    canvas.picture[:] = np.clip(
        night + wide + tight + 0.5 * line * cv2.GaussianBlur(line, (0, 0), 0.8)[:, :, None], 0, 1
    )
