"""Pixel art: 64 by 64 fat pixels in few tones, with ordered dithering. The depth gets the same pixels."""

import cv2
import numpy as np

from ..canvas import Canvas
from .lines import as_bytes, as_floats, saturate

_BAYER = (
    np.asarray([(0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5)], np.float32) + np.float32(0.5)
) / 16 - np.float32(0.5)


def pixel(canvas: Canvas, rng: np.random.Generator) -> None:
    """As on an old console."""
    size, few = canvas.size, 64
    small = cv2.resize(as_bytes(saturate(canvas.picture, 1.25)), (few, few), interpolation=cv2.INTER_AREA)
    steps = np.float32(7)
    dither = np.tile(_BAYER, (few // 4, few // 4))[:, :, None] * np.float32(0.45)
    tones = np.clip(np.round(as_floats(small) * steps + dither) / steps, 0, 1)
    canvas.picture[:] = cv2.resize(tones, (size, size), interpolation=cv2.INTER_NEAREST)
    far = cv2.resize(canvas.depth, (few, few), interpolation=cv2.INTER_NEAREST)
    canvas.depth[:] = cv2.resize(far, (size, size), interpolation=cv2.INTER_NEAREST)
