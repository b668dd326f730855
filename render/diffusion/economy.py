"""What is done, rung by rung, for a model that does not fit on its device.

Rungs that do not change pixels come first: in a film every picture is painted over the one before, so what tiles do
to a picture adds up. A rung that does change pixels is part of what a frame was made from: the take's journal has it
beside the frame (`notes`), and the next frame begins with it, also after a stop.

Importable without torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NONE, CACHE, READERS, TURNS, STREAM, TILES, ROWS = range(7)
_NOTE = "memory: "


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rung: what it does, and whether pixels change with it."""

    name: str
    told: str
    changes: bool = False


RUNGS: tuple[Rung, ...] = (
    Rung(name="none", told="everything stays on the device"),
    Rung(name="cache", told="memory that nobody uses is given back"),
    Rung(name="readers", told="text encoders come to the device only to read new texts"),
    Rung(name="turns", told="the denoiser and the VAE take turns on the device"),
    Rung(name="stream", told="weights come to the device block by block"),
    Rung(name="tiles", told="the VAE works in tiles", changes=True),
    Rung(name="rows", told="prompts are asked about one after the other", changes=True),
)


class Economy:
    """The rung that a model works on. `least`: the rung that its device needs from the start."""

    def __init__(self, least: int = NONE) -> None:
        self.least = self.level = least

    def climb(self) -> Rung | None:
        """Go one rung up and return it; None if there is none left."""
        if self.level + 1 >= len(RUNGS):
            return None
        self.level += 1
        return RUNGS[self.level]

    def begin(self, notes: Iterable[str]) -> None:
        """Be ready for a frame whose predecessor has these notes: on its rung, or on what this device was found to
        need so far as that changes no pixels.
        """
        found = max((NONE, *(level for level, rung in enumerate(RUNGS) if _NOTE + rung.name in notes)))
        kept = min(self.level, STREAM) if self.level > CACHE else NONE
        self.level = max(self.least, found, kept)

    @property
    def notes(self) -> tuple[str, ...]:
        """The rungs in use that change pixels, for the journal."""
        return tuple(_NOTE + rung.name for rung in RUNGS[: self.level + 1] if rung.changes)


def tile_side(size: tuple[int, int], multiple: int) -> int:
    """Return the side in pixels of the VAE's tiles for a picture (width, height): half the longer side, at most 512."""
    half = -(-max(size) // (2 * multiple)) * multiple
    return min(half, max(512 // multiple, 1) * multiple)
