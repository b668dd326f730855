"""Watercolour: washes that run over their edges, gather at the rim, and let the paper through.

No bare border: a film that zooms would carry it into the picture as a frame within a frame.
"""

import cv2
import numpy as np

from ...brushes import mix
from ..canvas import Canvas
from ..noise import flat, tile
from .lines import as_bytes, as_floats, saturate, warp


def watercolor(canvas: Canvas, rng: np.random.Generator) -> None:
    """Bleeding edges: a wet layer that ran far, under a dryer one that did not."""
    size = canvas.size
    unit = size / 256
    calm = as_floats(cv2.medianBlur(as_bytes(canvas.picture), 5))
    ran = cv2.GaussianBlur(warp(calm, rng, 10, 9.0), (0, 0), 2.6 * unit)
    dry = warp(calm, rng, 22, 2.6)
    wet = np.clip(flat(tile(2, 5, 4), size, rng) * 2.2 - 0.75, 0, 0.85)[:, :, None]
    subject = np.abs(np.log(canvas.depth) - np.log(canvas.focus)) < 0.35
    wet = (
        wet * np.where(subject, np.float32(0.5), np.float32(1.0))[:, :, None]
    )  # what matters keeps its shape
    washed = mix(dry, ran, wet)
    rim = np.abs(washed - cv2.GaussianBlur(washed, (0, 0), 2.4 * unit)).max(axis=2, keepdims=True)
    pigment = flat(tile(4, 7, 4), size, rng)[:, :, None]
    paper = flat(tile(0, 90, 2), size, rng)[:, :, None]
    strength = 0.52 + 0.40 * pigment + 0.10 * (paper - 0.5)
    shown = 1.0 - (1.0 - saturate(washed, 1.25)) * strength * (1.0 + np.clip(rim * 3.2, 0, 0.6))
    canvas.picture[:] = np.clip(shown * np.asarray((1.0, 0.99, 0.965), np.float32), 0, 1)
