"""Low poly: triangles between points that sit on the edges of things, each of one colour."""

import cv2
import numpy as np

from ..canvas import Canvas
from .lines import as_bytes, as_floats, lightness, saturate

_CELLS = 32


def lowpoly(canvas: Canvas, rng: np.random.Generator) -> None:
    """One point in each cell of a grid, where the picture changes most; two triangles for four points."""
    size = canvas.size
    grey = cv2.GaussianBlur(lightness(canvas.picture), (0, 0), 1.2)
    strong = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    strong = strong + rng.random((size, size), dtype=np.float32) * np.float32(0.12)
    marks = np.linspace(0, size, _CELLS).astype(int)
    points = np.zeros((_CELLS + 1, _CELLS + 1, 2), np.int32)
    for i in range(_CELLS - 1):
        for j in range(_CELLS - 1):
            cell = strong[marks[i] : marks[i + 1], marks[j] : marks[j + 1]]
            y, x = divmod(int(cell.argmax()), cell.shape[1])
            points[i + 1, j + 1] = marks[j] + x, marks[i] + y
    ramp = np.concatenate([[0], (marks[:-1] + marks[1:]) // 2, [size]])
    points[0, :, 0] = points[-1, :, 0] = points[:, 0, 1] = points[:, -1, 1] = ramp
    points[-1, :, 1] = points[:, -1, 0] = size
    points[0, :, 1] = points[:, 0, 0] = 0
    points[0, -1], points[-1, 0] = (size, 0), (0, size)
    calm = as_bytes(saturate(cv2.GaussianBlur(canvas.picture, (0, 0), 1.0), 1.15))
    out = calm.copy()
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    slant = rng.random((_CELLS, _CELLS, 1)) < 0.5
    first = np.stack([a, b, np.where(slant, c, d)], 2).reshape(-1, 3, 2)
    second = np.stack([np.where(slant, a, b), c, d], 2).reshape(-1, 3, 2)
    triangles = np.concatenate([first, second])
    middle = np.clip(triangles.mean(1).astype(int), 0, size - 1)
    shine = 1.0 + rng.uniform(-0.055, 0.055, (len(triangles), 1))
    tones = np.clip(calm[middle[:, 1], middle[:, 0]] * shine, 0, 255).tolist()
    for triangle, tone in zip(triangles, tones, strict=True):
        cv2.fillConvexPoly(out, triangle, tone, cv2.LINE_AA)
    canvas.picture[:] = as_floats(out)
