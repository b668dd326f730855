"""The rarer lights of a sky: northern lights, a rainbow, lightning."""

import numpy as np

from ..brushes import Picture
from ..scene import Scene
from .canvas import Canvas
from .noise import flat, tile

_BOWS = np.asarray(
    [
        (0.85, 0.2, 0.25),
        (0.95, 0.6, 0.2),
        (0.95, 0.9, 0.35),
        (0.3, 0.8, 0.4),
        (0.25, 0.5, 0.9),
        (0.5, 0.3, 0.75),
    ],
    np.float32,
)


def paint_aurora(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Two or three curtains of green and violet light, with rays that stand upright."""
    size = canvas.size
    x = np.arange(size, dtype=np.float32) / size
    y = (np.arange(size, dtype=np.float32) / size)[:, None]
    rays = flat(tile(3, 40, 2), size, rng)[0][None, :]
    light = np.zeros((size, size, 3), np.float32)
    for _ in range(int(rng.integers(2, 4))):
        middle, swing = rng.uniform(0.35, 0.75) * scene.horizon, rng.uniform(0.04, 0.12)
        waves, phase = rng.uniform(0.6, 1.8), rng.uniform(0, 6.3)
        hem = middle + swing * np.sin(6.3 * waves * x + phase) + 0.03 * np.sin(31 * x + phase)
        up = hem[None, :] - y
        tall = rng.uniform(0.16, 0.34)
        veil: Picture = np.clip(up / 0.02, 0, 1) * np.exp(-np.clip(up, 0, None) / tall) * (0.35 + 0.65 * rays)
        green = np.asarray((0.15, 0.95, 0.55), np.float32)
        violet = np.asarray((0.55, 0.25, 0.85), np.float32)
        share = np.clip(up / (2.2 * tall), 0, 1)[:, :, None]
        light += veil[:, :, None] * (green + (violet - green) * share) * np.float32(rng.uniform(0.5, 0.9))
    canvas.picture += (1.0 - canvas.picture) * np.clip(light, 0, 0.95)


def paint_rainbow(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """A bow over the side that the sun does not stand on."""
    size = canvas.size
    cx = float(rng.uniform(0.45, 0.8)) if scene.lit_from_left else float(rng.uniform(0.2, 0.55))
    radius, wide = float(rng.uniform(0.42, 0.6)), 0.055
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    at = (radius - np.hypot(x - cx, y - scene.horizon - 0.05)) / wide
    bands = np.clip(at * 6, 0, 4.999)
    below = bands.astype(int)
    color = _BOWS[below] + (_BOWS[below + 1] - _BOWS[below]) * (bands - below)[:, :, None]
    share = np.clip(np.minimum(at, 1.0 - at) * 6, 0, 1) * 0.5 * (y < scene.horizon)
    canvas.picture += (color - canvas.picture) * share[:, :, None].astype(np.float32)


def paint_lightning(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """One bolt with a branch, and the clouds it lights."""
    x, y = float(rng.uniform(0.12, 0.88)), 0.0
    bolt = [(x, y)]
    while y < scene.horizon - 0.02:
        x, y = x + float(rng.uniform(-0.06, 0.06)), y + float(rng.uniform(0.04, 0.09))
        bolt.append((x, min(y, scene.horizon)))
    fork = [bolt[len(bolt) // 2]]
    for _ in range(3):
        fork.append(
            (fork[-1][0] + float(rng.uniform(0.0, 0.08)), fork[-1][1] + float(rng.uniform(0.02, 0.06)))
        )
    canvas.glow(bolt[1][0], bolt[1][1], 0.2, (0.7, 0.72, 0.9), 0.5)
    for points, width in ((bolt, 0.02), (bolt, 0.007), (fork, 0.004)):
        color = (0.98, 0.97, 1.0)
        canvas.put(canvas.stroke(points, width), color, None, 0.3 if width == 0.02 else 1.0)
