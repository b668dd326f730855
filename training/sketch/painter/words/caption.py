"""A scene of the whole world in words: many phrasings, word orders, and now and then Chinese."""

import numpy as np

from ..scene import Figure, Scene
from . import settings, subjects

_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
_GROUPS = ("many", "several", "some", "a group of", "a few")
_CHINESE_NUMBERS = {1: "一", 2: "两", 3: "三", 4: "四", 5: "五"}


class _Lot:
    """Choices by lot, in a few letters."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def of(self, options: tuple[str, ...]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def say(self, options: tuple[str, ...], skip: float) -> list[str]:
        return [] if self.chance(skip) else [self.of(options)]


def tell_whole(scene: Scene, rng: np.random.Generator) -> str:
    """The caption; the main subject is always named first among the subjects, and the scheme is never left out."""
    lot = _Lot(rng)
    if lot.chance(0.07):
        return _chinese(scene, lot)
    main = [_main(scene, lot)]
    if scene.subject_shown and lot.chance(0.05):
        main = [lot.of(subjects.CHINESE[scene.subject])]
    ground = lot.say(settings.GROUNDS[scene.ground], 0.1) if scene.subject_shown else []
    light = lot.say(settings.LIGHTS[scene.light], 0.05)
    style = lot.say(settings.STYLES[scene.style], 0.08)
    scheme = [lot.of(settings.SCHEMES[scene.scheme])] if scene.scheme else []
    seen = {other.subject: other for other in scene.others if other.subject != scene.subject}
    beside = [_beside(scene, other, lot) for other in seen.values() if not lot.chance(0.12)]
    extras = [phrase for name in scene.extras for phrase in lot.say(settings.EXTRAS[name], 0.35)]
    return _ordered(lot, main, ground, light, style, scheme, beside, extras)


def _ordered(
    lot: _Lot,
    main: list[str],
    ground: list[str],
    light: list[str],
    style: list[str],
    scheme: list[str],
    beside: list[str],
    extras: list[str],
) -> str:
    where = ground + light if lot.chance(0.7) else light + ground
    with_others = " and ".join([*main, *beside]) if lot.chance(0.5) else main[0]
    rest = [] if with_others != main[0] else beside
    order = lot.rng.random()
    if order < 0.22:  # a list of things, as people type prompts
        return ", ".join([*style, *main, *beside, *where, *extras, *scheme])
    if order < 0.42 and style:
        return ", ".join([f"{style[0]} of {' '.join([with_others, *where])}", *rest, *extras, *scheme])
    if order < 0.52 and light:
        return ", ".join([light[0], " ".join([with_others, *ground]), *rest, *extras, *style, *scheme])
    if order < 0.60 and ground and light:
        return ", ".join([" ".join([*ground, *light]), with_others, *rest, *scheme, *style, *extras])
    if order < 0.66 and scheme:
        return ", ".join([*scheme, " ".join([with_others, *where]), *rest, *style])
    return ", ".join([" ".join([with_others, *where]), *rest, *extras, *style, *scheme])


def _main(scene: Scene, lot: _Lot) -> str:
    if not scene.subject_shown:
        return lot.of(settings.ALONE[scene.ground])
    if scene.count > 1 and scene.subject in subjects.PLURALS:
        many = lot.of(subjects.PLURALS[scene.subject])
        if lot.chance(0.6):
            return f"{_NUMBERS[scene.count]} {many}"
        return f"{lot.of(_GROUPS)} {many}" if scene.count > 2 else many
    phrase = lot.of(subjects.SUBJECTS[scene.subject])
    if abs(scene.x - 0.5) > 0.14 and lot.chance(0.12):
        return f"{phrase} on the {'left' if scene.x < 0.5 else 'right'}"
    return phrase


def _beside(scene: Scene, other: Figure, lot: _Lot) -> str:
    phrase = lot.of(subjects.SUBJECTS[other.subject])
    tall = scene.lens * other.height / other.distance
    if other.distance > 2.5 * scene.distance and tall < 0.2 and lot.chance(0.5):
        return f"{phrase} {lot.of(('in the distance', 'far away', 'in the background', 'behind'))}"
    if other.distance < 0.6 * scene.distance and lot.chance(0.5):
        return f"{phrase} {lot.of(('in the foreground', 'in front'))}"
    if lot.chance(0.35):
        side = "left" if other.x < scene.x else "right"
        return f"{phrase} {lot.of((f'on the {side}', f'to the {side}'))}"
    return phrase


def _chinese(scene: Scene, lot: _Lot) -> str:
    parts = []
    if scene.subject_shown:
        noun = lot.of(subjects.CHINESE[scene.subject])
        number = _CHINESE_NUMBERS[scene.count] if scene.count > 1 else ""
        parts.append(f"{number}{'个' if number else ''}{noun}")
        for other in scene.others:
            if other.subject != scene.subject and lot.chance(0.8):
                parts.append(lot.of(subjects.CHINESE[other.subject]))
    parts += [lot.of(settings.CHINESE[name]) for name in (scene.ground, scene.light, scene.style)]
    if scene.scheme:
        parts.append(settings.CHINESE_SCHEMES[scene.scheme])
    return lot.of(("，", ", ", " ")).join(parts)
