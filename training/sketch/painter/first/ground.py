"""The lower part of a picture: sea, meadow, desert, snow; and the rock that a building at sea stands on."""

import cv2
import numpy as np

from ..brushes import Color, Picture, fill, jitter, mix, polygon, smooth_noise, tint
from ..scene import Scene
from .sky import AMBIENT

_GROUNDS: dict[str, tuple[Color, Color]] = {  # far, near
    "sea": ((0.22, 0.50, 0.66), (0.05, 0.25, 0.45)),
    "meadow": ((0.58, 0.74, 0.34), (0.20, 0.46, 0.16)),
    "desert": ((0.94, 0.80, 0.54), (0.80, 0.55, 0.28)),
    "snow": ((0.90, 0.94, 0.98), (0.76, 0.84, 0.94)),
}


def paint_ground(canvas: Picture, scene: Scene, rng: np.random.Generator) -> None:
    """Cover everything below the horizon."""
    light, amount = AMBIENT[scene.light]
    far, near = (tint(jitter(rng, c, 0.05), light, amount * 0.85) for c in _GROUNDS[scene.ground])
    if scene.ground == "sea":
        _sea(canvas, scene, far, near, rng)
    else:
        _hills(canvas, scene, far, near, rng)


def _sea(canvas: Picture, scene: Scene, far: Color, near: Color, rng: np.random.Generator) -> None:
    size = canvas.shape[0]
    row = round(size * scene.horizon)
    if row >= size - 2:
        return
    ramp = np.linspace(0.0, 1.0, size - row, dtype=np.float32)[:, None, None]
    sky_low = canvas[row - 2].mean(axis=0)
    water = mix(mix(far, tuple(sky_low), 0.3), near, ramp**0.7)
    rough = 0.32 if scene.light == "storm" else 0.16
    # waves lie closer together towards the horizon: the noise is read with a perspective row
    field = smooth_noise(rng, size, 10, 3.0)
    depth = (np.linspace(0.02, 1.0, size - row) ** 0.5 * (size - 1)).astype(np.float32)
    map_x = np.tile(np.arange(size, dtype=np.float32), (size - row, 1))
    remapped = cv2.remap(field, map_x, np.tile(depth[:, None], (1, size)), cv2.INTER_LINEAR)
    waves: Picture = remapped[:, :, None].astype(np.float32)
    crest = mix(water, (0.95, 0.97, 1.0), 0.6)
    share = np.clip((waves - 0.55) * 3.0, 0, 1) * rough * 2.2
    canvas[row:] = mix(water * (1.0 + (waves - 0.5) * rough), crest, share)
    if scene.light in ("sunset", "night"):
        _glitter(canvas, scene, row, waves)


def _glitter(canvas: Picture, scene: Scene, row: int, waves: Picture) -> None:
    size = canvas.shape[0]
    x = 0.2 if scene.lit_from_left else 0.8
    color: Color = (1.0, 0.75, 0.4) if scene.light == "sunset" else (0.7, 0.75, 0.85)
    columns = np.exp(-(((np.arange(size) / size - x) / 0.09) ** 2)).astype(np.float32)[None, :, None]
    share = columns * np.clip((waves - 0.4) * 2.5, 0, 1) * 0.8
    canvas[row:] = mix(canvas[row:], color, share)


def _hills(canvas: Picture, scene: Scene, far: Color, near: Color, rng: np.random.Generator) -> None:
    size = canvas.shape[0]
    layers = 3
    swell = {"meadow": 0.04, "desert": 0.055, "snow": 0.025}[scene.ground]
    texture = smooth_noise(rng, size, 7, 2.0)[:, :, None]
    fine = smooth_noise(rng, size, 26, 1.6)[:, :, None]
    for layer in range(layers):
        share = layer / (layers - 1)
        base = scene.horizon + share * (1.0 - scene.horizon) * 0.55
        phase, waves = float(rng.uniform(0, 6.3)), float(rng.uniform(0.8, 1.8))
        xs = np.linspace(0, 1, 24)
        high = 0.0 if layer == 0 else 1.0
        ys = base + swell * (0.4 + high) * np.sin(xs * 6.3 * waves + phase)
        color = mix(far, near, share)
        paint = mix(color * 0.88, np.clip(color * 1.12, 0, 1), texture * 0.7 + fine * 0.3)
        polygon(canvas, [(-0.01, 1.02), *zip(xs.tolist(), ys.tolist(), strict=True), (1.01, 1.02)], paint)


def paint_rock(canvas: Picture, scene: Scene, base: float, width: float, rng: np.random.Generator) -> None:
    """A rocky islet that carries a subject at sea; its top is at `base`."""
    light, amount = AMBIENT[scene.light]
    stone = tint(jitter(rng, (0.42, 0.36, 0.32)), light, amount)
    size = canvas.shape[0]
    texture = smooth_noise(rng, size, 16)[:, :, None]
    foot = base + float(rng.uniform(0.09, 0.15))
    x = scene.x
    points = [
        (x - width * 1.25, foot),
        (x - width * 0.95, base + 0.035),
        (x - width * 0.6, base - 0.005),
        (x + width * 0.6, base - 0.005),
        (x + width * 0.9, base + 0.03),
        (x + width * 1.3, foot),
    ]
    polygon(canvas, points, mix(np.asarray(stone) * 0.6, np.asarray(stone) * 1.3, texture))
    foam = tint((0.95, 0.97, 1.0), light, amount * 0.7)
    mask = np.zeros((size, size), np.uint8)
    cv2.ellipse(
        mask,
        (int(x * size), int(foot * size)),
        (int(width * 1.35 * size), max(2, int(0.012 * size))),
        0,
        0,
        360,
        200,
        -1,
        cv2.LINE_AA,
    )
    fill(canvas, (mask.astype(np.float32) / 255.0)[:, :, None] * (0.4 + 0.6 * texture), foam)
