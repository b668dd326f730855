"""The upper part of a picture: the hour's colours, sun, moon, stars, clouds, rain, far mountains, birds."""

import cv2
import numpy as np

from ..brushes import (
    Color,
    Picture,
    cloud_noise,
    ellipse_points,
    fill,
    glow,
    jitter,
    line,
    mix,
    polygon,
    polygon_mask,
    smooth_noise,
    vertical,
)
from ..scene import Scene

# top of the sky, sky at the horizon
_SKIES: dict[str, tuple[tuple[Color, Color], ...]] = {
    "day": (((0.16, 0.42, 0.82), (0.72, 0.88, 0.96)), ((0.30, 0.58, 0.88), (0.86, 0.93, 0.95))),
    "sunset": (((0.30, 0.20, 0.48), (0.99, 0.60, 0.25)), ((0.55, 0.22, 0.38), (1.00, 0.74, 0.36))),
    "night": (((0.02, 0.03, 0.12), (0.10, 0.16, 0.36)), ((0.03, 0.05, 0.18), (0.16, 0.20, 0.42))),
    "storm": (((0.16, 0.18, 0.22), (0.44, 0.47, 0.50)), ((0.20, 0.22, 0.27), (0.52, 0.53, 0.53))),
}
# what the hour's light does to the colour of things: (tint, amount)
AMBIENT: dict[str, tuple[Color, float]] = {
    "day": ((1.0, 1.0, 0.95), 0.06),
    "sunset": ((0.62, 0.25, 0.22), 0.42),
    "night": ((0.05, 0.08, 0.24), 0.6),
    "storm": ((0.25, 0.27, 0.31), 0.45),
}


def paint_sky(canvas: Picture, scene: Scene, rng: np.random.Generator) -> None:
    """Everything above the horizon, on the whole canvas (the ground covers the rest)."""
    size = canvas.shape[0]
    skies = _SKIES[scene.light]
    top, low = skies[int(rng.integers(len(skies)))]
    rows = max(2, round(size * scene.horizon))
    canvas[:rows] = vertical(
        rows, jitter(rng, top, 0.05), jitter(rng, low, 0.05), float(rng.uniform(0.8, 1.4))
    )
    canvas[rows:] = canvas[rows - 1]
    if scene.light == "night":
        _stars(canvas, scene, rng)
    if scene.light == "storm":
        _storm_clouds(canvas, rng)
    else:
        _sun_or_moon(canvas, scene, rng)
        if "clouds" in scene.extras or rng.random() < 0.15:
            _clouds(canvas, scene, low, rng)
    if "mountains" in scene.extras:
        _mountains(canvas, scene, low, rng)
    if "birds" in scene.extras:
        _birds(canvas, scene, rng)


def _sun_or_moon(canvas: Picture, scene: Scene, rng: np.random.Generator) -> None:
    x = float(rng.uniform(0.08, 0.35) if scene.lit_from_left else rng.uniform(0.65, 0.92))
    size = canvas.shape[0]
    if scene.light == "day":
        y, r, color = float(rng.uniform(0.08, 0.25)), 0.045, (1.0, 0.97, 0.78)
        glow(canvas, x, y, 0.12, (1.0, 0.95, 0.7), 0.5)
    elif scene.light == "sunset":
        y, r, color = (
            scene.horizon - float(rng.uniform(0.02, 0.16)),
            float(rng.uniform(0.05, 0.09)),
            (1.0, 0.86, 0.45),
        )
        glow(canvas, x, y, 0.2, (1.0, 0.55, 0.2), 0.6)
    else:
        y, r, color = float(rng.uniform(0.1, 0.28)), float(rng.uniform(0.035, 0.06)), (0.96, 0.95, 0.85)
        glow(canvas, x, y, 0.1, (0.6, 0.65, 0.8), 0.4)
    disc = polygon_mask(size, ellipse_points(x, y, r, r))
    if scene.light == "night" and rng.random() < 0.5:
        disc = np.maximum(disc - polygon_mask(size, ellipse_points(x + r * 0.6, y - r * 0.2, r, r)), 0.0)
    fill(canvas, disc, color)


def _stars(canvas: Picture, scene: Scene, rng: np.random.Generator) -> None:
    size = canvas.shape[0]
    mask = np.zeros((size, size), np.uint8)
    for _ in range(int(rng.integers(30, 70))):
        x, y = rng.uniform(0, 16 * size), rng.uniform(0, 16 * size * (scene.horizon - 0.05))
        radius = rng.uniform(0.003, 0.0065) * size * 16
        cv2.circle(
            mask, (int(x), int(y)), max(1, int(radius)), int(rng.integers(150, 256)), -1, cv2.LINE_AA, 4
        )
    fill(canvas, (mask.astype(np.float32) / 255.0)[:, :, None], (0.98, 0.97, 0.88))


