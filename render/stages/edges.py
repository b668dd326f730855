"""Edges in pictures, as ControlNets were trained to see them: white on black."""

from __future__ import annotations

import cv2
import numpy as np

from projects import Picture

_BLUR = 1.0  # px; finer detail than that is grain
_STEEPEST = 16.0  # Scharr's answer to a step from 0 to 1


def canny(picture: Picture, low: int, high: int) -> Picture:
    """Canny's edges of a picture, uint8 (H, W, 3) RGB: the same form, 0 or 255.

    low, high: thresholds of the gradient's size (Sobel, up to about 1400): edges stronger than `high` are some, and
    weaker ones down to `low` if they touch those. Canny 1986, "A Computational Approach to Edge Detection".
    """
    return np.repeat(cv2.Canny(picture, low, high)[:, :, None], 3, axis=2)


def soft_edges(picture: Picture) -> Picture:
    """How steep a picture is, uint8 (H, W, 3) RGB: the same form, from 0 (flat) to 255 (a step from black to white).

    The size of Scharr's gradient of the brightness, after a slight blur; its root is shown, so that faint edges are
    seen. It does not depend on what else is in the picture, so that a film's edges do not flicker. Scharr 2000,
    "Optimale Operatoren in der Digitalen Bildverarbeitung".
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    blurred = cv2.GaussianBlur(grey, (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE)
    across, down = (
        cv2.Scharr(blurred, cv2.CV_32F, dx, 1 - dx, borderType=cv2.BORDER_REPLICATE) for dx in (1, 0)
    )
    steep = np.sqrt(np.clip(np.hypot(across, down) / _STEEPEST, 0.0, 1.0))
    return np.repeat(np.rint(steep * 255.0).astype(np.uint8)[:, :, None], 3, axis=2)
