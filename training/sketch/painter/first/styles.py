"""How the hand moves: the finished scene as oil, watercolour or a flat illustration."""

import cv2
import numpy as np

from ..brushes import Picture, cloud_noise, mix, smooth_noise


def apply_style(canvas: Picture, style: str, rng: np.random.Generator) -> Picture:
    """The canvas in a style; (S, S, 3) float32 in [0, 1]."""
    if style == "oil":
        return _oil(canvas, rng)
    if style == "watercolor":
        return _watercolor(canvas, rng)
    return np.clip(canvas, 0.0, 1.0)


def _oil(canvas: Picture, rng: np.random.Generator) -> Picture:
    """Strokes laid along the picture's own contours, long ones first, short ones where there is detail."""
    size = canvas.shape[0]
    picture = np.clip(canvas * 255, 0, 255).astype(np.uint8)
    soft = cv2.GaussianBlur(picture, (0, 0), 2.0)
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 4.0)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    wander = smooth_noise(rng, size, 3) * 1.6 - 0.8
    strong = np.hypot(gx, gy)
    angle = np.where(strong > 6.0, np.arctan2(gx, -gy), wander)
    out = soft.copy()
    detail = cv2.absdiff(picture, soft).max(axis=2)
    for dense, width, length, jitter in ((420, 9, 13, 14), (900, 5, 8, 11)):
        count = round(dense * (size / 256) ** 2)
        xs, ys = rng.integers(0, size, (2, count))
        noise = rng.integers(-jitter, jitter + 1, count)
        for x, y, n in zip(xs.tolist(), ys.tolist(), noise.tolist(), strict=True):
            if width > 5 and detail[y, x] > 40:
                continue
            a = angle[y, x]
            dx, dy = int(length * np.cos(a)), int(length * np.sin(a))
            r, g, b = picture[y, x].tolist()
            cv2.line(out, (x - dx, y - dy), (x + dx, y + dy), (r + n, g + n, b + n), width, cv2.LINE_AA)
    edges = np.clip(cv2.GaussianBlur(detail, (0, 0), 1.5).astype(np.float32) / 40.0, 0, 0.85)[:, :, None]
    return np.clip(mix(out.astype(np.float32) / 255.0, canvas, edges), 0.0, 1.0)


def _watercolor(canvas: Picture, rng: np.random.Generator) -> Picture:
    """Pigment that runs, gathers at its rims and lets the paper through.

    No bare border: a film that zooms would carry it into the picture as a frame within a frame.
    """
    size = canvas.shape[0]
    shift_x = (smooth_noise(rng, size, 22) - 0.5) * 5.0
    shift_y = (smooth_noise(rng, size, 22) - 0.5) * 5.0
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    wet = cv2.remap(canvas, x + shift_x, y + shift_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    soft = cv2.GaussianBlur(wet, (0, 0), 2.2)
    rim = np.clip(np.abs(wet - soft).max(axis=2, keepdims=True) * 2.0, 0, 0.35)
    pigment = 0.55 + 0.45 * cloud_noise(rng, size, 6, 3, 1.0)[:, :, None]
    washed = 1.0 - (1.0 - wet) * (0.45 + 0.5 * pigment) * (1.0 + rim)
    washed_out: Picture = np.clip(washed, 0.0, 1.0).astype(np.float32)
    return washed_out
