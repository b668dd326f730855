"""The networks beside the model that a project file names: LoRAs, ControlNets, IP-Adapters."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from keyframes import LaneSpec

from .fields import Lane, NoBool, Table
from .footage import PICTURES, is_footage
from .lanes import ADAPTER_WEIGHT, CONTROL_LANES, LORA_WEIGHT

LoraName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


def _lane_help(spec: LaneSpec) -> str:
    return f"{spec.help} ({spec.minimum:g} to {spec.maximum:g})"


class Lora(Table):
    """A LoRA: a small change to the model's weights."""

    path: str = Field(min_length=1, max_length=1000, description="A .safetensors file, or DiffSynth's .ckpt.")
    weight: Lane = Field(1.0, description=_lane_help(LORA_WEIGHT))
    alpha: Annotated[float, NoBool, Field(gt=0, le=1e6)] | None = Field(
        None, description="For a file that does not say its alpha; its scale is alpha / rank."
    )


class Embedding(Table):
    """A textual inversion: its name is a word of prompts."""

    path: str = Field(min_length=1, max_length=1000, description="A .safetensors file.")


class ControlNet(Table):
    """A ControlNet: a network that steers the painting by a picture."""

    model: str = Field(
        min_length=1,
        max_length=1000,
        description="A folder in diffusers' format, or a name on the hub that has been fetched.",
    )
    source: str = Field(
        "frame",
        min_length=1,
        max_length=1000,
        description="What it is shown: `frame`, the picture that is painted over, `video`, the clip of [video], "
        "or a picture, a video or numbered pictures such as 'hints/%04d.png'.",
    )
    detect: Literal["none", "canny", "soft", "depth"] = Field(
        "none",
        description="What is made of that: Canny's edges, soft edges, or depth; none if it is made already.",
    )
    low: Annotated[int, NoBool, Field(ge=0, le=1000)] = Field(
        100, description="Canny: edges weaker than this are none."
    )
    high: Annotated[int, NoBool, Field(ge=0, le=1000)] = Field(
        200, description="Canny: edges stronger than this are always some."
    )
    weight: Lane = Field(1.0, description=_lane_help(CONTROL_LANES[0]))
    start: Lane = Field(0.0, description=_lane_help(CONTROL_LANES[1]))
    end: Lane = Field(1.0, description=_lane_help(CONTROL_LANES[2]))
    mode: Literal["balanced", "prompt", "control"] = Field(
        "balanced", description="Which counts for more where the prompt and the ControlNet disagree."
    )

    @property
    def is_footage(self) -> bool:
        """Whether `source` names files."""
        return self.source not in ("frame", "video")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.source == "depth":
            raise ValueError('source = "depth" is written: detect = "depth"')
        if self.is_footage and not (is_footage(self.source) or self.source.lower().endswith(PICTURES)):
            raise ValueError(f"source {self.source[:100]!r} is none of frame, video, a picture or a video")
        if self.low > self.high:
            raise ValueError(f"low = {self.low} is more than high = {self.high}")
        return self


class IpAdapter(Table):
    """An IP-Adapter: pictures that speak beside the prompt."""

    model: str = Field(
        min_length=1,
        max_length=1000,
        description="A .safetensors file, or one on the hub that has been fetched.",
    )
    encoder: str = Field(
        "",
        max_length=1000,
        description="Its picture encoder's folder; default: image_encoder beside the file.",
    )
    weight: Lane = Field(1.0, description=_lane_help(ADAPTER_WEIGHT))
    pictures: dict[str, str] = Field(
        min_length=1, description="Key positions and pictures; between two they are mixed."
    )
