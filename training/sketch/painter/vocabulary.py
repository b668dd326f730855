"""What may come up in a world, and the phrases it goes by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from . import first
from .words import WHOLE_WORDS

Phrases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The nouns of a world, each with the phrases a caption may use for it.

    plurals and chinese are keyed by the same nouns; the first world has none.
    """

    name: str
    subjects: Phrases
    grounds: Phrases
    lights: Phrases
    styles: Phrases
    extras: Phrases
    schemes: Phrases = field(default_factory=dict)
    plurals: Phrases = field(default_factory=dict)
    chinese: Phrases = field(default_factory=dict)

    def phrases(self) -> Iterator[str]:
        """Every phrase that means something in this world."""
        for nouns in (
            self.subjects,
            self.plurals,
            self.grounds,
            self.lights,
            self.styles,
            self.extras,
            self.schemes,
        ):
            for said in nouns.values():
                yield from said

    def questions(self) -> dict[str, tuple[str, ...]]:
        """What a judge is asked of a picture: the field of the scene, and the possible answers."""
        return {
            "subject": tuple(self.subjects),
            "ground": tuple(self.grounds),
            "light": tuple(self.lights),
            "style": tuple(self.styles),
        }


def _part(
    name: str,
    *,
    subjects: tuple[str, ...],
    grounds: tuple[str, ...],
    lights: tuple[str, ...],
    styles: tuple[str, ...],
) -> Vocabulary:
    """A part of the whole world, painted by the same painter: as much as a training of hours on two cores can learn."""

    def some(phrases: Phrases, nouns: tuple[str, ...]) -> Phrases:
        return {noun: said for noun, said in phrases.items() if noun in nouns}

    nouns = (*subjects, *grounds, *lights, *styles)
    return Vocabulary(
        name=name,
        subjects=some(WHOLE.subjects, subjects),
        grounds=some(WHOLE.grounds, grounds),
        lights=some(WHOLE.lights, lights),
        styles=some(WHOLE.styles, styles),
        extras=WHOLE.extras,
        schemes=WHOLE.schemes,
        plurals=some(WHOLE.plurals, subjects),
        chinese=some(WHOLE.chinese, nouns),
    )


FIRST = Vocabulary(
    name="first",
    subjects=first.SUBJECTS,
    grounds=first.GROUNDS,
    lights=first.LIGHTS,
    styles=first.STYLES,
    extras=first.EXTRAS,
)
WHOLE = Vocabulary(name="whole", **WHOLE_WORDS)
SMALL = _part(
    "small",
    subjects=(
        "lighthouse", "windmill", "castle", "cottage", "pagoda", "tree", "mushroom", "boat", "whale", "balloon",
        "elephant", "rocket",
    ),
    grounds=("sea", "lake", "meadow", "flowers", "desert", "snow", "forest", "mountains"),
    lights=("day", "sunset", "dusk", "night", "storm", "fog", "snowfall", "aurora"),
    styles=("oil", "watercolor", "flat", "ink", "lowpoly", "neon", "photo"),
)  # fmt: skip
WORLDS: dict[str, Vocabulary] = {world.name: world for world in (FIRST, WHOLE, SMALL)}
