"""The eight things a picture can be of. Each painter gets the canvas, the scene and where its foot stands."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from .brushes import (
    Color,
    Picture,
    ellipse_points,
    fill,
    glow,
    jitter,
    line,
    mix,
    polygon,
    polygon_mask,
    shaded,
    smooth_noise,
    tint,
)
from .ground import paint_rock
from .sky import AMBIENT
from .world import Scene

_FLOATING = ("boat", "whale", "balloon")


class _Lit:
    """Colours as the hour shows them, and the side the light comes from."""

    def __init__(self, scene: Scene, rng: np.random.Generator) -> None:
        self.scene, self.rng = scene, rng
        self.by, self.amount = AMBIENT[scene.light]

    def color(self, color: Color, keep: float = 0.0) -> Color:
        """The colour under this light; `keep` of it stays its own."""
        return tint(jitter(self.rng, color, 0.05), self.by, self.amount * (1.0 - keep))

    def round(self, size: int, x0: float, x1: float, color: Color, keep: float = 0.15) -> Picture:
        """A rounded surface between x0 and x1."""
        base = np.asarray(self.color(color, keep))
        left = self.scene.lit_from_left
        return shaded(size, x0, x1, tuple(np.clip(base * 1.15 + 0.03, 0, 1)), tuple(base * 0.55), left)

    def window(self) -> Color:
        """Windows shine when it is dark."""
        return (1.0, 0.82, 0.42) if self.scene.light != "day" else (0.20, 0.22, 0.30)


def paint_subject(canvas: Picture, scene: Scene, rng: np.random.Generator) -> None:
    """The scene's subject, with a rock under it where it would drown and a shadow where it stands."""
    lit = _Lit(scene, rng)
    foot = scene.horizon + float(rng.uniform(0.03, 0.12))
    if scene.subject not in _FLOATING:
        if scene.ground == "sea":
            width = {"castle": 0.26, "cottage": 0.2, "lighthouse": 0.13}.get(scene.subject, 0.15)
            paint_rock(canvas, scene, foot, width * (0.6 + scene.scale), rng)
        else:
            foot += 0.04
            _shadow(canvas, scene, foot)
    _PAINTERS[scene.subject](canvas, scene, foot, lit)


def _shadow(canvas: Picture, scene: Scene, foot: float) -> None:
    if scene.light in ("storm", "night"):
        return
    side = 1.0 if scene.lit_from_left else -1.0
    w = scene.scale * 0.4
    mask = polygon_mask(canvas.shape[0], ellipse_points(scene.x + side * w * 0.6, foot + 0.005, w, 0.022))
    fill(canvas, mask * 0.4, (0.08, 0.08, 0.16))


