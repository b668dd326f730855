"""A clean illustration: calm areas in few tones."""

import cv2
import numpy as np

from ..canvas import Canvas
from .lines import as_bytes, as_floats, lightness, saturate


def flat(canvas: Canvas, rng: np.random.Generator) -> None:
    """Small things vanish, lightness falls into steps with crisp borders, colours are clear."""
    calm = as_floats(cv2.medianBlur(cv2.medianBlur(as_bytes(canvas.picture), 7), 5))
    light = lightness(calm)
    steps = 6.0
    at = light * steps
    low = np.floor(at)
    stepped = (low + np.clip((at - low - 0.5) * 7 + 0.5, 0, 1)) / steps
    ratio = (stepped + 0.04) / (light + 0.04)
    canvas.picture[:] = saturate(np.clip(calm * ratio[:, :, None], 0, 1), 1.2)
