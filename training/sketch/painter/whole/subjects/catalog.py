"""Every subject: who paints it, how tall it is, and where it can be."""

from collections.abc import Callable
from dataclasses import dataclass

from ..pen import Pen
from . import (
    beasts,
    castle,
    flyers,
    grazers,
    houses,
    monuments,
    people,
    plants,
    ships,
    swimmers,
    towers,
    vehicles,
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """height: metres, from to; wide: half its width, in heights; place: land, water or air."""

    paint: Callable[[Pen], None]
    height: tuple[float, float]
    wide: float
    place: str = "land"


KINDS: dict[str, Kind] = {
    "lighthouse": Kind(paint=towers.lighthouse, height=(16, 30), wide=0.14),
    "windmill": Kind(paint=towers.windmill, height=(12, 18), wide=0.36),
    "tower": Kind(paint=towers.tower, height=(25, 45), wide=0.15),
    "castle": Kind(paint=castle.castle, height=(30, 50), wide=0.52),
    "cottage": Kind(paint=houses.cottage, height=(5, 7), wide=0.68),
    "church": Kind(paint=houses.church, height=(18, 28), wide=0.5),
    "barn": Kind(paint=houses.barn, height=(8, 11), wide=0.75),
    "tent": Kind(paint=houses.tent, height=(1.6, 2.4), wide=1.1),
    "pagoda": Kind(paint=monuments.pagoda, height=(20, 35), wide=0.36),
    "torii": Kind(paint=monuments.torii, height=(6, 12), wide=0.66),
    "pyramid": Kind(paint=monuments.pyramid, height=(60, 120), wide=0.85),
    "temple": Kind(paint=monuments.temple, height=(10, 16), wide=1.0),
    "bridge": Kind(paint=monuments.bridge, height=(6, 10), wide=1.7),
    "tree": Kind(paint=plants.tree, height=(9, 18), wide=0.45),
    "pine": Kind(paint=plants.pine, height=(10, 22), wide=0.28),
    "palm": Kind(paint=plants.palm, height=(7, 12), wide=0.4),
    "blossom": Kind(paint=plants.blossom, height=(6, 10), wide=0.5),
    "bare": Kind(paint=plants.bare, height=(8, 14), wide=0.45),
    "cactus": Kind(paint=plants.cactus, height=(3, 6), wide=0.3),
    "sunflower": Kind(paint=plants.sunflower, height=(1.4, 2.2), wide=0.26),
    "mushroom": Kind(paint=plants.mushroom, height=(0.12, 0.25), wide=0.5),
    "boat": Kind(paint=ships.boat, height=(8, 13), wide=0.45, place="water"),
    "ship": Kind(paint=ships.ship, height=(28, 42), wide=0.7, place="water"),
    "rowboat": Kind(paint=ships.rowboat, height=(0.9, 1.3), wide=1.3, place="water"),
    "whale": Kind(paint=swimmers.whale, height=(4, 6), wide=1.5, place="water"),
    "dolphin": Kind(paint=swimmers.dolphin, height=(1.5, 2.2), wide=0.95, place="water"),
    "swan": Kind(paint=swimmers.swan, height=(0.9, 1.2), wide=0.85, place="water"),
    "balloon": Kind(paint=flyers.balloon, height=(18, 26), wide=0.34, place="air"),
    "airship": Kind(paint=flyers.airship, height=(18, 30), wide=1.35, place="air"),
    "plane": Kind(paint=flyers.plane, height=(3, 4), wide=1.4, place="air"),
    "eagle": Kind(paint=flyers.eagle, height=(0.9, 1.3), wide=0.95, place="air"),
    "kite": Kind(paint=flyers.kite, height=(1.6, 2.6), wide=0.4, place="air"),
    "dragon": Kind(paint=flyers.dragon, height=(6, 10), wide=1.4, place="air"),
    "horse": Kind(paint=grazers.horse, height=(1.9, 2.3), wide=0.6),
    "deer": Kind(paint=grazers.deer, height=(1.8, 2.3), wide=0.48),
    "elephant": Kind(paint=grazers.elephant, height=(2.8, 3.6), wide=0.7),
    "giraffe": Kind(paint=grazers.giraffe, height=(4.5, 5.5), wide=0.4),
    "cat": Kind(paint=beasts.cat, height=(0.4, 0.5), wide=0.45),
    "dog": Kind(paint=beasts.dog, height=(0.6, 0.8), wide=0.75),
    "fox": Kind(paint=beasts.fox, height=(0.45, 0.6), wide=0.95),
    "bear": Kind(paint=beasts.bear, height=(1.1, 1.5), wide=0.95),
    "rabbit": Kind(paint=beasts.rabbit, height=(0.35, 0.5), wide=0.5),
    "wanderer": Kind(paint=people.wanderer, height=(1.6, 1.9), wide=0.3),
    "woman": Kind(paint=people.woman, height=(1.6, 1.8), wide=0.3),
    "astronaut": Kind(paint=people.astronaut, height=(1.8, 2.1), wide=0.36),
    "robot": Kind(paint=people.robot, height=(1.4, 2.4), wide=0.4),
    "train": Kind(paint=vehicles.train, height=(4, 4.8), wide=1.8),
    "car": Kind(paint=vehicles.car, height=(1.4, 1.6), wide=1.4),
    "bicycle": Kind(paint=vehicles.bicycle, height=(1.0, 1.15), wide=0.88),
    "rocket": Kind(paint=vehicles.rocket, height=(12, 40), wide=0.3),
    "lamp": Kind(paint=vehicles.lamp, height=(3.5, 5), wide=0.12),
}
