"""The lanes of a project, where each is written, and the rows of a film: each frame's values by table and lane, typed.

    rows = Rows(timeline)
    rows[30].motion.zoom, rows[30].diffusion.steps, rows[30].prompt

A row is a view of the timeline's columns: making one costs next to nothing, and only lanes that are read are converted.
Names of lanes are Deforum's (Parseq's for the anti-blur), without the `_schedule` suffix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from keyframes import FramePrompt, LaneSpec, Timeline

from .schema.coherence import Coherence, CoherenceRow
from .schema.diffusion import Diffusion, DiffusionRow
from .schema.fields import Table
from .schema.guide import ClipGuidance, ClipGuidanceRow, Guide, GuideRow
from .schema.motion import Motion, MotionRow
from .schema.networks import ControlNet, ControlRow, IpAdapter, Lora
from .schema.video import Video, VideoRow

TABLES: dict[str, tuple[LaneSpec, ...]] = {
    "motion": Motion.lanes,
    "diffusion": Diffusion.lanes,
    "coherence": Coherence.lanes,
    "guide": Guide.lanes,
    "clip_guidance": ClipGuidance.lanes,
    "video": Video.lanes,
}
NETWORKS: dict[str, type[Table]] = {"lora": Lora, "control": ControlNet, "ip_adapter": IpAdapter}
_SPECS = {spec.name: spec for specs in TABLES.values() for spec in specs}

LOOK_AT = ("look_at_x", "look_at_y", "look_at_z")
PATH = ("camera_x", "camera_y", "camera_z", *LOOK_AT, "camera_roll")  # where the camera is
STEPS = (  # how it moves per frame
    *("translation_x", "translation_y", "translation_z"),
    *("rotation_3d_x", "rotation_3d_y", "rotation_3d_z"),
)
FLIP = (
    *("perspective_flip_theta", "perspective_flip_phi"),
    *("perspective_flip_gamma", "perspective_flip_fv"),
)


def lane_specs(samplers: tuple[str, ...], defaults: dict[str, float | str]) -> tuple[LaneSpec, ...]:
    """Every lane, with a model's own defaults put in and `sampler` as the lane of words.

    samplers: the names it may hold. defaults: lane -> default, for lanes that the model knows better.
    """
    word = LaneSpec(
        name="sampler", default=samplers[0], choices=samplers, help="How the noise is taken away."
    )
    tables = {**TABLES, "diffusion": (*TABLES["diffusion"], word)}
    specs = [spec for table in tables.values() for spec in table]
    return tuple(replace(s, default=defaults[s.name]) if s.name in defaults else s for s in specs)


def network_lane(kind: str, name: str, setting: str = "weight") -> str:
    """The lane of a network's setting. kind: a key of NETWORKS. "lora.style", "control.edges.start"."""
    return f"{kind}.{name}" if setting == "weight" else f"{kind}.{name}.{setting}"


def place_of(lane: str) -> str:
    """Where in the project file a lane is written: "motion.zoom", "lora.style.weight", "control.edges.start".

    A setting that is not a lane, such as "embedding.word.path", stays as it is.
    """
    kind, _, rest = lane.partition(".")
    if not rest:
        return f"{table_of(lane)}.{lane}"
    return f"{lane}.weight" if kind in NETWORKS and "." not in rest else lane


def table_of(lane: str) -> str:
    """The table of the project file that a lane is written in."""
    for table, specs in TABLES.items():
        if any(spec.name == lane for spec in specs):
            return table
    return "diffusion"


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

    @cached_property
    def prompt(self) -> FramePrompt:
        """The prompt, resolved when first asked for."""
        return self._rows.timeline.prompts.at(self.frame)

    @property
    def lora(self) -> Mapping[str, float]:
        """The weight of each LoRA, by name."""
        return self._weights("lora")

    @property
    def ip_adapter(self) -> Mapping[str, float]:
        """The weight of each IP-Adapter, by name."""
        return self._weights("ip_adapter")

    def _weights(self, kind: str) -> Mapping[str, float]:
        columns = self._rows.columns
        return {name: columns[network_lane(kind, name)][self.frame] for name in self._rows.networks[kind]}

    @property
    def control(self) -> Mapping[str, ControlRow]:
        """The lanes of each ControlNet, by name."""
        return {name: ControlRow(columns, self.frame) for name, columns in self._rows.controls.items()}

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
        named = [lane.split(".") for lane in timeline.numbers if lane.count(".") == 1]
        self.networks = {kind: [name for of, name in named if of == kind] for kind in NETWORKS}
        self.controls = {
            name: {
                spec.name: self.columns[network_lane("control", name, spec.name)] for spec in ControlNet.lanes
            }
            for name in self.networks["control"]
        }

    def __len__(self) -> int:
        return len(self.timeline)

    def __getitem__(self, frame: int) -> Row:
        """The row of a frame. Raises IndexError outside 0 to the last frame."""
        if not 0 <= frame < len(self.timeline):
            raise IndexError(f"frame {frame} is outside the film: allowed 0 to {len(self) - 1}")
        return Row(self, frame)

    def __iter__(self) -> Iterator[Row]:
        return (Row(self, frame) for frame in range(len(self.timeline)))
