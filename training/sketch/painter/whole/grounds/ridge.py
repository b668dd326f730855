"""What rises behind the ground: hills, mountains, a forest's edge, dunes, a town's roofs."""

import numpy as np
from numpy.typing import ArrayLike

from ...brushes import Color, Picture, mix
from ...scene import Scene
from ..canvas import Box, Canvas, Mask
from ..hours import HOURS


def light_on(scene: Scene, color: Color, faces: ArrayLike = 0.6) -> Picture:
    """A colour under the scene's hour; faces: how much it faces the sun, a number or (h, w, 1)."""
    hour = HOURS[scene.light]
    sun, shade = np.asarray(hour.sun, np.float32), np.asarray(hour.shade, np.float32)
    return np.minimum(np.asarray(color, np.float32) * (shade + sun * np.asarray(faces, np.float32)), 1.0)


def ridge(
    canvas: Canvas,
    scene: Scene,
    profile: Picture,
    color: Color,
    distance: float,
    *,
    relief: float = 0.5,
    snow: float = 2.0,
) -> None:
    """Fill from the horizon up to a profile (S,) of canvas fractions, lit by its slopes; white above `snow`."""
    size = canvas.size
    top = scene.horizon - profile
    first = max(0, int(np.floor(top.min() * size)) - 1)
    last = min(size, int(np.ceil(scene.horizon * size)) + 2)
    if first >= last:
        return
    y = (np.arange(first, last, dtype=np.float32)[:, None] + 0.5) / size
    share = np.clip((y - top[None, :]) * size + 0.5, 0, 1)[:, :, None]
    slope = np.gradient(profile) * size
    toward = slope if scene.lit_from_left else -slope
    rough = canvas.grain[first:last] * 3.4 - 2.9
    faces = np.clip(0.55 + 0.30 * np.tanh(toward * 1.5)[None, :, None] + (rough - 0.5) * relief, 0.05, 1.1)
    paint = light_on(scene, color, faces)
    if snow < 1.0:
        height = (scene.horizon - y)[:, :, None] + (rough - 0.5) * 0.05
        white = np.clip((height - snow) * 40, 0, 1)
        paint = mix(paint, light_on(scene, (0.95, 0.97, 1.0), faces + 0.15), white)
    canvas.put(Mask(Box(0, size, first, last), share.astype(np.float32)), paint, distance)


def _waves(size: int, rng: np.random.Generator, parts: int, rough: float) -> Picture:
    """A curve (S,) of summed sines, from 0 to 1."""
    x = np.arange(size, dtype=np.float32) / size
    y = np.zeros(size, np.float32)
    for part in range(parts):
        often = rng.uniform(0.6, 1.2) * 2**part
        y += rough**part * np.sin(6.283 * (often * x + rng.random()))
    return np.asarray((y - y.min()) / max(float(y.max() - y.min()), 1e-6), np.float32)


def hills(size: int, rng: np.random.Generator, tall: float) -> Picture:
    """Soft hills."""
    return tall * (0.25 + 0.75 * _waves(size, rng, 3, 0.4))


def mountains(size: int, rng: np.random.Generator, tall: float) -> Picture:
    """Peaks with jagged flanks."""
    x = np.arange(size, dtype=np.float32) / size
    out = np.zeros(size, np.float32)
    for _ in range(int(rng.integers(4, 8))):
        middle, high, steep = rng.uniform(-0.1, 1.1), rng.uniform(0.45, 1.0), rng.uniform(1.6, 3.2)
        out = np.maximum(out, high - np.abs(x - middle) * steep * high)
    jagged = np.interp(x * 40, np.arange(41), rng.random(41)) * 0.10
    jagged += np.interp(x * 90, np.arange(91), rng.random(91)) * 0.05
    result: Picture = (tall * np.clip(out + jagged - 0.05, 0.03, None)).astype(np.float32)
    return result


def forest_edge(size: int, rng: np.random.Generator, tall: float, pointed: bool) -> Picture:
    """Tree tops close together, pointed (firs) or round."""
    x = np.arange(size, dtype=np.float32) / size
    out = np.full(size, 0.25, np.float32)
    for _ in range(int(rng.integers(30, 44) if pointed else rng.integers(60, 80))):
        middle, high = rng.uniform(0, 1), rng.uniform(0.45, 1.0) if pointed else rng.uniform(0.55, 1.0)
        wide = rng.uniform(0.016, 0.03) * (1.0 if pointed else 1.3)
        away = np.abs(x - middle) / wide
        crown = high - 0.5 * away if pointed else high - 0.35 * (1 - np.sqrt(np.clip(1 - away**2, 0, 1))) * 2
        out = np.maximum(out, np.where(away < 1.6 if pointed else away < 1, crown, 0.0))
    return (tall * out).astype(np.float32)


def roofs(size: int, rng: np.random.Generator, tall: float) -> Picture:
    """The blocks and gables of a town."""
    out = np.zeros(size, np.float32)
    at = 0
    while at < size:
        wide = max(3, int(size * rng.uniform(0.02, 0.07)))
        high = rng.uniform(0.25, 1.0) ** 1.3
        part = np.full(min(wide, size - at), high, np.float32)
        if rng.random() < 0.35:
            part += 0.12 - np.abs(np.linspace(-0.12, 0.12, len(part), dtype=np.float32))
        out[at : at + wide] = part
        at += wide
    return tall * out


def dunes(size: int, rng: np.random.Generator, tall: float) -> Picture:
    """Dunes: long on one flank, steep on the other."""
    x = np.arange(size, dtype=np.float32) / size
    out = np.zeros(size, np.float32)
    for _ in range(4):
        middle, high = rng.uniform(-0.1, 1.1), rng.uniform(0.5, 1.0)
        left, right = rng.uniform(0.25, 0.5), rng.uniform(0.1, 0.25)
        away = (x - middle) / np.where(x < middle, left, right)
        out = np.maximum(out, high * np.clip(1 - np.abs(away), 0, 1) ** 1.2)
    return (tall * (0.12 + 0.88 * out)).astype(np.float32)
