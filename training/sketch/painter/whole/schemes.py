"""Colour schemes: the picture in shades of one colour, from its darkest to its lightest."""

import cv2
import numpy as np

from ..brushes import Color, mix
from .canvas import Canvas

# dark, middle, light
SCHEMES: dict[str, tuple[Color, Color, Color]] = {
    "yellow": ((0.24, 0.16, 0.02), (0.90, 0.70, 0.10), (1.0, 0.97, 0.66)),
    "blue": ((0.02, 0.06, 0.24), (0.16, 0.42, 0.80), (0.82, 0.93, 1.0)),
    "red": ((0.18, 0.01, 0.03), (0.80, 0.15, 0.14), (1.0, 0.84, 0.76)),
    "green": ((0.02, 0.14, 0.07), (0.22, 0.58, 0.28), (0.88, 0.98, 0.78)),
    "purple": ((0.10, 0.02, 0.22), (0.48, 0.24, 0.72), (0.94, 0.84, 1.0)),
    "pink": ((0.24, 0.03, 0.16), (0.92, 0.42, 0.62), (1.0, 0.90, 0.92)),
    "orange": ((0.22, 0.07, 0.01), (0.93, 0.48, 0.10), (1.0, 0.91, 0.70)),
    "teal": ((0.01, 0.12, 0.14), (0.10, 0.52, 0.54), (0.80, 0.97, 0.94)),
    "sepia": ((0.14, 0.09, 0.05), (0.56, 0.42, 0.28), (0.97, 0.91, 0.78)),
    "grey": ((0.03, 0.03, 0.03), (0.48, 0.48, 0.48), (0.98, 0.98, 0.98)),
}


def apply_scheme(canvas: Canvas, scheme: str) -> None:
    """Turn the picture into the scheme's shades; of the old colours a tenth stays (none in grey and sepia)."""
    if not scheme:
        return
    dark, middle, light = SCHEMES[scheme]
    tone = cv2.cvtColor(np.clip(canvas.picture, 0, 1), cv2.COLOR_RGB2GRAY)[:, :, None]
    low, high = np.percentile(tone, (1, 99))
    tone = mix(tone, np.clip((tone - low) / max(float(high - low), 0.2), 0, 1), 0.6)
    shades = np.where(
        tone < 0.5,
        mix(dark, middle, np.clip(tone * 2, 0, 1)),
        mix(middle, light, np.clip(tone * 2 - 1, 0, 1)),
    )
    canvas.picture[:] = mix(canvas.picture, shades, 1.0 if scheme in ("grey", "sepia") else 0.9)
