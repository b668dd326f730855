"""One picture before it is painted: what is in it and where, as plain values that go to disk and come back."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A thing beside the main subject. x: its middle, a canvas fraction; distance: metres from the camera;
    height: its own, in metres; lift: of its foot above the ground, in metres; seed: of its details."""

    subject: str
    x: float
    distance: float
    height: float
    seed: int
    lift: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The nouns, and where the main one stands.

    x: middle of the subject, horizon: the horizon's row, scale: height of the subject; fractions of the canvas.
    The fields with defaults are those of the whole world; scenes of the first world leave them alone.
    count: how many of the main subject there are (the first is the main one, the others are among `others`);
    height: the main subject's, in metres; eye: the camera's height in metres; lens: the focal length in
    picture widths (0.7 is wide, 2 is long); lift: of the main subject's foot above the ground, in metres;
    scheme: a colour scheme or "".
    """

    subject: str
    ground: str
    light: str
    style: str
    extras: tuple[str, ...]
    x: float
    horizon: float
    scale: float
    lit_from_left: bool
    subject_shown: bool
    world: str = "first"
    count: int = 1
    others: tuple[Figure, ...] = ()
    height: float = 1.0
    eye: float = 1.0
    lens: float = 1.0
    lift: float = 0.0
    scheme: str = ""

    @property
    def distance(self) -> float:
        """Metres from the camera to the main subject: a thing `height` tall shows `scale` tall at this distance."""
        return self.lens * self.height / self.scale

    @property
    def foot(self) -> float:
        """The row (canvas fraction, down) of the main subject's foot."""
        return self.horizon + (self.eye - self.lift) * self.lens / self.distance


def load_scene(values: Mapping[str, Any]) -> Scene:
    """A scene from what `dataclasses.asdict` made of it; sets painted before a field existed get its default."""
    known = {field.name for field in fields(Scene)}
    if unknown := set(values) - known:
        raise ValueError(f"a scene has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
    others = tuple(Figure(**figure) for figure in values.get("others", ()))
    return Scene(**{**values, "extras": tuple(values["extras"]), "others": others})


def subject_box(scene: Scene) -> tuple[float, float, float, float]:
    """Where the main subject stands: left, top, right, bottom in canvas fractions, generously."""
    if scene.world == "first":
        if scene.subject == "balloon":  # it floats
            half, top = 0.33 * scene.scale, scene.horizon - 0.13 - 0.85 * scene.scale
            return scene.x - half, top, scene.x + half, scene.horizon + 0.02
        bottom = scene.horizon + 0.13
        return scene.x - 0.45 * scene.scale, bottom - 0.1 - scene.scale, scene.x + 0.45 * scene.scale, bottom
    half = 0.55 * scene.scale
    return scene.x - half, scene.foot - 1.1 * scene.scale, scene.x + half, scene.foot + 0.05
