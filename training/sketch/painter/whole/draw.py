"""A scene of the whole world by lot: what, where, how far, seen by which camera, in which light."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Protocol

import numpy as np

from ..scene import Figure, Scene
from .hours import HOURS
from .schemes import SCHEMES
from .styles import STYLES
from .subjects import KINDS

GROUNDS = (
    "sea", "lake", "river", "beach", "meadow", "flowers", "wheat", "desert", "snow", "forest", "autumn", "mountains",
    "city", "moon",
)  # fmt: skip
_ON_THE_MOON = ("astronaut", "rocket", "robot", "cat", "car", "tent", "castle", "lamp")
_MOONLIT = ("night", "sunset", "dawn", "aurora")
_SINGLE = ("castle", "pyramid", "temple", "bridge", "lighthouse", "train", "rocket", "tower", "church")


class Nouns(Protocol):
    """What may come up: a vocabulary, or a part of one."""

    @property
    def subjects(self) -> Collection[str]: ...
    @property
    def grounds(self) -> Collection[str]: ...
    @property
    def lights(self) -> Collection[str]: ...
    @property
    def styles(self) -> Collection[str]: ...
    @property
    def schemes(self) -> Collection[str]: ...


def _known(names: Iterable[str], nouns: Collection[str]) -> tuple[str, ...]:
    """Those of `names` that may come up, in their own order."""
    return tuple(name for name in names if name in nouns)


def _pick(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]


def draw_scene(rng: np.random.Generator, world: str, nouns: Nouns) -> Scene:
    """A scene of the world of that name: every subject comes up equally often; its ground is one where it can be."""
    subject = _pick(rng, _known(KINDS, nouns.subjects))
    kind = KINDS[subject]
    ground = _ground(rng, subject, nouns)
    light = _pick(rng, _known(_MOONLIT if ground == "moon" else HOURS, nouns.lights))
    extras = _extras(rng, ground, light)
    high = float(rng.uniform(*kind.height))
    horizon = float(rng.uniform(0.45, 0.76))
    lens = float(np.exp(rng.uniform(np.log(0.7), np.log(2.2))))
    scale, below = _stance(rng, subject, ground, horizon)
    distance = lens * high / scale
    lift, eye = 0.0, below * distance / lens
    if kind.place == "air":
        eye = max(1.6, high * float(rng.uniform(0.3, 1.5)))
        lift = eye + (horizon - below) * distance / lens
    scene = Scene(
        world=world,
        subject=subject,
        ground=ground,
        light=light,
        style=_pick(rng, _known(STYLES, nouns.styles)),
        extras=extras,
        x=_across(rng, scale * kind.wide),
        horizon=horizon,
        scale=scale,
        lit_from_left=bool(rng.random() < 0.5),
        subject_shown=bool(rng.random() > 0.05),
        height=high,
        eye=eye,
        lens=lens,
        lift=lift,
        scheme=_pick(rng, _known(SCHEMES, nouns.schemes)) if rng.random() < 0.15 else "",
    )
    return _with_others(scene, rng, nouns)


def _ground(rng: np.random.Generator, subject: str, nouns: Nouns) -> str:
    if KINDS[subject].place == "water":
        deep = subject in ("whale", "dolphin", "ship")
        waters = ("sea", "sea", "lake") if deep else ("sea", "lake", "river")
        return _pick(rng, _known(waters, nouns.grounds))
    if subject == "bridge":
        return _pick(rng, _known(("river", "lake", "river", "sea"), nouns.grounds))
    while True:
        ground = _pick(rng, _known(GROUNDS, nouns.grounds))
        if ground != "moon" or subject in _ON_THE_MOON:
            return ground


def _extras(rng: np.random.Generator, ground: str, light: str) -> tuple[str, ...]:
    """Birds, clouds and mountains where they can be seen; on the moon, a planet."""
    if ground == "moon":
        return ("planet",) if rng.random() < 0.7 else ()
    shares = {"birds": 0.15, "clouds": 0.2, "mountains": 0.18}
    hidden = {"fog": ("clouds", "mountains"), "aurora": ("clouds", "birds"), "night": ("birds",)}.get(
        light, ()
    )
    found = [name for name, share in shares.items() if rng.random() < share and name not in hidden]
    return tuple(name for name in found if name != "mountains" or ground not in ("lake", "mountains"))


def _stance(rng: np.random.Generator, subject: str, ground: str, horizon: float) -> tuple[float, float]:
    """The subject's height and how far its foot is below the horizon (for flyers: its foot's row), canvas fractions."""
    kind = KINDS[subject]
    scale = min(float(rng.uniform(0.28, 0.74)), 0.46 / kind.wide)
    if kind.place == "air":
        scale = min(scale, 0.62)
        return scale, float(rng.uniform(scale + 0.03, max(scale + 0.04, min(horizon + 0.05, 0.9))))
    share = float(rng.choice((0.12, 0.3, 0.55)))  # from a frog's, a person's, a bird's view
    below = scale * share * float(rng.uniform(0.7, 1.3))
    low = 0.4 * (1.0 - horizon) if ground == "beach" else 0.03
    below = float(np.clip(below, low, 0.93 - horizon))
    return min(scale, horizon + below - 0.03), below


def _across(rng: np.random.Generator, half: float) -> float:
    """Where from left to right: a third, the middle, or anywhere it is still seen whole."""
    room = max(0.0, 0.48 - half)
    at = float(rng.choice((-0.17, 0.0, 0.17))) + float(rng.normal(0, 0.05))
    return 0.5 + float(np.clip(at, -room, room))


def _with_others(scene: Scene, rng: np.random.Generator, nouns: Nouns) -> Scene:
    """More of the main subject, or other subjects, near or far, left or right."""
    others: list[Figure] = []
    count = 1
    if scene.subject not in _SINGLE and scene.subject_shown and rng.random() < 0.2:
        wanted = int(rng.integers(1, 5))
        for _ in range(wanted):
            share = scene.scale * float(np.exp(rng.uniform(np.log(0.35), np.log(1.1))))
            if figure := _find(scene, scene.subject, share, others, rng):
                others.append(figure)
        count += len(others)
    names = _known(_ON_THE_MOON if scene.ground == "moon" else KINDS, nouns.subjects)
    for _ in range(int(rng.choice((0, 0, 1, 1, 2)))):
        name = _pick(rng, names)
        known = {scene.subject, *(other.subject for other in others)}
        if name in known or (KINDS[name].place == "water" and scene.ground not in ("sea", "lake")):
            continue
        share = float(np.exp(rng.uniform(np.log(0.07), np.log(0.42))))
        if figure := _find(scene, name, share, others, rng):
            others.append(figure)
    return replace(scene, others=tuple(others), count=count)


def _find(
    scene: Scene, name: str, tall: float, others: list[Figure], rng: np.random.Generator
) -> Figure | None:
    """A place for one more subject `tall` high (canvas fraction) that hides no other; None if there is none."""
    kind = KINDS[name]
    half = tall * kind.wide
    high = (
        scene.height * float(rng.uniform(0.85, 1.15))
        if name == scene.subject
        else float(rng.uniform(*kind.height))
    )
    distance = scene.lens * high / tall
    below = scene.eye * scene.lens / distance
    if kind.place != "air" and (scene.horizon + below > 0.97 or half > 0.4):
        return None
    if scene.ground == "beach" and kind.place == "land" and below < 0.4 * (1.0 - scene.horizon):
        return None
    taken = [(scene.x, scene.scale * KINDS[scene.subject].wide)]
    taken += [(o.x, scene.lens * o.height / o.distance * KINDS[o.subject].wide) for o in others]
    for _ in range(8):
        x = float(rng.uniform(0.06, 0.94))
        if all(abs(x - at) > 0.8 * (half + wide) for at, wide in taken):
            lift = 0.0
            if kind.place == "air":
                top = min(0.9, (tall + 0.03) / scene.horizon)
                row = scene.horizon * float(rng.uniform(top, max(top, 0.8)))
                lift = scene.eye + (scene.horizon - row) * distance / scene.lens
            seed = int(rng.integers(2**31))
            return Figure(subject=name, x=x, distance=distance, height=high, lift=lift, seed=seed)
    return None
