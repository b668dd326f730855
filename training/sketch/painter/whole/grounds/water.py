"""Sea, lake and river: the sky seen in the water, waves, foam, and what stands in it upside down."""

import numpy as np

from ...brushes import Color, Picture, mix
from ...scene import Scene
from ..canvas import Canvas
from ..hours import HOURS
from ..noise import tile
from .plane import Plane
from .ridge import light_on

_WATER: dict[str, tuple[Color, float]] = {  # colour, how rough
    "sea": ((0.05, 0.30, 0.42), 0.55),
    "lake": ((0.06, 0.24, 0.28), 0.14),
    "river": ((0.10, 0.28, 0.28), 0.22),
    "beach": ((0.10, 0.46, 0.52), 0.45),
}


def paint_water(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Water from the horizon to the lower edge; a river gets its banks."""
    plane = Plane(canvas, scene)
    plane.lay(canvas, water(canvas, scene, plane, rng))
    if scene.ground == "river":
        from .land import banks

        banks(canvas, scene, plane, rng)


def water(canvas: Canvas, scene: Scene, plane: Plane, rng: np.random.Generator) -> Picture:
    """The water's colours (rows, S, 3): the mirrored sky, broken by waves, deeper towards the viewer."""
    size, hour = canvas.size, HOURS[scene.light]
    color, rough = _WATER.get(scene.ground, _WATER["sea"])
    rough = min(1.0, rough * (1.7 if scene.light == "storm" else 1.0))
    small = plane.pattern(tile(1, 12, 4), rng, 3.0, 5.0)
    long = plane.pattern(tile(2, 6, 3), rng, 9.0, 8.0)
    waves = 0.55 * small + 0.45 * long
    rows = np.arange(plane.row, size)[:, None]
    swell = ((waves - 0.5) * rough * 90 * plane.near**0.5 * size / 256).astype(int)
    source = np.clip(2 * plane.row - rows - 1 + swell, 0, plane.row - 1)
    columns = np.clip(np.arange(size)[None, :] + ((small - 0.5) * 8 * rough).astype(int), 0, size - 1)
    mirror = canvas.picture[source, columns]
    own = light_on(scene, color, (0.4 + 0.5 * waves)[:, :, None])
    clear = np.clip(0.2 + 0.62 * plane.near**0.7 + 0.25 * rough * (waves - 0.5), 0.0, 0.95)
    shown: Picture = mix(mirror, own, clear[:, :, None])
    shown *= (1.0 + (waves - 0.5) * np.float32(0.9 * rough))[:, :, None]
    crest = np.clip((waves - (0.80 - 0.16 * rough)) * 7.0, 0, 1) * rough
    shown = mix(shown, light_on(scene, (0.95, 0.97, 1.0), 0.75), crest[:, :, None])
    if hour.body and hour.glare > 0.3:
        bright = canvas.picture[: plane.row].sum(2).max(0)
        x = float(np.argmax(bright)) / size
        wide = 0.03 + 0.10 * plane.near
        ray = np.exp(-(((np.arange(size) / size)[None, :] - x) ** 2) / (2 * wide**2))
        share = np.clip(ray * np.clip((waves - 0.46) * 6.0, 0, 1) * 0.85, 0, 1)[:, :, None]
        shown = mix(shown, mix(hour.glow, (1, 1, 1), 0.25), share)
    return np.clip(shown, 0, 1)


def reflect(canvas: Canvas, scene: Scene, before: Picture, foot: float, rng: np.random.Generator) -> None:
    """Show what was painted since `before` (a depth map) upside down in the water below its foot."""
    size = canvas.size
    row = round(foot * size)
    changed = canvas.depth != before
    above = np.flatnonzero(changed[:row].any(1))
    if row >= size - 1 or above.size == 0:
        return
    tall = min(size - row, row - int(above[0]))
    rough = _WATER.get(scene.ground, _WATER["sea"])[1]
    rows = np.arange(tall)
    sway = (np.sin(rows * 0.9 + rng.uniform(0, 6)) * (0.5 + 5 * rough) * (0.3 + rows / tall)).astype(int)
    source = np.clip(row - 1 - rows, 0, size - 1)[:, None]
    columns = np.clip(np.arange(size)[None, :] + sway[:, None], 0, size - 1)
    seen = changed[source, columns] & (canvas.depth[row : row + tall] == before[row : row + tall])
    seen &= ~changed[row : row + tall]
    fade = (0.62 - 0.38 * rough) * (1.0 - 0.6 * rows / tall)[:, None]
    share = (seen * fade)[:, :, None].astype(np.float32)
    target = canvas.picture[row : row + tall]
    target += (canvas.picture[source, columns] * np.float32(0.86) - target) * share
