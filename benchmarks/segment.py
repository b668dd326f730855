"""What is noted of one film, whoever rendered it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One rendered film.

    before: seconds until the first frame was begun. gaps: seconds of each frame, from the end of the one
    before it. after: seconds from the last frame's end to the finished film. calls: evaluations of the
    denoiser.
    """

    before: float
    gaps: tuple[float, ...]
    after: float
    calls: int

    @property
    def seconds(self) -> float:
        """Of the whole film."""
        return self.before + sum(self.gaps) + self.after

    @property
    def per_frame(self) -> float:
        """Of the whole film, by its frames."""
        return self.seconds / len(self.gaps)


class Count:
    """How often something was called."""

    value = 0


@contextmanager
def counting(module: Any) -> Iterator[Count]:
    """Count the calls of a torch module while this lasts."""
    count = Count()

    def called(*_: object) -> None:
        count.value += 1

    hook = module.register_forward_pre_hook(called)
    try:
        yield count
    finally:
        hook.remove()
