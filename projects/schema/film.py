"""The whole project file, "as given": what is None here is filled in from the model when it is prepared."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from .coherence import Coherence
from .diffusion import Diffusion
from .fields import NoBool, Table
from .guide import ClipGuidance, Guide
from .motion import Motion
from .networks import ControlNet, Embedding, IpAdapter, Lora, NetworkName
from .output import Output, Sound
from .video import Video

VERSION = 1
MAX_FRAMES = 100_000
MAX_PIXELS = 64_000_000
SCHEMA_FILE = "reverie.schema.json"

_DURATION = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(s|m|min)\s*")


def _is_duration(text: str) -> str:
    if _DURATION.fullmatch(text) is None:
        raise ValueError("must be a length of time such as '10s' or '1.5min'")
    return text


def _is_paintable(size: tuple[int, int]) -> tuple[int, int]:
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"must have at most {MAX_PIXELS:,} pixels")
    return size


ModelName = Annotated[str, Field(min_length=1, max_length=1000)]
Side = Annotated[int, NoBool, Field(ge=16, le=8192)]


class Prompts(Table):
    """What to paint: key positions and texts, and what is added to every text.

    Every key that is not one of the five words below is a position: `0`, `100`, `"2.5s"`, `"50%"`, `"max_f/2"`.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    schedule: str = Field(
        default="",
        description="All prompts as one text in another program's form: Deforum's JSON, Disco's dict.",
    )
    negative: str = Field(default="", description="Added to every negative prompt.")
    prefix: str = Field(default="", description="Put before every prompt.")
    suffix: str = Field(default="", description="Put after every prompt.")
    blend: Literal["hold", "linear", "smooth"] = Field(
        default="hold", description="How one key's prompt turns into the next."
    )

    @property
    def keys(self) -> dict[str, Any]:
        """Position -> prompt, as given."""
        return dict(self.model_extra or {})


class ProjectFile(Table):
    """A film to render."""

    title: str = Field(default="", max_length=1000, description="Shown in the film's metadata.")
    version: Literal[1] = Field(default=1, description="Version of this format.")
    size: Annotated[tuple[Side, Side], Field(strict=False), AfterValidator(_is_paintable)] | None = Field(
        default=None, description="[width, height] in pixels; default: the model's own."
    )
    fps: Annotated[float, NoBool, Field(gt=0, le=240)] = Field(default=15.0, description="Frames per second.")
    frames: Annotated[int, NoBool, Field(ge=1, le=MAX_FRAMES)] | None = Field(
        default=None, description="Length in frames."
    )
    duration: Annotated[str, AfterValidator(_is_duration)] | None = Field(
        default=None, description="Length in time instead: '10s', '1.5min'."
    )
    seed: Annotated[int, NoBool, Field(ge=0, le=2**53)] = Field(
        default=0, description="The number from which all randomness follows."
    )
    model: ModelName | Annotated[dict[str, ModelName], Field(min_length=1)] = Field(
        default="sketch",
        description="Built-in name, folder, file or hub name; or a table of keys and names, each from its key on.",
    )
    init_image: str | None = Field(default=None, description="Picture over which frame 0 is painted.")
    audio: str | None = Field(default=None, description="Sound track of the film.")
    bpm: Annotated[float, NoBool, Field(gt=0, le=10_000)] | None = Field(
        default=None, description="Beats per minute."
    )
    prompts: Prompts | str = Field(description="What to paint.")
    motion: Motion = Field(default_factory=Motion)
    diffusion: Diffusion = Field(default_factory=Diffusion)
    coherence: Coherence = Field(default_factory=Coherence)
    lora: dict[NetworkName, Lora] = Field(
        default_factory=dict, description="LoRAs, under names of your choice."
    )
    control: dict[NetworkName, ControlNet] = Field(
        default_factory=dict, description="ControlNets, under names of your choice."
    )
    ip_adapter: dict[NetworkName, IpAdapter] = Field(
        default_factory=dict, description="IP-Adapters, under names of your choice."
    )
    embedding: dict[NetworkName, Embedding] = Field(
        default_factory=dict, description="Textual inversions, under the words that prompts use."
    )
    sound: Sound = Field(default_factory=Sound)
    masks: dict[str, str] = Field(
        default_factory=dict,
        description="Pictures that masks are made of: a name, and a file (white is 1), many (%04d.png) or a video.",
    )
    guide: Guide = Field(default_factory=Guide)
    clip_guidance: ClipGuidance = Field(default_factory=ClipGuidance)
    video: Video = Field(default_factory=Video)
    output: Output = Field(default_factory=Output)

    @model_validator(mode="after")
    def _length(self) -> Self:
        if (self.frames is None) == (self.duration is None):
            raise ValueError("say either frames = 120 or duration = '8s'")
        if self.duration is not None and not 1 <= self.length <= MAX_FRAMES:
            raise ValueError(f"duration gives {self.length} frames; allowed: 1 to {MAX_FRAMES}")
        if 2 * self.output.loop > self.length:
            raise ValueError(
                f"output.loop = {self.output.loop} is more than half of {self.length} frames; "
                f"allowed here: 0 to {self.length // 2}"
            )
        return self

    @property
    def length(self) -> int:
        """The number of frames."""
        if self.frames is not None:
            return self.frames
        match = _DURATION.fullmatch(self.duration or "")
        if match is None:
            raise ValueError(f"{self.duration!r} is not a duration. Example: '10s' or '1.5min'")
        return round(float(match[1]) * (1 if match[2] == "s" else 60) * self.fps)


def tables() -> dict[str, type[Table]]:
    """The class of each table of the file, by name; [lora.NAME] and its like by their first word."""
    kinds = {
        name: (field.annotation, *get_args(field.annotation))
        for name, field in ProjectFile.model_fields.items()
    }
    return {
        name: kind
        for name, each in kinds.items()
        for kind in each
        if isinstance(kind, type) and issubclass(kind, Table)
    }


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a project file, for editors."""
    schema = ProjectFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Reverie project", **schema}
