"""Dry grounds: their colours near and far, their patterns, and what grows on them."""

from dataclasses import dataclass

import cv2
import numpy as np

from ...brushes import Color, Picture, jitter, mix
from ...scene import Scene
from ..canvas import Canvas
from ..noise import tile
from ..subjects import KINDS
from .plane import Plane
from .ridge import light_on
from .water import water


@dataclass(frozen=True, kw_only=True)
class Land:
    """near, far: colours; patch: a second colour in large patches; rough: contrast of the fine pattern;
    long: how much longer the pattern is across than away; growth: what grows, and its colours."""

    near: Color
    far: Color
    patch: Color
    rough: float
    long: float = 1.0
    growth: str = ""
    colors: tuple[Color, ...] = ()


_GRASS = ((0.30, 0.52, 0.16), (0.42, 0.60, 0.20), (0.24, 0.44, 0.16))
_BLOSSOM = (
    (0.90, 0.25, 0.30),
    (0.96, 0.80, 0.25),
    (0.95, 0.95, 0.92),
    (0.62, 0.36, 0.80),
    (0.95, 0.55, 0.70),
)
LAND: dict[str, Land] = {
    "meadow": Land(
        near=(0.30, 0.52, 0.16), far=(0.58, 0.70, 0.34), patch=(0.50, 0.62, 0.22), rough=0.35,
        growth="grass", colors=_GRASS
    ),
    "flowers": Land(
        near=(0.26, 0.48, 0.18), far=(0.60, 0.62, 0.40), patch=(0.44, 0.58, 0.24), rough=0.3,
        growth="flowers", colors=_BLOSSOM
    ),
    "wheat": Land(
        near=(0.80, 0.60, 0.22), far=(0.94, 0.80, 0.46), patch=(0.88, 0.72, 0.32), rough=0.35, growth="wheat",
        colors=((0.93, 0.76, 0.36), (0.80, 0.58, 0.20), (0.97, 0.86, 0.52)),
    ),
    "desert": Land(near=(0.88, 0.64, 0.36), far=(0.96, 0.80, 0.54), patch=(0.80, 0.54, 0.28), rough=0.22, long=3.0),
    "beach": Land(near=(0.90, 0.78, 0.56), far=(0.94, 0.86, 0.68), patch=(0.82, 0.68, 0.46), rough=0.16, long=2.0),
    "snow": Land(near=(0.90, 0.93, 0.98), far=(0.95, 0.96, 0.98), patch=(0.78, 0.85, 0.95), rough=0.12, long=2.0),
    "forest": Land(
        near=(0.24, 0.30, 0.14), far=(0.34, 0.44, 0.24), patch=(0.36, 0.28, 0.16), rough=0.4, growth="grass",
        colors=((0.20, 0.36, 0.16), (0.30, 0.44, 0.20)),
    ),
    "autumn": Land(
        near=(0.54, 0.32, 0.14), far=(0.74, 0.54, 0.26), patch=(0.70, 0.42, 0.14), rough=0.4, growth="leaves",
        colors=((0.86, 0.32, 0.10), (0.94, 0.62, 0.14), (0.70, 0.20, 0.10), (0.90, 0.76, 0.24)),
    ),
    "mountains": Land(
        near=(0.40, 0.40, 0.34), far=(0.52, 0.54, 0.46), patch=(0.34, 0.44, 0.24), rough=0.5, growth="stones",
        colors=((0.50, 0.49, 0.47), (0.42, 0.40, 0.40), (0.58, 0.56, 0.52)),
    ),
    "city": Land(near=(0.40, 0.39, 0.40), far=(0.54, 0.53, 0.54), patch=(0.46, 0.45, 0.46), rough=0.16,
                 growth="paving"),
    "moon": Land(
        near=(0.62, 0.61, 0.60), far=(0.72, 0.71, 0.71), patch=(0.48, 0.47, 0.48), rough=0.3, growth="craters"
    ),
}  # fmt: skip


