"""The few marks everything is painted with: fields, polygons, ellipses and soft fills on a float canvas.

Canvas: float32 (S, S, 3) RGB in [0, 1]. Shapes are given in canvas fractions (x right, y down, 0 to 1).
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Picture = NDArray[np.float32]
Color = tuple[float, float, float]
Points = Sequence[tuple[float, float]]

_SUBPIXEL = 4  # cv2 draws at 1/16 of a pixel, so that slow moves of a shape do not step


def smooth_noise(rng: np.random.Generator, size: int, cells: int, stretch: float = 1.0) -> Picture:
    """Cubic value noise (size, size) in [0, 1]; `stretch` > 1 makes it longer sideways."""
    rows = max(2, round(cells * stretch)) + 2
    grid = rng.random((rows, cells + 2), dtype=np.float32)
    field = cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.clip(field, 0.0, 1.0)


def cloud_noise(rng: np.random.Generator, size: int, cells: int, octaves: int, stretch: float) -> Picture:
    """Fractal value noise (size, size), roughly in [0, 1]."""
    field = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        field += 0.5**octave * smooth_noise(rng, size, cells * 2**octave, stretch)
    return field / (2.0 - 0.5 ** (octaves - 1))


def mix(a: ArrayLike, b: ArrayLike, share: ArrayLike) -> Picture:
    """a where share is 0, b where it is 1."""
    first, second = np.asarray(a, np.float32), np.asarray(b, np.float32)
    return first + (second - first) * np.asarray(share, np.float32)


def vertical(size: int, top: Color, bottom: Color, bend: float = 1.0) -> Picture:
    """A gradient (size, 1, 3) from top to bottom."""
    ramp = np.linspace(0.0, 1.0, size, dtype=np.float32)[:, None, None] ** bend
    return mix(top, bottom, ramp)


def _fixed(points: Points, size: int) -> NDArray[np.int32]:
    scaled = np.asarray(points, np.float64) * size * (1 << _SUBPIXEL)
    return np.round(scaled).astype(np.int32)


def polygon_mask(size: int, *shapes: Points) -> Picture:
    """Coverage (size, size, 1) in [0, 1] of filled polygons, antialiased."""
    mask = np.zeros((size, size), np.uint8)
    for points in shapes:
        cv2.fillPoly(mask, [_fixed(points, size)], 255, cv2.LINE_AA, _SUBPIXEL)
    return (mask.astype(np.float32) / 255.0)[:, :, None]


def ellipse_points(cx: float, cy: float, rx: float, ry: float, start: float = 0, end: float = 360) -> Points:
    """Points of an ellipse or a slice of it; degrees, clockwise from the right as seen on screen."""
    angles = np.radians(np.linspace(start, end, 40))
    return [(cx + rx * float(np.cos(a)), cy + ry * float(np.sin(a))) for a in angles]


def fill(canvas: Picture, mask: Picture, paint: Picture | Color) -> None:
    """Lay paint on the canvas where the mask covers, in place; works on the mask's bounding box only."""
    rows = np.flatnonzero(mask.max(axis=(1, 2)))
    columns = np.flatnonzero(mask.max(axis=(0, 2)))
    if rows.size == 0:
        return
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    color = np.broadcast_to(np.asarray(paint, np.float32), canvas.shape)[box]
    canvas[box] += (color - canvas[box]) * mask[box]


def polygon(canvas: Picture, points: Points, paint: Picture | Color) -> Picture:
    """Fill one polygon and return its mask."""
    mask = polygon_mask(canvas.shape[0], points)
    fill(canvas, mask, paint)
    return mask


def line(canvas: Picture, points: Points, color: Color, width: float) -> None:
    """A polyline `width` wide (fraction of the canvas), antialiased."""
    size = canvas.shape[0]
    mask = np.zeros((size, size), np.uint8)
    thick = max(1, round(width * size))
    cv2.polylines(mask, [_fixed(points, size)], False, 255, thick, cv2.LINE_AA, _SUBPIXEL)
    fill(canvas, (mask.astype(np.float32) / 255.0)[:, :, None], color)


def glow(canvas: Picture, cx: float, cy: float, radius: float, color: Color, amount: float) -> None:
    """Light that falls off as a Gaussian; added with the screen rule, so that nothing clips hard."""
    size = canvas.shape[0]
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    light = amount * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius**2))
    canvas[:] = 1.0 - (1.0 - canvas) * (1.0 - light[:, :, None] * np.asarray(color, np.float32))


def shaded(size: int, x0: float, x1: float, light: Color, dark: Color, lit_from_left: bool) -> Picture:
    """Paint (1, size, 3) that turns from light to dark between x0 and x1: the roundness of a tower."""
    x = (np.arange(size, dtype=np.float32) / size - x0) / max(x1 - x0, 1e-6)
    share = np.clip(x if lit_from_left else 1.0 - x, 0.0, 1.0)[None, :, None].astype(np.float32)
    return mix(light, dark, share)


def tint(color: Color, by: Color, amount: float) -> Color:
    """A colour pulled towards another: how the light of the hour falls on things."""
    r, g, b = (c + (d - c) * amount for c, d in zip(color, by, strict=True))
    return (r, g, b)


def jitter(rng: np.random.Generator, color: Color, by: float = 0.06) -> Color:
    """The colour, a little different each time."""
    r, g, b = (min(1.0, max(0.0, c + float(rng.uniform(-by, by)))) for c in color)
    return (r, g, b)
