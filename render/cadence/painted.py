"""What the model painted: some pictures are frames of the film as they are, the others are kept beside the frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from projects import FrameWriter, Picture, Take

from .segments import Cadence


class PaintedFrames:
    """Every painted picture by its frame, from memory if it is one of the last two, else read back and verified.

    hidden: where those are kept that no frame shows; None if there are none. frame: gives a frame of the film.
    """

    def __init__(
        self,
        cadence: Cadence,
        hidden: Take | None,
        writer: FrameWriter | None,
        frame: Callable[[int], Picture],
    ) -> None:
        self._cadence, self._hidden, self._writer, self._frame = cadence, hidden, writer, frame
        self._last: dict[int, Picture] = {}
        self._put: set[int] = set()

    def put(self, frame: int, picture: Picture, key: str, seconds: float, notes: Sequence[str] = ()) -> None:
        """A picture that was just painted; it is stored here unless its frame shows it."""
        self._remember(frame, picture)
        if self._writer is not None and not self._cadence.of(frame).shows(frame):
            self._writer.put(frame, picture, key, seconds=seconds, notes=notes)
            self._put.add(frame)

    def get(self, frame: int) -> Picture:
        """What was painted at a frame. Raises RenderError if it is not stored or damaged."""
        if frame not in self._last:
            self._remember(frame, self._read(frame))
        return self._last[frame]

    def _read(self, frame: int) -> Picture:
        if self._hidden is None or self._cadence.of(frame).shows(frame):
            return self._frame(frame)
        if self._writer is not None and frame in self._put:
            self._writer.wait_for(frame)
        return self._hidden.read(frame)

    def _remember(self, frame: int, picture: Picture) -> None:
        self._last = {**dict(list(self._last.items())[-1:]), frame: picture}


@contextmanager
def storing(
    cadence: Cadence, hidden: Take | None, frame: Callable[[int], Picture]
) -> Iterator[PaintedFrames]:
    """Within this, painted pictures can be stored; at its end they are. Raises as Take.lock and FrameWriter."""
    if hidden is None:
        yield PaintedFrames(cadence, None, None, frame)
        return
    with hidden.lock(), FrameWriter(hidden) as writer:
        yield PaintedFrames(cadence, hidden, writer, frame)