def _lighthouse(canvas: Picture, scene: Scene, foot: float, lit: _Lit) -> None:
    size, x, h = canvas.shape[0], scene.x, scene.scale
    w = h * 0.13
    top = foot - h * 0.78
    tower = [(x - w, foot), (x - w * 0.62, top), (x + w * 0.62, top), (x + w, foot)]
    mask = polygon(canvas, tower, lit.round(size, x - w, x + w, (0.96, 0.95, 0.92)))
    stripe = (0.85, 0.16, 0.14) if lit.rng.random() < 0.75 else (0.15, 0.25, 0.55)
    red = lit.round(size, x - w, x + w, stripe, 0.35)
    bands = int(lit.rng.integers(2, 4))
    step = (foot - top) / (2 * bands + 1)
    for band in range(bands):
        y = top + step * (2 * band + 1)
        fill(canvas, mask * polygon_mask(size, [(0, y), (1, y), (1, y + step), (0, y + step)]), red)
    gallery = h * 0.03
    dark = lit.color((0.18, 0.18, 0.22))
    polygon(
        canvas,
        [(x - w * 0.9, top), (x + w * 0.9, top), (x + w * 0.9, top - gallery), (x - w * 0.9, top - gallery)],
        dark,
    )
    lamp_top = top - gallery - h * 0.1
    glass = (1.0, 0.93, 0.6) if scene.light != "day" else (0.75, 0.85, 0.9)
    polygon(
        canvas,
        [
            (x - w * 0.5, top - gallery),
            (x + w * 0.5, top - gallery),
            (x + w * 0.5, lamp_top),
            (x - w * 0.5, lamp_top),
        ],
        glass,
    )
    polygon(
        canvas,
        [(x - w * 0.75, lamp_top), (x + w * 0.75, lamp_top), (x, lamp_top - h * 0.08)],
        lit.round(size, x - w, x + w, stripe, 0.35),
    )
    if scene.light in ("night", "storm", "sunset"):
        y = (top - gallery + lamp_top) / 2
        glow(canvas, x, y, 0.05, (1.0, 0.85, 0.5), 0.7)
        side = -1.0 if lit.rng.random() < 0.5 else 1.0
        beam = polygon_mask(size, [(x, y), (x + side * 0.9, y - 0.1), (x + side * 0.9, y + 0.05)])
        reach = np.clip(1.0 - np.abs(np.arange(size, dtype=np.float32) / size - x) / 0.6, 0, 1)[None, :, None]
        fill(canvas, beam * reach * 0.5, (1.0, 0.93, 0.66))


def _boat(canvas: Picture, scene: Scene, foot: float, lit: _Lit) -> None:
    size, x, h = canvas.shape[0], scene.x, scene.scale
    side = 1.0 if lit.rng.random() < 0.5 else -1.0
    foot += 0.03
    half = h * 0.4
    deck = foot - h * 0.13
    hull_color = [(0.48, 0.24, 0.13), (0.62, 0.15, 0.13), (0.15, 0.22, 0.42)][int(lit.rng.integers(3))]
    mast_top = foot - h
    line(canvas, [(x, deck), (x, mast_top)], lit.color((0.30, 0.20, 0.12)), max(0.008, h * 0.02))
    sail_color = [(0.97, 0.95, 0.88), (0.92, 0.35, 0.22), (0.96, 0.86, 0.62)][int(lit.rng.integers(3))]
    sail = lit.round(size, x - half, x + half, sail_color, 0.35)
    boom = deck - h * 0.06
    main = [
        (x + side * 0.012, mast_top + h * 0.04),
        (x + side * half * 0.55, (mast_top + boom) / 2),
        (x + side * half * 0.85, boom),
        (x + side * 0.012, boom),
    ]
    polygon(canvas, main, sail)
    polygon(
        canvas,
        [(x - side * 0.012, mast_top + h * 0.12), (x - side * half * 0.8, boom), (x - side * 0.012, boom)],
        sail * 0.93,
    )
    hull = [(x - half, deck), (x + half, deck), (x + half * 0.72, foot), (x - half * 0.66, foot)]
    polygon(canvas, hull, lit.round(size, x - half, x + half, hull_color))
    polygon(
        canvas,
        [
            (x - half, deck),
            (x + half, deck),
            (x + half * 0.97, deck + h * 0.025),
            (x - half * 0.97, deck + h * 0.025),
        ],
        lit.color((0.9, 0.85, 0.75)),
    )
    wake = polygon_mask(size, ellipse_points(x, foot, half * 0.95, 0.012))
    fill(canvas, wake * 0.7, lit.color((0.92, 0.96, 1.0), 0.3))


