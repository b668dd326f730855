"""The rows of a film: each frame's values by table and lane, typed.

    rows = Rows(timeline)
    rows[30].motion.zoom, rows[30].diffusion.steps, rows[30].prompt

A row is a view of the timeline's columns: making one costs next to nothing, and only lanes that are read are converted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keyframes import FramePrompt, Timeline

from .lanes import TABLES, adapter_lane, control_lane, lora_lane
from .schema.coherence import CoherenceRow
from .schema.diffusion import DiffusionRow
from .schema.guide import ClipGuidanceRow, GuideRow
from .schema.motion import MotionRow
from .schema.networks import ControlRow
from .schema.video import VideoRow

_SPECS = {spec.name: spec for specs in TABLES.values() for spec in specs}


class _Columns(dict[str, Sequence[Any]]):
    """Lane -> its value at every frame, as plain numbers or words; converted when first read.

    A lane that the timeline lacks (those of [video] in a film without a clip) has its default.
    """

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline.words)
        self._timeline = timeline

    def __missing__(self, lane: str) -> Sequence[Any]:
        series = self._timeline.numbers.get(lane)
        spec = _SPECS.get(lane)
        if series is not None:
            values = (series.astype(int) if spec is not None and spec.integer else series).tolist()
        elif spec is not None:
            values = [spec.default] * len(self._timeline)
        else:
            raise KeyError(lane)
        return self.setdefault(lane, values)


class Row:
    """One frame's values. Tables are attributes (`row.motion.zoom`); `lora`, `control` and `ip_adapter` are by name."""

    __slots__ = (
        *("frame", "motion", "diffusion", "coherence", "guide", "clip_guidance", "video"),
        *("_rows", "_prompt"),
    )

    def __init__(self, rows: Rows, frame: int) -> None:
        columns = rows.columns
        self.frame = frame
        self.motion = MotionRow(columns, frame)
        self.diffusion = DiffusionRow(columns, frame)
        self.coherence = CoherenceRow(columns, frame)
        self.guide = GuideRow(columns, frame)
        self.clip_guidance = ClipGuidanceRow(columns, frame)
        self.video = VideoRow(columns, frame)
        self._rows = rows
        self._prompt: FramePrompt | None = None

    @property
    def prompt(self) -> FramePrompt:
        """The prompt, resolved when first asked for."""
        if self._prompt is None:
            self._prompt = self._rows.timeline.prompts.at(self.frame)
        return self._prompt

    @property
    def lora(self) -> Mapping[str, float]:
        """The weight of each LoRA, by name."""
        columns = self._rows.columns
        return {name: columns[lora_lane(name)][self.frame] for name in self._rows.loras}

    @property
    def control(self) -> Mapping[str, ControlRow]:
        """The lanes of each ControlNet, by name."""
        columns, frame = self._rows.columns, self.frame
        return {
            name: ControlRow(*(columns[control_lane(name, lane)][frame] for lane in ControlRow._fields))
            for name in self._rows.controls
        }

    @property
    def ip_adapter(self) -> Mapping[str, float]:
        """The weight of each IP-Adapter, by name."""
        columns = self._rows.columns
        return {name: columns[adapter_lane(name)][self.frame] for name in self._rows.adapters}

    @property
    def lanes(self) -> dict[str, float | str]:
        """Every lane by its name, numbers first, for what shows them all. Whole numbers are floats here too."""
        timeline, frame = self._rows.timeline, self.frame
        numbers = {lane: float(series[frame]) for lane, series in timeline.numbers.items()}
        return {**numbers, **{lane: words[frame] for lane, words in timeline.words.items()}}

    def __repr__(self) -> str:
        return f"Row(frame={self.frame})"


class Rows:
    """The rows of a timeline, one for each frame. `columns`: lane -> its value at every frame, in plain Python."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.columns: Mapping[str, Sequence[Any]] = _Columns(timeline)
        self.loras = _names(timeline, lora_lane(""))
        self.controls = _names(timeline, control_lane(""))
        self.adapters = _names(timeline, adapter_lane(""))

    def __len__(self) -> int:
        return len(self.timeline)

    def __getitem__(self, frame: int) -> Row:
        """The row of a frame. Raises IndexError outside 0 to the last frame."""
        if not 0 <= frame < len(self.timeline):
            raise IndexError(f"frame {frame} is outside the film: allowed 0 to {len(self) - 1}")
        return Row(self, frame)

    def __iter__(self) -> Iterator[Row]:
        return (Row(self, frame) for frame in range(len(self.timeline)))


def _names(timeline: Timeline, prefix: str) -> tuple[str, ...]:
    """The names of the LoRAs, ControlNets or IP-Adapters whose lanes begin with `prefix`."""
    names = (lane.removeprefix(prefix) for lane in timeline.numbers if lane.startswith(prefix))
    return tuple(name for name in names if "." not in name)
