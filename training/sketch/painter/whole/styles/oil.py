"""Oil: strokes along the contours, broad ones first, fine ones where there is detail, and paint that stands out."""

import cv2
import numpy as np

from ...brushes import mix
from ..canvas import Canvas
from ..noise import flat, tile
from .lines import as_bytes, as_floats, lightness


def oil(canvas: Canvas, rng: np.random.Generator) -> None:
    """Visible strokes with the relief of thick paint."""
    size = canvas.size
    unit = size / 256
    picture = as_bytes(canvas.picture)
    grey = cv2.GaussianBlur(lightness(canvas.picture), (0, 0), 3.5 * unit)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    wander = flat(tile(3, 4, 2), size, rng) * 2.4 - 1.2
    angle = np.where(np.hypot(gx, gy) > 0.03, np.arctan2(gx, -gy), wander)
    detail = cv2.absdiff(picture, cv2.GaussianBlur(picture, (0, 0), 2.0 * unit)).max(axis=2)
    out = cv2.GaussianBlur(picture, (0, 0), 2.5 * unit)
    for count, wide, long, rough, fine in (
        (330, 10, 13, 13, False),
        (720, 5.5, 8, 11, False),
        (1100, 2.6, 5, 7, True),
    ):
        ys, xs = rng.integers(0, size, (2, count))
        keep = detail[ys, xs] > 14 if fine else (detail[ys, xs] < 40) | (wide < 8)
        ys, xs = ys[keep], xs[keep]
        a = angle[ys, xs]
        dx, dy = (long * unit * np.cos(a)).astype(int), (long * unit * np.sin(a)).astype(int)
        tones = np.clip(
            picture[ys, xs].astype(int) + rng.integers(-rough, rough + 1, (len(xs), 1)), 0, 255
        ).tolist()
        thick = max(1, round(wide * unit))
        starts, ends = np.stack([xs - dx, ys - dy], 1).tolist(), np.stack([xs + dx, ys + dy], 1).tolist()
        for start, end, tone in zip(starts, ends, tones, strict=True):
            cv2.line(out, start, end, tone, thick, cv2.LINE_AA)
    shown = as_floats(out)
    keep_edge = np.clip(cv2.GaussianBlur(detail, (0, 0), 1.2 * unit).astype(np.float32) / 60.0, 0, 0.6)[
        :, :, None
    ]
    shown = mix(shown, canvas.picture, keep_edge)
    thickness = lightness(shown)
    relief = np.clip((thickness - np.roll(thickness, (1, 1), (0, 1))) * 1.1, -0.12, 0.12)
    canvas.picture[:] = np.clip(shown + relief[:, :, None], 0, 1)