def _castle(canvas: Picture, scene: Scene, foot: float, lit: _Lit) -> None:
    size, x, h = canvas.shape[0], scene.x, scene.scale * 0.95
    stone: Color = [(0.66, 0.62, 0.56), (0.55, 0.54, 0.58), (0.72, 0.60, 0.48)][int(lit.rng.integers(3))]
    roof_color: Color = [(0.55, 0.16, 0.16), (0.18, 0.26, 0.48), (0.36, 0.20, 0.36)][int(lit.rng.integers(3))]
    half = h * 0.42
    texture = smooth_noise(lit.rng, size, 24)[:, :, None] * 0.2 + 0.9

    def block(x0: float, x1: float, top: float, pointed: bool) -> None:
        polygon(
            canvas, [(x0, foot), (x0, top), (x1, top), (x1, foot)], lit.round(size, x0, x1, stone) * texture
        )
        w = x1 - x0
        if pointed:
            roof = [(x0 - w * 0.15, top), ((x0 + x1) / 2, top - w * 1.25), (x1 + w * 0.15, top)]
            polygon(canvas, roof, lit.round(size, x0, x1, roof_color, 0.3))
            return
        teeth = max(3, round(w / (h * 0.06)) | 1)
        for tooth in range(0, teeth, 2):
            a, b = x0 + w * tooth / teeth, x0 + w * (tooth + 1) / teeth
            polygon(
                canvas,
                [(a, top + 0.002), (a, top - h * 0.04), (b, top - h * 0.04), (b, top + 0.002)],
                lit.color(stone),
            )

    block(x - half * 0.75, x + half * 0.75, foot - h * 0.38, False)
    tall = float(lit.rng.uniform(-0.25, 0.25)) * half
    block(x + tall - h * 0.085, x + tall + h * 0.085, foot - h * 0.76, True)
    block(x - half, x - half + h * 0.19, foot - h * 0.54, True)
    block(x + half - h * 0.19, x + half, foot - h * 0.5, True)
    gate = polygon_mask(
        size,
        ellipse_points(x, foot - h * 0.11, h * 0.07, h * 0.1, 180, 360),
        [
            (x - h * 0.07, foot),
            (x - h * 0.07, foot - h * 0.11),
            (x + h * 0.07, foot - h * 0.11),
            (x + h * 0.07, foot),
        ],
    )
    fill(canvas, gate, lit.color((0.14, 0.10, 0.10)))
    for wx, wy in ((tall, 0.6), (-half + h * 0.095, 0.4), (half - h * 0.095, 0.37)):
        w = h * 0.02
        polygon(
            canvas,
            [
                (x + wx - w, foot - h * wy),
                (x + wx + w, foot - h * wy),
                (x + wx + w, foot - h * (wy + 0.07)),
                (x + wx - w, foot - h * (wy + 0.07)),
            ],
            lit.window(),
        )


def _tree(canvas: Picture, scene: Scene, foot: float, lit: _Lit) -> None:
    size, x, h = canvas.shape[0], scene.x, scene.scale
    bark = lit.round(size, x - h * 0.06, x + h * 0.06, (0.40, 0.27, 0.17))
    lean = float(lit.rng.uniform(-0.05, 0.05))
    fork = foot - h * 0.5
    polygon(
        canvas,
        [
            (x - h * 0.065, foot),
            (x + lean - h * 0.03, fork),
            (x + lean + h * 0.03, fork),
            (x + h * 0.065, foot),
        ],
        bark,
    )
    leaf: Color = [(0.20, 0.46, 0.16), (0.32, 0.52, 0.18), (0.80, 0.44, 0.12)][
        int(lit.rng.choice(3, p=[0.45, 0.35, 0.2]))
    ]
    cx, cy, r = x + lean, foot - h * 0.66, h * 0.26
    blobs = [(cx, cy, r)]
    for angle in np.linspace(0, 6.283, 8)[:-1] + lit.rng.uniform(0, 0.8):
        blobs.append(
            (
                cx + r * 0.75 * float(np.cos(angle)),
                cy + r * 0.6 * float(np.sin(angle)),
                r * float(lit.rng.uniform(0.42, 0.62)),
            )
        )
    side = -1.0 if scene.lit_from_left else 1.0
    for shade, dx, dy, grow in ((0.55, 0.0, 0.0, 1.0), (0.85, 0.08, -0.08, 0.84), (1.2, 0.2, -0.2, 0.5)):
        base = np.clip(np.asarray(lit.color(leaf, 0.1)) * shade, 0, 1)
        shapes = [
            ellipse_points(bx + side * dx * br, by + dy * br, br * grow, br * grow * 0.88)
            for bx, by, br in blobs
        ]
        mask = polygon_mask(size, *shapes[:1])
        for shape in shapes[1:]:
            mask = np.maximum(mask, polygon_mask(size, shape))
        fill(canvas, mask, base.astype(np.float32))


