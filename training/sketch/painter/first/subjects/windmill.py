"""A windmill: tapered body, cap and four sails."""

import numpy as np

from ...brushes import Color, Picture, ellipse_points, line, polygon
from ...scene import Scene
from .lit import Lit


def windmill(canvas: Picture, scene: Scene, foot: float, lit: Lit) -> None:
    """A windmill: tapered body, cap and four sails."""
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
