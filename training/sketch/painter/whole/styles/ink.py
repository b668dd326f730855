"""Ink: brush lines that swell and dry up, over grey washes on warm paper."""

import cv2
import numpy as np

from ...brushes import mix
from ..canvas import Canvas
from ..noise import flat, tile
from .lines import contours, lightness, saturate, warp


def ink(canvas: Canvas, rng: np.random.Generator) -> None:
    """Three washes from pale to dark that bleed, contours drawn on top; a breath of colour stays."""
    size = canvas.size
    unit = size / 256
    line = contours(canvas, 0.8)
    light = lightness(canvas.picture)
    low, high = np.percentile(light, (2, 97))
    light = np.clip((light - low) / max(float(high - low), 0.15), 0, 1)
    bled = warp(cv2.GaussianBlur(light, (0, 0), 1.5 * unit), rng, 14, 4.0)
    wash = np.zeros_like(bled)
    for edge, dark in ((0.66, 0.22), (0.42, 0.26), (0.20, 0.30)):
        cover = np.clip((edge - bled) * 9 + 0.5, 0, 1)
        rim = np.exp(-(((edge - bled) * 22) ** 2)) * 0.35
        wash += dark * cover * (0.65 + 0.6 * flat(tile(5, 8, 3), size, rng)) + dark * rim * 0.5
    thick = cv2.GaussianBlur(line, (0, 0), 1.1 * unit) * 1.9
    pressure = flat(tile(1, 7, 3), size, rng)
    strokes = np.clip(np.where(pressure > 0.55, np.maximum(thick, line), line) * (0.55 + pressure), 0, 1)
    paper = np.asarray((0.965, 0.94, 0.885), np.float32) * (
        0.97 + 0.05 * flat(tile(0, 80, 2), size, rng)[:, :, None]
    )
    hint = saturate(canvas.picture, 1.1)
    shown = paper * (1 - np.clip(wash, 0, 0.9)[:, :, None] * np.asarray((0.88, 0.86, 0.80), np.float32))
    shown = shown * (1 + 0.22 * (hint - hint.mean(2, keepdims=True)))
    canvas.picture[:] = np.clip(mix(shown, (0.06, 0.055, 0.07), strokes[:, :, None] * 0.94), 0, 1)
