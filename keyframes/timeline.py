"""The timeline: every lane evaluated, one row of plain values per frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from keyframes.clock import Clock
from keyframes.prompts import FramePrompt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class MixedKey:
    """One of the keys that a frame's prompt is mixed from: where it stands, its prompt at this frame, its share, and
    whether its prompt is the same at every frame."""

    position: float
    prompt: FramePrompt
    share: float
    fixed: bool


class PromptTrack(Protocol):
    """What a timeline needs of prompts."""

    def at(self, frame: int) -> FramePrompt:
        """The prompt of one frame, resolved."""

    def unmixed(self, frame: int) -> Sequence[MixedKey]:
        """The keys that the prompt of a frame is mixed from."""

    def explain(self, frame: int) -> str:
        """Where it comes from."""


class Source(Protocol):
    """Whatever can say where a lane's value comes from."""

    def explain(self, frame: int) -> str:
        """Why the lane has the value it has at `frame`."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One frame's values: numbers by lane, words by lane, and the prompt."""

    frame: int
    numbers: Mapping[str, float]
    words: Mapping[str, str]
    prompt: FramePrompt


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """All lanes over all frames: `numbers[lane]` is float64 (frames,), `words[lane]` as many words."""

    clock: Clock
    numbers: Mapping[str, NDArray[np.float64]]
    words: Mapping[str, tuple[str, ...]]
    prompts: PromptTrack
    sources: Mapping[str, Source] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.clock.frames

    def row(self, frame: int) -> Row:
        """The values of one frame. Raises IndexError outside 0 to `clock.max_f`."""
        if not 0 <= frame < self.clock.frames:
            raise IndexError(f"frame {frame} is outside the timeline: allowed 0 to {self.clock.max_f}")
        numbers = {lane: float(series[frame]) for lane, series in self.numbers.items()}
        words = {lane: series[frame] for lane, series in self.words.items()}
        return Row(frame=frame, numbers=numbers, words=words, prompt=self.prompts.at(frame))

    def rows(self, frames: Iterable[int] | None = None) -> Iterator[Row]:
        """The rows of `frames` in their order, or of every frame."""
        return (self.row(frame) for frame in (range(self.clock.frames) if frames is None else frames))

    def explain(self, frame: int) -> list[tuple[str, float | str, str]]:
        """(lane, value, where the value comes from) for every lane at `frame`, the prompt last."""
        row = self.row(frame)
        values: dict[str, float | str] = {**row.numbers, **row.words}
        lanes = [lane for lane in self.sources if lane in values] or list(values)
        told: list[tuple[str, float | str, str]] = []
        for lane in lanes:
            told.append(
                (lane, values[lane], self.sources[lane].explain(frame) if lane in self.sources else "")
            )
        text = " AND ".join(share.text for part in row.prompt.parts for share in part.mix)
        return [*told, ("prompts", text, self.prompts.explain(frame))]
