"""Stained glass: pieces of one colour each, leaded, bright from behind."""

import cv2
import numpy as np

from ..canvas import Canvas
from ..noise import flat, tile
from .lines import contours, saturate


def glass(canvas: Canvas, rng: np.random.Generator) -> None:
    """Pieces never cross a contour: lead runs there too, thicker."""
    size = canvas.size
    unit = size / 256
    cells = 17
    grid = (
        np.stack(np.meshgrid(np.arange(cells), np.arange(cells)), 2)
        + rng.uniform(0.1, 0.9, (cells, cells, 2))
    ) / cells
    seeds = np.full((size, size), 255, np.uint8)
    at = np.clip((grid.reshape(-1, 2) * size).astype(int), 0, size - 1)
    seeds[at[:, 1], at[:, 0]] = 0
    edge = contours(canvas, 0.0)
    _, piece = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    near = np.digitize(canvas.depth, np.geomspace(0.3, 8000, 9))
    label = (piece * 16 + near).astype(np.int64)
    _, label = np.unique(label, return_inverse=True)
    label = label.reshape(size, size)
    flatly = label.ravel()
    count = np.bincount(flatly)
    picture = saturate(canvas.picture, 1.7)
    tones = np.stack([np.bincount(flatly, picture[:, :, k].ravel()) / count for k in range(3)], 1)
    shine = 0.9 + 0.35 * rng.random((len(count), 1))
    tones = np.clip((tones * 1.15 + 0.04) * shine, 0, 1).astype(np.float32)
    pieces = tones[label] * (0.86 + 0.3 * flat(tile(2, 14, 3), size, rng))[:, :, None]
    lead = np.zeros((size, size), np.float32)
    lead[:, 1:] = label[:, 1:] != label[:, :-1]
    lead[1:] = np.maximum(lead[1:], label[1:] != label[:-1])
    lead = np.clip(cv2.GaussianBlur(np.maximum(lead, edge), (0, 0), 0.95 * unit) * 2.2, 0, 1)[:, :, None]
    canvas.picture[:] = np.clip(pieces + (np.float32(0.05) - pieces) * lead, 0, 1)