def _windmill(canvas: Picture, scene: Scene, foot: float, lit: _Lit) -> None:
    size, x, h = canvas.shape[0], scene.x, scene.scale
    w = h * 0.17
    top = foot - h * 0.62
    body: Color = [(0.88, 0.84, 0.74), (0.55, 0.36, 0.22), (0.62, 0.30, 0.24)][int(lit.rng.integers(3))]
    polygon(
        canvas,
        [(x - w, foot), (x - w * 0.6, top), (x + w * 0.6, top), (x + w, foot)],
        lit.round(size, x - w, x + w, body),
    )
    cap = ellipse_points(x, top, w * 0.68, h * 0.12, 180, 360)
    polygon(canvas, cap, lit.round(size, x - w, x + w, (0.40, 0.20, 0.14), 0.2))
    door = h * 0.04
    polygon(
        canvas,
        [(x - door, foot), (x - door, foot - h * 0.13), (x + door, foot - h * 0.13), (x + door, foot)],
        lit.color((0.2, 0.13, 0.1)),
    )
    polygon(
        canvas,
        [
            (x - door * 0.6, foot - h * 0.32),
            (x + door * 0.6, foot - h * 0.32),
            (x + door * 0.6, foot - h * 0.4),
            (x - door * 0.6, foot - h * 0.4),
        ],
        lit.window(),
    )
    turn = float(lit.rng.uniform(0, np.pi / 2))
    hub = (x, top - h * 0.03)
    length, wide = h * 0.42, h * 0.085
    cloth = lit.color((0.95, 0.92, 0.84), 0.25)
    wood = lit.color((0.25, 0.17, 0.12))
    for arm in range(4):
        a = turn + arm * np.pi / 2
        along, across = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
        start, end = np.asarray(hub) + along * length * 0.18, np.asarray(hub) + along * length
        sail = [tuple(start), tuple(end), tuple(end + across * wide), tuple(start + across * wide)]
        polygon(canvas, sail, cloth)
        line(canvas, [hub, tuple(end)], wood, max(0.008, h * 0.022))


