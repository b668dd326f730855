"""Pastel: chalk rubbed over toothed paper, slanting strokes, light colours."""

import cv2
import numpy as np

from ...brushes import mix
from ..canvas import Canvas
from ..noise import flat, tile
from .lines import saturate, stripes, warp


def pastel(canvas: Canvas, rng: np.random.Generator) -> None:
    """The paper's colour shows in its hollows; strokes go one way."""
    size = canvas.size
    soft = cv2.GaussianBlur(warp(canvas.picture, rng, 40, 2.4), (0, 0), 1.1 * size / 256)
    tint = 0.62 + 0.26 * rng.random(3)
    paper = np.asarray(tint * np.asarray((1.0, 0.96, 0.9)), np.float32)
    tooth = flat(tile(0, 110, 2), size, rng, 1.3)
    strokes = stripes(size, rng, float(rng.uniform(25, 65)), 5.5, 2.2)
    grip = np.clip(1.35 - 0.75 * tooth - 0.38 * (1 - strokes), 0, 1)[:, :, None]
    light = saturate(0.14 + 0.86 * soft ** np.float32(0.88), 1.12)
    powder = light * (1.0 + 0.12 * (strokes - 0.5)[:, :, None])
    canvas.picture[:] = np.clip(mix(paper, powder, 0.25 + 0.75 * grip), 0, 1)