def _clouds(canvas: Picture, scene: Scene, low: Color, rng: np.random.Generator) -> None:
    size = canvas.shape[0]
    white: Color = (1.0, 1.0, 1.0) if scene.light == "day" else (0.25, 0.28, 0.4)
    if scene.light == "sunset":
        white = (0.98, 0.62, 0.5)
    field = cloud_noise(rng, size, 4, 3, 2.2)
    height = np.linspace(1.0, -0.2, size, dtype=np.float32)[:, None]
    share = np.clip((field - 0.52) * 6.0, 0.0, 0.9) * np.clip(height, 0.0, 1.0)
    canvas[:] = mix(canvas, white, share[:, :, None])


def _storm_clouds(canvas: Picture, rng: np.random.Generator) -> None:
    size = canvas.shape[0]
    field = cloud_noise(rng, size, 3, 3, 1.8)
    dark = mix((0.10, 0.11, 0.15), (0.50, 0.52, 0.56), np.clip(field * 1.9 - 0.5, 0, 1)[:, :, None])
    fade = np.clip(np.linspace(1.5, -0.3, size, dtype=np.float32), 0.0, 0.9)[:, None, None]
    canvas[:] = mix(canvas, dark, fade)
    if rng.random() < 0.45:
        x, y = float(rng.uniform(0.1, 0.9)), 0.0
        bolt = [(x, y)]
        while y < 0.5:
            x, y = x + float(rng.uniform(-0.06, 0.06)), y + float(rng.uniform(0.05, 0.1))
            bolt.append((x, y))
        line(canvas, bolt, (0.98, 0.97, 0.85), 0.008)
        glow(canvas, bolt[2][0], bolt[2][1], 0.15, (0.7, 0.7, 0.8), 0.25)


def rain(canvas: Picture, rng: np.random.Generator) -> None:
    """Slanted streaks over the whole picture."""
    size = canvas.shape[0]
    mask = np.zeros((size, size), np.uint8)
    slant = float(rng.uniform(-0.3, 0.3))
    for x, y in rng.uniform(-0.1, 1.0, (90, 2)) * size:
        length = float(rng.uniform(0.04, 0.09)) * size
        cv2.line(mask, (int(x), int(y)), (int(x + slant * length), int(y + length)), 90, 1, cv2.LINE_AA)
    fill(canvas, (mask.astype(np.float32) / 255.0)[:, :, None], (0.75, 0.78, 0.82))


def _mountains(canvas: Picture, scene: Scene, low: Color, rng: np.random.Generator) -> None:
    size = canvas.shape[0]
    tint, amount = AMBIENT[scene.light]
    for depth, haze in ((0.0, 0.55), (1.0, 0.25)):
        peaks = int(rng.integers(3, 6))
        xs = np.linspace(-0.1, 1.1, 2 * peaks + 1) + rng.uniform(-0.04, 0.04, 2 * peaks + 1)
        tall = rng.uniform(0.12, 0.26, 2 * peaks + 1) * (1.0 - 0.35 * depth)
        tall[::2] *= 0.35
        ridge = [(float(x), scene.horizon - float(h)) for x, h in zip(xs, tall, strict=True)]
        rock = mix(mix((0.38, 0.40, 0.48), tint, amount * 0.8), low, haze)
        light = mix(rock, (0.95, 0.96, 1.0), 0.25 * (1 - amount))
        texture = smooth_noise(rng, size, 9)[:, :, None]
        polygon(canvas, [(-0.2, 1.0), *ridge, (1.2, 1.0)], mix(rock, light, texture))


def _birds(canvas: Picture, scene: Scene, rng: np.random.Generator) -> None:
    cx, cy = float(rng.uniform(0.2, 0.8)), float(rng.uniform(0.12, 0.35))
    color: Color = (0.7, 0.72, 0.8) if scene.light == "night" else (0.12, 0.12, 0.16)
    for _ in range(int(rng.integers(3, 7))):
        x, y = cx + float(rng.uniform(-0.16, 0.16)), cy + float(rng.uniform(-0.08, 0.08))
        w = float(rng.uniform(0.018, 0.032))
        line(canvas, [(x - w, y - w * 0.5), (x, y), (x + w, y - w * 0.5)], color, 0.008)
