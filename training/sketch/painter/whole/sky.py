"""The upper part of a picture: the hour's gradient, sun, moon, stars, clouds, and the rarer lights."""

import cv2
import numpy as np

from ..brushes import Color, Picture, ellipse_points, jitter, mix
from ..scene import Scene
from .canvas import Canvas, Mask
from .hours import HOURS, Hour
from .noise import flat, read, tile
from .skylights import paint_aurora, paint_lightning, paint_rainbow


def paint_sky(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> Color:
    """Cover the canvas with the sky of the hour; returns its colour at the horizon, which the air takes on."""
    hour = HOURS[scene.light]
    sky = hour.skies[int(rng.integers(len(hour.skies)))]
    zenith, middle, low = (jitter(rng, color, 0.035) for color in sky)
    size = canvas.size
    rows = (np.arange(size, dtype=np.float32) / size / max(scene.horizon, 0.2))[:, None, None]
    knee = float(rng.uniform(0.45, 0.65))
    upper = mix(zenith, middle, np.clip(rows / knee, 0, 1))
    canvas.picture[:] = np.where(
        rows < knee, upper, mix(middle, low, np.clip((rows - knee) / (1 - knee), 0, 1))
    )
    if hour.stars:
        _stars(canvas, scene, hour.stars, rng)
    if scene.light == "aurora":
        paint_aurora(canvas, scene, rng)
    x = float(rng.uniform(0.06, 0.34))
    x = x if scene.lit_from_left else 1.0 - x
    y = scene.horizon * (1.0 - float(rng.uniform(*hour.height)))
    if hour.body:
        canvas.glow(x, y, 0.34, hour.glow, hour.glare * 0.45)
        _body(canvas, hour, x, y, rng)
    cover = float(rng.uniform(*hour.clouds))
    if "clouds" in scene.extras:
        cover = max(cover, 0.5)
    if cover > 0.08:
        _clouds(canvas, scene, hour, cover, rng)
    if hour.body == "sun":
        canvas.glow(x, y, 0.09, hour.glow, hour.glare * 0.8)
    if scene.light == "storm" and rng.random() < 0.45:
        paint_lightning(canvas, scene, rng)
    if scene.light == "rainbow":
        paint_rainbow(canvas, scene, rng)
    return low


def _body(canvas: Canvas, hour: Hour, x: float, y: float, rng: np.random.Generator) -> None:
    low = y > 0.3
    radius = float(rng.uniform(0.035, 0.075) if low else rng.uniform(0.025, 0.045))
    if hour.body == "sun":
        canvas.fill(ellipse_points(x, y, radius, radius), mix(hour.glow, (1, 1, 0.92), 0.6), None)
        return
    disc = canvas.mask(ellipse_points(x, y, radius, radius))
    if disc is None:
        return
    color = mix((0.97, 0.96, 0.88), (0.80, 0.81, 0.80), flat(tile(2, 8, 3), canvas.size, rng)[:, :, None])
    if hour.body == "crescent":
        bite = canvas.mask(ellipse_points(x + radius * 0.55, y - radius * 0.22, radius, radius))
        share = np.zeros((canvas.size, canvas.size, 1), np.float32)
        share[disc.box.slices] = disc.share
        if bite is not None:
            share[bite.box.slices] *= 1.0 - bite.share
        disc = Mask(disc.box, share[disc.box.slices])
    canvas.put(disc, color[disc.box.slices], None)


def _stars(canvas: Canvas, scene: Scene, amount: float, rng: np.random.Generator) -> None:
    size = canvas.size
    image = np.zeros((size, size), np.uint8)
    count = int(130 * amount)
    xs, ys = rng.uniform(0, 16 * size, count), rng.uniform(0, 16 * size * scene.horizon, count)
    sizes = 16 * size * (0.0012 + 0.004 * rng.random(count) ** 4)
    shine = rng.integers(90, 256, count)
    for x, y, radius, bright in zip(xs.astype(int), ys.astype(int), sizes.astype(int), shine, strict=True):
        cv2.circle(image, (int(x), int(y)), max(8, int(radius)), int(bright), -1, cv2.LINE_AA, 4)
    cv2.GaussianBlur(image, (0, 0), 0.55 * size / 256, dst=image)
    share = np.clip(image * np.float32(1.3 / 255), 0, 1)[:, :, None]
    canvas.picture += (np.asarray((0.98, 0.97, 0.9), np.float32) - canvas.picture) * share


def _clouds(canvas: Canvas, scene: Scene, hour: Hour, cover: float, rng: np.random.Generator) -> None:
    """A sheet of clouds overhead, seen in perspective, lit from the side where the sun is."""
    size = canvas.size
    rows = max(4, round(scene.horizon * size))
    y = (np.arange(rows, dtype=np.float32) / size)[:, None]
    far = 0.16 / (scene.horizon - y + 0.07)
    x = (np.arange(size, dtype=np.float32) / size - 0.5)[None, :]
    pattern = tile(int(rng.integers(6)), 5, 5)
    zoom = float(rng.uniform(0.7, 1.2))
    u, v = x * far * zoom * 2.0, np.broadcast_to(far * zoom * 1.3, (rows, size))
    state = rng.bit_generator.state
    field = read(pattern, u, v, rng)
    rng.bit_generator.state = state
    side = np.float32(-0.035 if scene.lit_from_left else 0.035)
    toward_sun = read(pattern, u + side, v - 0.02, rng)
    threshold = 0.82 - 0.62 * cover
    share = np.clip((field - threshold) * 5.0, 0.0, 0.94)
    share *= np.clip((scene.horizon - y) * 9.0 + 0.15, 0.0, 1.0)
    lit = np.clip(0.62 + (field - toward_sun) * 4.0 - np.clip(field - threshold, 0, 1) * 0.9, 0.0, 1.0)
    paint: Picture = mix(hour.cloud_dark, hour.cloud_lit, lit[:, :, None])
    canvas.picture[:rows] = mix(canvas.picture[:rows], paint, share[:, :, None])