def _balloon(canvas: Picture, scene: Scene, foot: float, lit: _Lit) -> None:
    size, x, h = canvas.shape[0], scene.x, scene.scale * 0.85
    cy = max(0.05 + h * 0.36, scene.horizon - h * 0.62 - float(lit.rng.uniform(0.0, 0.12)))
    r = h * 0.36
    palette: list[tuple[Color, Color]] = [
        ((0.90, 0.20, 0.16), (0.98, 0.84, 0.30)),
        ((0.16, 0.36, 0.72), (0.96, 0.94, 0.88)),
        ((0.95, 0.55, 0.12), (0.55, 0.18, 0.50)),
        ((0.12, 0.56, 0.46), (0.98, 0.90, 0.60)),
    ]
    first, second = palette[int(lit.rng.integers(4))]
    envelope = [
        *ellipse_points(x, cy, r, r, 180, 360),
        (x + r * 0.86, cy + r * 0.5),
        (x + r * 0.22, cy + r * 1.25),
        (x - r * 0.22, cy + r * 1.25),
        (x - r * 0.86, cy + r * 0.5),
    ]
    mask = polygon(canvas, envelope, lit.round(size, x - r, x + r, first, 0.35))
    for k in (-0.62, 0.0, 0.62):
        a, b = (k - 0.17) * r, (k + 0.17) * r
        stripe = [
            (x + a * 0.35, cy - r),
            (x + a * 1.25, cy),
            (x + a * 0.3, cy + r * 1.3),
            (x + b * 0.3, cy + r * 1.3),
            (x + b * 1.25, cy),
            (x + b * 0.35, cy - r),
        ]
        fill(canvas, mask * polygon_mask(size, stripe), lit.round(size, x - r, x + r, second, 0.35))
    basket = cy + r * 1.62
    rope = lit.color((0.2, 0.15, 0.1))
    for s in (-1, 1):
        line(canvas, [(x + s * r * 0.2, cy + r * 1.25), (x + s * r * 0.15, basket)], rope, 0.006)
    polygon(
        canvas,
        [
            (x - r * 0.19, basket),
            (x + r * 0.19, basket),
            (x + r * 0.15, basket + r * 0.26),
            (x - r * 0.15, basket + r * 0.26),
        ],
        lit.color((0.50, 0.32, 0.16)),
    )
    if scene.light == "night":
        glow(canvas, x, cy + r * 0.9, r * 0.5, (1.0, 0.6, 0.25), 0.5)


def _cottage(canvas: Picture, scene: Scene, foot: float, lit: _Lit) -> None:
    size, x, h = canvas.shape[0], scene.x, scene.scale * 0.8
    half, wall = h * 0.46, foot - h * 0.42
    walls: Color = [(0.94, 0.90, 0.80), (0.86, 0.62, 0.46), (0.70, 0.76, 0.80)][int(lit.rng.integers(3))]
    roof: Color = [(0.62, 0.22, 0.16), (0.38, 0.26, 0.20), (0.30, 0.34, 0.42)][int(lit.rng.integers(3))]
    if scene.ground == "snow" and lit.rng.random() < 0.6:
        roof = (0.93, 0.95, 0.99)
    cx = x + half * 0.5
    polygon(
        canvas,
        [
            (cx - h * 0.06, wall - h * 0.1),
            (cx - h * 0.06, wall - h * 0.46),
            (cx + h * 0.06, wall - h * 0.46),
            (cx + h * 0.06, wall - h * 0.1),
        ],
        lit.color((0.5, 0.32, 0.28)),
    )
    polygon(
        canvas,
        [(x - half, foot), (x - half, wall), (x + half, wall), (x + half, foot)],
        lit.round(size, x - half, x + half, walls),
    )
    polygon(
        canvas,
        [
            (x - half * 1.18, wall + h * 0.02),
            (x - half * 0.7, wall - h * 0.36),
            (x + half * 0.7, wall - h * 0.36),
            (x + half * 1.18, wall + h * 0.02),
        ],
        lit.round(size, x - half, x + half, roof, 0.3),
    )
    d = h * 0.075
    polygon(
        canvas,
        [(x - d, foot), (x - d, foot - h * 0.27), (x + d, foot - h * 0.27), (x + d, foot)],
        lit.color((0.35, 0.18, 0.12)),
    )
    for s in (-1, 1):
        wx, wy = x + s * half * 0.62, foot - h * 0.24
        polygon(
            canvas,
            [(wx - d, wy + d * 0.9), (wx - d, wy - d * 0.9), (wx + d, wy - d * 0.9), (wx + d, wy + d * 0.9)],
            lit.window(),
        )
    if lit.rng.random() < 0.6:
        smoke = lit.color((0.82, 0.82, 0.86), 0.2)
        for k in range(4):
            mask = polygon_mask(
                size,
                ellipse_points(
                    cx + 0.02 * k * k * 0.6, wall - h * (0.52 + 0.1 * k), h * (0.045 + 0.018 * k), h * 0.045
                ),
            )
            fill(canvas, mask * (0.6 - 0.12 * k), smoke)


