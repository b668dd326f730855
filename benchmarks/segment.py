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
    before it. after: seconds from the last frame's end to the finished film. evaluations: latents that the
    denoiser was given, those with words and those without.
    """

    before: float
    gaps: tuple[float, ...]
    after: float
    evaluations: int

    @property
    def seconds(self) -> float:
        """Of the whole film."""
        return self.before + sum(self.gaps) + self.after

    @property
    def per_frame(self) -> float:
        """Of the whole film, by its frames."""
        return self.seconds / len(self.gaps)


class Count:
    """How much something was given."""

    value = 0


@contextmanager
def counting(module: Any) -> Iterator[Count]:
    """Count the latents (B, ...) that a denoiser is given while this lasts."""
    count = Count()

    def called(_: object, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        latents = given[0] if given else named["sample"]
        count.value += len(latents)

    hook = module.register_forward_pre_hook(called, with_kwargs=True)
    try:
        yield count
    finally:
        hook.remove()
