"""What several styles need: the picture in bytes, its lightness, its contours, lines that hatch."""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...brushes import Picture
from ..canvas import Canvas
from ..noise import flat, tile


def as_bytes(picture: Picture) -> NDArray[np.uint8]:
    """uint8 of a float picture."""
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def as_floats(picture: ArrayLike) -> Picture:
    """float32 in [0, 1] of a byte picture."""
    return np.asarray(picture, np.float32) * np.float32(1 / 255)


def lightness(picture: ArrayLike) -> Picture:
    """Luma (S, S) of a picture."""
    return np.asarray(
        cv2.cvtColor(np.clip(np.asarray(picture, np.float32), 0, 1), cv2.COLOR_RGB2GRAY), np.float32
    )


def contours(canvas: Canvas, fine: float = 1.0) -> Picture:
    """Where one thing ends and another begins (S, S) in [0, 1]: steps of the depth, and (fine) of the colour.

    The ground gets farther from row to row without being an edge, so a step downwards has to be a large one.
    """
    away = np.log(canvas.depth)
    edges = np.zeros_like(away)
    edges[:, 1:] = np.clip(np.abs(np.diff(away, axis=1)) * 6 - 0.3, 0, 1)
    edges[1:] = np.maximum(edges[1:], np.clip(np.abs(np.diff(away, axis=0)) * 1.6 - 0.5, 0, 1))
    if fine:
        soft = cv2.GaussianBlur(np.clip(canvas.picture, 0, 1), (0, 0), 1.0)
        slope = np.hypot(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)).max(2)
        edges = np.maximum(edges, np.clip(slope * 1.3 * fine - 0.35, 0, 1))
    out: Picture = edges
    return out


def stripes(size: int, rng: np.random.Generator, angle: float, gap: float, sway: float) -> Picture:
    """A wave (size, size) in [0, 1] across hatching lines: angle in degrees, gap in pixels of 256, sway of the hand."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) * np.float32(256 / size)
    a = np.radians(angle)
    across = x * np.float32(np.sin(a)) - y * np.float32(np.cos(a))
    across += np.float32(sway * gap) * flat(tile(1, 6, 3), size, rng)
    out: Picture = 0.5 + 0.5 * np.cos(across * np.float32(2 * np.pi / gap))
    return out


def warp(picture: Picture, rng: np.random.Generator, cells: int, by: float) -> Picture:
    """The picture with its edges moved by noise, up to `by` pixels of 256."""
    size = picture.shape[0]
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    reach = np.float32(2 * by * size / 256)
    dx, dy = (flat(tile(k, cells, 3), size, rng) - np.float32(0.5) for k in (0, 5))
    moved = cv2.remap(
        picture, x + dx * reach, y + dy * reach, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(moved, np.float32)


def saturate(picture: ArrayLike, by: float) -> Picture:
    """Stronger (by > 1) or weaker colours."""
    grey = lightness(picture)[:, :, None]
    return np.clip(grey + (np.asarray(picture, np.float32) - grey) * np.float32(by), 0, 1)
