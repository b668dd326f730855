"""A castle: a wall with battlements and three pointed towers."""

from ...brushes import Color, Picture, ellipse_points, fill, polygon, polygon_mask, smooth_noise
from ...scene import Scene
from .lit import Lit


def castle(canvas: Picture, scene: Scene, foot: float, lit: Lit) -> None:
    """A castle: a wall with battlements and three pointed towers."""
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