def paint_land(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """The land of the scene from the horizon to the lower edge; a beach has the sea behind it."""
    plane = Plane(canvas, scene)
    land = LAND[scene.ground]
    paint = soil(scene, land, plane, rng)
    if scene.ground == "beach":
        paint = _shore(canvas, scene, plane, paint, rng)
    plane.lay(canvas, paint)
    if scene.light == "snowfall" and scene.ground not in ("snow", "moon"):
        white = np.clip((plane.pattern(tile(4, 9, 4), rng, 5.0, 5.0) - 0.3) * 2, 0, 0.85)[:, :, None]
        canvas.picture[plane.row :] = mix(
            canvas.picture[plane.row :], light_on(scene, (0.94, 0.96, 1.0)), white
        )
    _GROW.get(land.growth, _nothing)(canvas, scene, land, plane, rng)


def soil(scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> Picture:
    """The bare ground (rows, S, 3), lit."""
    fine = plane.pattern(tile(0, 20, 4), rng, 2.4 * land.long, 2.4)
    large = plane.pattern(tile(3, 4, 3), rng, 16.0, 16.0)
    near, far, patch = (jitter(rng, color, 0.03) for color in (land.near, land.far, land.patch))
    base = mix(far, near, np.clip(plane.near * 2.2, 0, 1)[:, :, None] ** 0.8)
    base = mix(base, patch, np.clip((large - 0.5) * 2.6, 0, 0.8)[:, :, None])
    faces = 0.66 + (fine - 0.5) * 2.0 * land.rough + (large - 0.5) * 0.3
    return light_on(scene, (1, 1, 1), faces[:, :, None]) * base * (1.0 - 0.16 * plane.near[:, :, None])


def _shore(canvas: Canvas, scene: Scene, plane: Plane, sand: Picture, rng: np.random.Generator) -> Picture:
    """Sea behind the sand, with the line of foam where they meet."""
    line = plane.near + 0.06 * (plane.pattern(tile(2, 6, 3), rng, 14.0, 40.0) - 0.5)
    line = line + np.float32(rng.uniform(-0.12, 0.12)) * (
        (np.arange(canvas.size) / canvas.size)[None, :] - 0.5
    )
    edge = float(rng.uniform(0.16, 0.34))
    wet = np.clip((line - edge) * 60, 0, 1)[:, :, None].astype(np.float32)
    damp = np.clip(1.0 - (line - edge) / 0.16, 0, 1)[:, :, None] * 0.35
    shown = mix(water(canvas, scene, plane, rng), sand * (1 - damp), wet)
    foam = np.exp(-(((line - edge) / 0.016) ** 2))[:, :, None]
    return mix(shown, light_on(scene, (0.97, 0.98, 1.0), 0.8), 0.85 * foam)


def banks(canvas: Canvas, scene: Scene, plane: Plane, rng: np.random.Generator) -> None:
    """Meadow left and right of a river that winds towards the horizon."""
    x = (np.arange(canvas.size, dtype=np.float32) / canvas.size)[None, :]
    sway = 0.10 * np.sin(plane.near * float(rng.uniform(3, 7)) + float(rng.uniform(0, 6.3)))
    middle = (
        scene.x if KINDS[scene.subject].place == "water" or scene.subject == "bridge" else _beside(scene.x)
    )
    middle = middle + sway * (1.2 - plane.near)
    half = 0.05 + 0.42 * plane.near ** float(rng.uniform(0.8, 1.2))
    wavy = 0.05 * (plane.pattern(tile(5, 10, 3), rng, 4.0, 4.0) - 0.5)
    share = np.clip((np.abs(x - middle) + wavy - half) * 50, 0, 1)[:, :, None].astype(np.float32)
    grass = soil(scene, LAND["meadow"], plane, rng)
    canvas.picture[plane.row :] = mix(canvas.picture[plane.row :], grass, share)


def _beside(x: float) -> float:
    return x + 0.36 if x < 0.5 else x - 0.36


def _spots(scene: Scene, count: int, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Places on the ground, far ones first: x, y in canvas fractions and the size of an eye height there."""
    near = np.sort(rng.random(count) ** 1.35)
    ys = scene.horizon + 0.012 + near * (1.03 - scene.horizon)
    return [
        (float(x), float(y), float(y - scene.horizon)) for x, y in zip(rng.random(count), ys, strict=True)
    ]


def _blades(
    canvas: Canvas, scene: Scene, land: Land, rng: np.random.Generator, count: int, tall: float
) -> None:
    size = canvas.size
    image = (np.clip(canvas.picture, 0, 1) * 255).astype(np.uint8)
    shades = [(light_on(scene, c, f) * 255).tolist() for c in land.colors for f in (0.45, 0.95)]
    for x, y, scale in _spots(scene, count, rng):
        high = tall * scale * rng.uniform(0.5, 1.3)
        lean = high * rng.uniform(-0.45, 0.45)
        a = (int(x * size * 16), int(y * size * 16))
        b = (int((x + lean) * size * 16), int((y - high) * size * 16))
        color = shades[int(rng.integers(len(shades)))]
        cv2.line(image, a, b, color, 2 if scale > 0.3 else 1, cv2.LINE_AA, 4)
    canvas.picture[:] = image * np.float32(1 / 255)


def _grass(canvas: Canvas, scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> None:
    _blades(canvas, scene, land, rng, 260, 0.11)


def _wheat(canvas: Canvas, scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> None:
    _blades(canvas, scene, land, rng, 520, 0.17)


def _dots(
    canvas: Canvas,
    scene: Scene,
    land: Land,
    rng: np.random.Generator,
    count: int,
    wide: float,
    flatness: float,
) -> None:
    size = canvas.size
    kinds = rng.permutation(len(land.colors))[: int(rng.integers(2, 5))]
    image = (np.clip(canvas.picture, 0, 1) * 255).astype(np.uint8)
    shades = [(light_on(scene, land.colors[k], f) * 255).tolist() for k in kinds for f in (0.5, 1.0)]
    for x, y, scale in _spots(scene, count, rng):
        radius = max(0.7, wide * scale * size * rng.uniform(0.6, 1.3))
        axes = (int(radius * 16), int(radius * flatness * 16))
        center = (int(x * size * 16), int(y * size * 16))
        color = shades[int(rng.integers(len(shades)))]
        cv2.ellipse(image, center, axes, 0, 0, 360, color, -1, cv2.LINE_AA, 4)
    canvas.picture[:] = image * np.float32(1 / 255)


def _flowers(canvas: Canvas, scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> None:
    _blades(canvas, scene, LAND["meadow"], rng, 120, 0.10)
    _dots(canvas, scene, land, rng, 300, 0.026, 0.75)


def _leaves(canvas: Canvas, scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> None:
    _dots(canvas, scene, land, rng, 300, 0.022, 0.5)


def _stones(canvas: Canvas, scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> None:
    for x, y, scale in _spots(scene, 46, rng):
        r = scale * rng.uniform(0.03, 0.13)
        angles = np.linspace(0, 2 * np.pi, 8)[:-1]
        reach = r * rng.uniform(0.7, 1.2, 7)
        stone = [
            (x + a * np.cos(t), y - 0.35 * r + 0.62 * a * np.sin(t))
            for a, t in zip(reach, angles, strict=True)
        ]
        color = land.colors[int(rng.integers(len(land.colors)))]
        mask = canvas.mask(stone)
        if mask is None:
            continue
        rows = np.linspace(1.0, 0.15, mask.share.shape[0], dtype=np.float32)[:, None, None]
        canvas.put(mask, light_on(scene, color, rows), scene.eye * scene.lens / scale)


def _paving(canvas: Canvas, scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> None:
    """Slabs of stone, and in the rain the sky in the puddles."""
    u, v = plane.u * np.float32(0.9), plane.v * np.float32(0.9)
    shown = np.clip((plane.below - 0.03) * 14, 0, 1)
    row = np.floor(v)
    joint = (v % 1.0 < 0.07) | ((u + 0.5 * (row % 2)) % 1.0 < 0.05)
    canvas.picture[plane.row :] *= (1.0 - 0.3 * joint * shown)[:, :, None]
    if scene.light in ("rain", "storm"):
        rows = np.clip(2 * plane.row - np.arange(plane.row, canvas.size) - 1, 0, None)
        wet = np.clip((plane.pattern(tile(3, 8, 3), rng, 9.0, 9.0) - 0.35) * 3, 0, 0.6)[:, :, None]
        canvas.picture[plane.row :] = mix(canvas.picture[plane.row :], canvas.picture[rows], wet)


def _craters(canvas: Canvas, scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> None:
    side = 1.0 if scene.lit_from_left else -1.0
    for x, y, scale in _spots(scene, 16, rng):
        r = scale * rng.uniform(0.08, 0.3)
        for shift, color, faces in ((0.10, land.far, 1.15), (0.0, land.patch, 0.05), (0.25, land.near, 0.55)):
            size = 1.0 if faces > 0.5 else 0.92
            size = 0.66 if shift == 0.25 else size
            turns = np.linspace(0, 2 * np.pi, 22)[:-1]
            ring = [
                (x + side * shift * r * 0.6 + size * r * np.cos(t), y + size * 0.3 * r * np.sin(t))
                for t in turns
            ]
            canvas.fill(ring, light_on(scene, color, faces), None, 0.8)


def _nothing(canvas: Canvas, scene: Scene, land: Land, plane: Plane, rng: np.random.Generator) -> None:
    pass


_GROW = {
    "grass": _grass,
    "wheat": _wheat,
    "flowers": _flowers,
    "leaves": _leaves,
    "stones": _stones,
    "paving": _paving,
    "craters": _craters,
}
