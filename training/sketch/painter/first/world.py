"""What there is in the first world, how its scenes are drawn by lot, and how they are told in words."""

import numpy as np

from ..scene import Scene

SUBJECTS: dict[str, tuple[str, ...]] = {
    "lighthouse": ("a lighthouse", "an old lighthouse", "a tall lighthouse", "a striped lighthouse"),
    "boat": ("a boat", "a sailing boat", "a sailboat", "a ship with sails"),
    "castle": ("a castle", "an old castle", "a stone castle", "a castle with towers"),
    "tree": ("a tree", "an old tree", "a big tree", "a lonely tree"),
    "windmill": ("a windmill", "an old windmill", "a wooden windmill", "a mill with four sails"),
    "balloon": ("a hot air balloon", "a balloon", "a striped balloon", "a balloon in the sky"),
    "cottage": ("a cottage", "a small house", "a house with a chimney", "a little cottage"),
    "whale": ("a whale", "a big whale", "a blue whale", "a giant whale"),
}
GROUNDS: dict[str, tuple[str, ...]] = {
    "sea": ("on the sea", "by the sea", "above the ocean", "over the water", "at the coast"),
    "meadow": ("in a green meadow", "on a grassy field", "on green hills", "in the grass"),
    "desert": ("in the desert", "among sand dunes", "on the sand", "in a dry desert"),
    "snow": ("in the snow", "in a snowy field", "in winter", "on a snow-covered plain"),
}
LIGHTS: dict[str, tuple[str, ...]] = {
    "day": ("on a clear day", "under a blue sky", "at noon", "in bright daylight", "on a sunny day"),
    "sunset": ("at sunset", "at dusk", "in the evening light", "under an orange sky", "at golden hour"),
    "night": ("at night", "under the stars", "at night under the stars", "in the moonlight", "at midnight"),
    "storm": (
        "in a storm",
        "in stormy weather",
        "under dark clouds",
        "in heavy rain",
        "during a thunderstorm",
    ),
}
STYLES: dict[str, tuple[str, ...]] = {
    "oil": ("oil painting", "an oil painting", "thick oil paint", "oil on canvas"),
    "watercolor": ("watercolor", "watercolour painting", "a watercolor", "soft watercolor"),
    "flat": ("illustration", "gouache", "flat illustration", "a clean illustration"),
}
EXTRAS: dict[str, tuple[str, ...]] = {
    "mountains": ("with mountains behind", "mountains in the distance", "in front of mountains"),
    "birds": ("with birds", "birds in the sky", "with a flock of birds"),
    "clouds": ("with clouds", "fluffy clouds", "white clouds above"),
}


def _pick(rng: np.random.Generator, options: dict[str, tuple[str, ...]]) -> str:
    return str(rng.choice(list(options)))


def draw_scene(rng: np.random.Generator) -> Scene:
    """A scene by lot; every combination of subject, ground, light and style comes up, boats and whales at sea."""
    subject = _pick(rng, SUBJECTS)
    at_sea = subject in ("boat", "whale")
    return Scene(
        subject=subject,
        ground="sea" if at_sea else _pick(rng, GROUNDS),
        light=_pick(rng, LIGHTS),
        style=_pick(rng, STYLES),
        extras=tuple(name for name in EXTRAS if rng.random() < 0.25),
        x=float(rng.uniform(0.28, 0.72)),
        horizon=float(rng.uniform(0.52, 0.74)),
        scale=float(rng.uniform(0.36, 0.78)),
        lit_from_left=bool(rng.random() < 0.5),
        subject_shown=bool(rng.random() > 0.06),
    )


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """The scene in words: one of many phrasings and orders; now and then a part is left unsaid."""

    def say(options: dict[str, tuple[str, ...]], key: str, skip: float = 0.0) -> list[str]:
        return [] if rng.random() < skip else [str(rng.choice(options[key]))]

    ground = say(GROUNDS, scene.ground, 0.12)
    light = say(LIGHTS, scene.light, 0.06)
    style = say(STYLES, scene.style, 0.12)
    extras = [phrase for name in scene.extras for phrase in say(EXTRAS, name, 0.3)]
    if not scene.subject_shown:
        subject = [
            {"sea": "a calm sea", "meadow": "green hills", "desert": "a desert", "snow": "a snowy plain"}[
                scene.ground
            ]
        ]
        ground = []
    else:
        subject = say(SUBJECTS, scene.subject)
    middle = ground + light if rng.random() < 0.7 else light + ground
    if rng.random() < 0.25:
        return ", ".join([*style, *subject, *middle, *extras])
    if rng.random() < 0.3 and style:
        return ", ".join([f"{style[0]} of {' '.join([*subject, *middle])}", *extras])
    return ", ".join([" ".join([*subject, *middle]), *extras, *style])
