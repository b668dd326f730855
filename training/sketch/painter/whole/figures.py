"""The subjects of a scene on its ground: islets under what would drown, shadows, mirror images; far ones first."""

from dataclasses import dataclass

import numpy as np

from ..scene import Scene
from .canvas import Canvas
from .grounds.water import reflect
from .hours import HOURS
from .pen import Pen, oval
from .subjects import KINDS

WATERS = ("sea", "lake")


@dataclass(frozen=True, kw_only=True)
class _Place:
    subject: str
    x: float
    foot: float
    tall: float
    distance: float
    seed: int


def paint_figures(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    """Every subject of the scene, far ones first."""
    places = []
    seed = int(rng.integers(2**31))
    if scene.subject_shown:
        places.append(
            _Place(
                subject=scene.subject,
                x=scene.x,
                foot=scene.foot,
                tall=scene.scale,
                distance=scene.distance,
                seed=seed,
            )
        )
    for other in scene.others:
        foot = scene.horizon + (scene.eye - other.lift) * scene.lens / other.distance
        tall = scene.lens * other.height / other.distance
        places.append(
            _Place(
                subject=other.subject,
                x=other.x,
                foot=foot,
                tall=tall,
                distance=other.distance,
                seed=other.seed,
            )
        )
    for place in sorted(places, key=lambda place: -place.distance):
        _paint(canvas, scene, place)


def _paint(canvas: Canvas, scene: Scene, place: _Place) -> None:
    kind, rng = KINDS[place.subject], np.random.default_rng([place.seed, 41])
    pen = Pen(
        canvas,
        HOURS[scene.light],
        rng,
        x=place.x,
        foot=place.foot,
        tall=place.tall,
        distance=place.distance,
        mirrored=bool(rng.random() < 0.5),
        lit_from_left=scene.lit_from_left,
        ground=scene.ground,
    )
    wet = scene.ground in WATERS or kind.place == "water"
    before = canvas.depth.copy() if wet and kind.place != "air" else None
    foot = place.foot
    if kind.place == "land":
        if scene.ground in WATERS:
            foot += _islet(pen, kind.wide) * place.tall
        else:
            _shadow(pen, kind.wide)
    kind.paint(pen)
    if before is not None:
        reflect(canvas, scene, before, foot, rng)


def _islet(pen: Pen, wide: float) -> float:
    """A rock that carries a subject at sea; returns how far below its foot the water is, in its heights."""
    wide = max(wide, 0.2)
    deep = min(0.14, 0.28 * wide)
    stone = pen.pick((0.44, 0.38, 0.33), (0.40, 0.40, 0.40), (0.36, 0.40, 0.28))
    xs = np.linspace(-1.0, 1.0, 15)
    crown = np.where(np.abs(xs) < 0.7, 0.0, -(np.abs(xs) - 0.7) / 0.3) * deep * 0.9
    crown += pen.rng.uniform(-0.12, 0.06, 15) * deep
    rim = [(float(x) * wide * 1.45, float(y) - 0.004) for x, y in zip(xs, crown, strict=True)]
    water = [(float(x) * wide * 1.5, -deep + 0.1 * deep * float(np.sin(9 * x))) for x in xs[::-1]]
    pen.shape([*rim, *water], stone)
    top = [(x, y) for x, y in rim if abs(x) < wide * 1.1]
    if pen.hour.fall == "snow":
        green = (0.92, 0.94, 0.98)
    else:
        green = pen.pick((0.40, 0.50, 0.24), (0.52, 0.50, 0.38))
    pen.shape([*top, *[(x, y - 0.22 * deep) for x, y in top[::-1]]], green)
    foam = oval(0.0, -deep, wide * 1.65, deep * 0.10)
    pen.shape(foam, (0.95, 0.97, 1.0), opacity=0.75, solid=False, turn=0.3)
    return deep


def _shadow(pen: Pen, wide: float) -> None:
    """A soft shadow on the ground, away from the sun."""
    if pen.hour.shadows <= 0.0:
        strong, reach = 0.22, 0.0
    else:
        strong, reach = 0.25 + pen.hour.shadows, 0.35 + pen.hour.shadows
    away = (1.0 if pen.lit_from_left else -1.0) * pen.side
    flat = 0.045 * max(wide, 0.25) / 0.4
    for size in (1.2, 1.05, 0.9, 0.75):
        mask = pen.canvas.mask(
            pen.place(oval(away * reach * wide, 0.0, wide * size * (0.9 + reach), flat * size))
        )
        if mask is not None:
            cool = pen.canvas.picture[mask.box.slices] * np.asarray((0.35, 0.4, 0.55), np.float32)
            pen.canvas.put(mask, cool, None, strong * 0.42)
