"""What is done, level by level, for a model that does not fit on its device.

Levels that leave the pixels as they are come first: in a film every picture is painted over the one before, so what
tiles do to a picture adds up. A level that changes pixels is part of what a frame was made from: the take's journal
notes it beside the frame, and the next frame starts at it, also after a stop.

Importable without torch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NONE, CACHE, ENCODERS_OFF, TURNS, STREAM, TILES, ROWS = range(7)
_NOTE = "memory: "


@dataclass(frozen=True, kw_only=True)
class MemoryLevel:
    """One level: what it does, and whether that changes pixels."""

    name: str
    description: str
    changes: bool = False


LEVELS: tuple[MemoryLevel, ...] = (
    MemoryLevel(name="none", description="everything stays on the device"),
    MemoryLevel(name="cache", description="unused memory is given back"),
    MemoryLevel(name="encoders", description="text encoders come to the device only to read new texts"),
    MemoryLevel(name="turns", description="the denoiser and the VAE take turns on the device"),
    MemoryLevel(name="stream", description="weights come to the device block by block"),
    MemoryLevel(name="tiles", description="the VAE works in tiles", changes=True),
    MemoryLevel(name="rows", description="prompts are run one at a time", changes=True),
)


class MemoryPolicy:
    """The level that a model works at. `least`: the level that its device needs from the start."""

    def __init__(self, least: int = NONE) -> None:
        self.least = self.level = least

    def next_level(self) -> MemoryLevel | None:
        """Go up to the next level and return it; None at the last one."""
        if self.level + 1 >= len(LEVELS):
            return None
        self.level += 1
        return LEVELS[self.level]

    def begin(self, notes: Iterable[str]) -> None:
        """Prepare for a frame whose predecessor has these notes: go to its level, or stay at one that this device was
        found to need, as far as that changes no pixels.
        """
        noted = max((NONE, *(index for index, level in enumerate(LEVELS) if _NOTE + level.name in notes)))
        kept = min(self.level, STREAM) if self.level > CACHE else NONE
        self.level = max(self.least, noted, kept)

    @property
    def notes(self) -> tuple[str, ...]:
        """The levels in use that change pixels, for the journal."""
        return tuple(_NOTE + level.name for level in LEVELS[: self.level + 1] if level.changes)


def tile_side(size: tuple[int, int], multiple: int) -> int:
    """Return the side in pixels of the VAE's tiles for a picture (width, height): half the longer side, at most 512."""
    half = -(-max(size) // (2 * multiple)) * multiple
    return min(half, max(512 // multiple, 1) * multiple)
