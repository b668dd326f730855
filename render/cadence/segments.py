"""Cadence: which frames the model paints, and what the frames between are made from.

    original m        what the model painted at frame m, from the original before it, moved along to m
    frames m to n-1   n = m + cadence at m is the next original: what original m was painted over, and original m
                      itself, mixed and moved along; the share of original m grows to 1 at frame n - 1

So an original fades in over its segment, beginning at its own frame, as in Deforum (and in Disco Diffusion's turbo).
Where the cadence is 1 a frame is its original. Every frame of the film is made, also those after the last original.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Segment:
    """The frames from one original to the next.

    start: the frame of its original. length: the cadence there; the film's end may cut it. before: the frame of the
    original before, None for the first.
    """

    start: int
    length: int
    before: int | None

    def share(self, frame: int) -> float:
        """How much of this original `frame` shows, above 0 to 1; the rest is of what it was painted over."""
        return 1.0 if self.before is None else (frame - self.start + 1) / self.length

    def shows(self, frame: int) -> bool:
        """Whether `frame` is the original itself."""
        return frame == self.start and self.share(frame) == 1.0

    @property
    def path(self) -> range:
        """The frames whose moves lie between the original before and this one, this one's included."""
        return range((-1 if self.before is None else self.before) + 1, self.start + 1)


class Cadence:
    """The segments of a film. cadence: the lane's value at every frame, 1 or more."""

    def __init__(self, cadence: Sequence[float]) -> None:
        self._segments: list[Segment] = []
        start, before = 0, None
        while start < len(cadence):
            length = int(cadence[start])
            self._segments.append(Segment(start=start, length=length, before=before))
            start, before = start + length, start
        self._starts = [segment.start for segment in self._segments]
        self.plain = all(segment.length == 1 for segment in self._segments)

    def of(self, frame: int) -> Segment:
        """The segment that a frame lies in."""
        return self._segments[bisect_right(self._starts, frame) - 1]

    def before(self, start: int) -> int | None:
        """The original before another one; None for the first."""
        return self.of(start).before

    def missing(
        self, wanted: Iterable[int], frames: Collection[int], originals: Collection[int], *, back: int = 0
    ) -> tuple[set[int], set[int]]:
        """The frames to make and the originals to paint, so that all `wanted` frames are there.

        frames: those that are stored and true. originals: the same of those originals that their frame does not show.
        An original needs the one before it; a stored one serves whatever became of those before it.
        back: moving an original looks at this many more originals before it.
        """
        make = {frame for frame in wanted if frame not in frames}
        paint: set[int] = set()
        needed = [start for frame in make for start in self._needs(frame, back)]
        while needed:
            at = needed.pop()
            if at not in paint and not self._there(at, frames, originals):
                paint.add(at)
                needed += self._line(self.before(at), back)
        return make | {start for start in paint if self.of(start).shows(start)}, paint

    def _needs(self, frame: int, back: int) -> list[int]:
        """The originals that a frame is made from, and those that are looked at to move them."""
        segment = self.of(frame)
        if segment.shows(frame):
            return [frame]
        mixed_with = None if segment.share(frame) == 1.0 else segment.before
        return [*self._line(mixed_with, back), *self._line(segment.start, back)]

    def _line(self, start: int | None, back: int) -> list[int]:
        """An original and `back` more before it, as far as there are any."""
        line: list[int] = []
        while start is not None and len(line) <= back:
            line.append(start)
            start = self.before(start)
        return line

    def _there(self, start: int, frames: Collection[int], originals: Collection[int]) -> bool:
        return start in (frames if self.of(start).shows(start) else originals)
