"""Where the subject stands: on the ground with a shadow, on a rock at sea, on the water, in the air."""

from collections.abc import Callable

import numpy as np

from ...brushes import Picture, ellipse_points, fill, polygon_mask
from ...scene import Scene
from ..ground import paint_rock
from .balloon import balloon
from .boat import boat
from .castle import castle
from .cottage import cottage
from .lighthouse import lighthouse
from .lit import Lit
from .tree import tree
from .whale import whale
from .windmill import windmill

_FLOATING = ("boat", "whale", "balloon")
_PAINTERS: dict[str, Callable[[Picture, Scene, float, Lit], None]] = {
    "lighthouse": lighthouse,
    "boat": boat,
    "castle": castle,
    "tree": tree,
    "windmill": windmill,
    "balloon": balloon,
    "cottage": cottage,
    "whale": whale,
}


def paint_subject(canvas: Picture, scene: Scene, rng: np.random.Generator) -> None:
    """The scene's subject, with a rock under it where it would drown and a shadow where it stands."""
    lit = Lit(scene, rng)
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
