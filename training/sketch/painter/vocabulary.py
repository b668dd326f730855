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


FIRST = Vocabulary(
    name="first",
    subjects=first.SUBJECTS,
    grounds=first.GROUNDS,
    lights=first.LIGHTS,
    styles=first.STYLES,
    extras=first.EXTRAS,
)
WHOLE = Vocabulary(name="whole", **WHOLE_WORDS)
WORLDS: dict[str, Vocabulary] = {world.name: world for world in (FIRST, WHOLE)}
