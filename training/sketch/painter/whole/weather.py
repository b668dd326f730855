"""The air between things and the eye: haze by distance, ground mist, rain, snow."""

import cv2
import numpy as np

from ..brushes import Color, Picture, mix
from ..scene import Scene
from .canvas import SKY, Canvas
from .hours import HOURS
from .noise import flat, tile


def paint_air(canvas: Canvas, scene: Scene, low: Color, rng: np.random.Generator) -> None:
    """Let the air take the colours of far things: by the depth map, towards the sky's colour at the horizon.

    The main subject stays readable: the air is never so thick that it hides more than a half of it.
    """
    hour = HOURS[scene.light]
    clear = max(hour.visibility, 1.5 * scene.distance)
    depth = canvas.depth
    share = np.where(depth < SKY, 1.0 - np.exp(-depth / np.float32(clear)), 0.0) * np.float32(0.92)
    if hour.mist:
        share = np.maximum(share, _mist(canvas, scene, hour.mist, rng))
    canvas.picture[:] = mix(canvas.picture, low, share[:, :, None])


def _mist(canvas: Canvas, scene: Scene, amount: float, rng: np.random.Generator) -> Picture:
    """Banks of mist about the horizon, behind and around the main subject."""
    size = canvas.size
    y = (np.arange(size, dtype=np.float32) / size)[:, None]
    band = np.exp(-(((y - scene.horizon - 0.01) / 0.10) ** 2))
    banks = np.clip(flat(tile(4, 5, 3), size, rng, 1.0, 2.5) * 1.5 - 0.15, 0, 1)
    behind = np.clip(canvas.depth / scene.distance - 0.4, 0.1, 1.0)
    return np.asarray(amount * band * banks * behind, np.float32)


def paint_fall(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Rain or snow in front of everything."""
    fall = HOURS[scene.light].fall
    if not fall:
        return
    size = canvas.size
    image = np.zeros((size, size), np.uint8)
    if fall == "rain":
        slant = float(rng.uniform(-0.35, 0.35))
        for x, y, r in rng.random((150, 3)):
            long = (0.03 + 0.07 * r) * size
            at = (int((x * 1.3 - 0.15) * size), int((y * 1.2 - 0.1) * size))
            end = (int(at[0] + slant * long), int(at[1] + long))
            cv2.line(image, at, end, int(50 + 80 * r), 1, cv2.LINE_AA)
        color = (0.82, 0.85, 0.90)
    else:
        for x, y, r in rng.random((260, 3)):
            radius = (0.003 + 0.008 * r**4) * size * 16
            shine = int(140 + 110 * r)
            cv2.circle(
                image, (int(x * size * 16), int(y * size * 16)), int(radius), shine, -1, cv2.LINE_AA, 4
            )
        cv2.GaussianBlur(image, (0, 0), 0.6 * size / 256, dst=image)
        color = (0.97, 0.98, 1.0)
    canvas.picture[:] = mix(canvas.picture, color, (image * np.float32(1 / 255))[:, :, None])