def _whale(canvas: Picture, scene: Scene, foot: float, lit: _Lit) -> None:
    size, x, h = canvas.shape[0], scene.x, scene.scale
    side = 1.0 if lit.rng.random() < 0.5 else -1.0
    foot += 0.05
    long, tall = h * 0.62, h * 0.34
    skin: Color = [(0.26, 0.40, 0.62), (0.40, 0.44, 0.54), (0.30, 0.54, 0.72)][int(lit.rng.integers(3))]
    water = polygon_mask(size, [(0, 0), (1, 0), (1, foot), (0, foot)])
    back = [
        (x + side * dx * long, foot - dy * tall)
        for dx, dy in (
            (-0.62, -0.2),
            (-0.6, 0.45),
            (-0.42, 0.86),
            (-0.1, 1.0),
            (0.24, 0.82),
            (0.5, 0.4),
            (0.68, 0.12),
            (0.72, -0.2),
        )
    ]
    smooth = _rounded(back)
    base = np.asarray(lit.color(skin, 0.35), np.float32)
    ramp = np.clip((np.arange(size, dtype=np.float32)[:, None, None] / size - (foot - tall)) / tall, 0, 1)
    fill(canvas, polygon_mask(size, smooth) * water, mix(np.clip(base * 1.5 + 0.04, 0, 1), base * 0.6, ramp))
    belly = [
        (x + side * dx * long, foot - dy * tall)
        for dx, dy in ((-0.62, -0.2), (-0.6, 0.28), (-0.3, 0.22), (-0.05, -0.2))
    ]
    fill(canvas, polygon_mask(size, belly) * water, lit.color((0.80, 0.84, 0.86), 0.2))
    ex, ey = x - side * long * 0.4, foot - tall * 0.45
    polygon(canvas, ellipse_points(ex, ey, h * 0.018, h * 0.018), (0.05, 0.05, 0.08))
    tx, ty = x + side * long * 0.98, foot - tall * 0.75
    tail = [
        (tx - side * long * 0.1, foot + 0.01),
        (tx - side * long * 0.05, ty + tall * 0.25),
        (tx - side * long * 0.26, ty - tall * 0.2),
        (tx, ty + tall * 0.02),
        (tx + side * long * 0.24, ty - tall * 0.25),
        (tx + side * long * 0.06, ty + tall * 0.25),
        (tx + side * long * 0.05, foot + 0.01),
    ]
    fill(canvas, polygon_mask(size, tail) * water, base)
    if lit.rng.random() < 0.8:
        sx, sy = x - side * long * 0.15, foot - tall
        spray = lit.color((0.90, 0.95, 1.0), 0.35)
        for s in (-1, 0, 1):
            line(
                canvas,
                [
                    (sx, sy),
                    (sx + s * h * 0.05, sy - h * 0.2),
                    (sx + s * h * 0.14, sy - h * (0.2 if s else 0.3)),
                ],
                spray,
                max(0.01, h * 0.025),
            )
    foam = polygon_mask(
        size, ellipse_points(x, foot, long * 0.8, 0.012), ellipse_points(tx, foot, long * 0.16, 0.01)
    )
    fill(canvas, foam * 0.75, lit.color((0.92, 0.96, 1.0), 0.3))


def _rounded(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Chaikin's corner cutting, three times: a smooth outline from a few corners (open ends kept)."""
    for _ in range(3):
        cut = [points[0]]
        for (ax, ay), (bx, by) in pairwise(points):
            cut += [
                (0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by),
                (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by),
            ]
        points = [*cut, points[-1]]
    return points


_PAINTERS: dict[str, Callable[[Picture, Scene, float, _Lit], None]] = {
    "lighthouse": _lighthouse,
    "boat": _boat,
    "castle": _castle,
    "tree": _tree,
    "windmill": _windmill,
    "balloon": _balloon,
    "cottage": _cottage,
    "whale": _whale,
}
