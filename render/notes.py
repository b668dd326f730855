"""What happened while a frame was painted that changes its pixels: in the journal, and read by the frame after it.

It is no part of a frame's key, as it is not known before. But what the frame before was painted with, the next one
begins with, so that a render that goes on from the disk goes on the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from keyframes import Row
from projects import Take

from .cadence.segments import Cadence


@runtime_checkable
class Noted(Protocol):
    """A painter that has something to make ready before a frame, and something to note after it."""

    def ready(self, row: Row, notes: Sequence[str]) -> None:
        """Be ready for a frame; `notes` are those of the frame before it. What takes time here is not the frame's."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What the frame just painted was painted with."""
        ...


class Notes:
    """The notes of frames painted in this run, and of those before it as the journals have them.

    hidden: where the originals are that no frame shows, None if there are none. painter: what paints; one that is
    not Noted has no notes.
    """

    def __init__(self, cadence: Cadence, take: Take, hidden: Take | None) -> None:
        self._cadence, self._take, self._hidden = cadence, take, hidden
        self._known: dict[int, tuple[str, ...]] = {}
        self.painter: object = None

    def begin(self, row: Row, before: int | None) -> None:
        """Tell the painter of the frame that it will paint next; `before` is the one it is painted over."""
        if isinstance(self.painter, Noted):
            self.painter.ready(row, () if before is None else self._found(before))

    def end(self, frame: int) -> tuple[str, ...]:
        """Keep, and return, what the painter notes of the frame that it has painted."""
        painter = self.painter
        self._known[frame] = painter.notes if isinstance(painter, Noted) else ()
        return self._known[frame]

    def of(self, frame: int) -> tuple[str, ...]:
        """The notes of a frame of this run; none for one that was only moved."""
        return self._known.get(frame, ())

    def _found(self, frame: int) -> tuple[str, ...]:
        if frame in self._known:
            return self._known[frame]
        take = self._take if self._cadence.of(frame).shows(frame) or self._hidden is None else self._hidden
        entry = take.entries.get(frame)
        return entry.notes if entry is not None else ()
