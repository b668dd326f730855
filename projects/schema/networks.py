"""The networks beside the model that a project names: LoRAs, textual inversions, ControlNets, IP-Adapters."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..footage import PICTURES, is_footage
from .fields import NoBool, RowTable, Table, lane, share

NetworkName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


class LoraRow(RowTable):
    """One frame's lane of a LoRA."""

    weight: float = lane(
        1.0, minimum=-10.0, maximum=10.0, help="Strength of the LoRA, -10 to 10; 0 is without it."
    )


class Lora(Table, lanes=LoraRow):
    """A LoRA: a small change to the model's weights."""

    path: str = Field(min_length=1, max_length=1000, description="A .safetensors file, or DiffSynth's .ckpt.")
    alpha: Annotated[float, NoBool, Field(gt=0, le=1e6)] | None = Field(
        default=None, description="For a file that does not give its alpha; the scale is alpha / rank."
    )


class Embedding(Table):
    """A textual inversion: its name is a word of prompts."""

    path: str = Field(min_length=1, max_length=1000, description="A .safetensors file.")


class ControlRow(RowTable):
    """One frame's lanes of a ControlNet."""

    weight: float = lane(
        1.0, minimum=0.0, maximum=10.0, help="Strength of the ControlNet, 0 to 10; 0 is without it."
    )
    start: float = share(0.0, help="The ControlNet begins after this share of a frame's steps.")
    end: float = share(1.0, help="The ControlNet ends after this share of a frame's steps.")


class ControlNet(Table, lanes=ControlRow):
    """A ControlNet: a network that steers the painting by a picture."""

    model: str = Field(
        min_length=1,
        max_length=1000,
        description="A folder in diffusers' format, or a hub name that has been fetched.",
    )
    source: str = Field(
        default="frame",
        min_length=1,
        max_length=1000,
        description="The picture it gets: `frame`, the picture that is painted over; `video`, the clip of [video]; "
        "or a picture, a video or numbered pictures such as 'hints/%04d.png'.",
    )
    detect: Literal["none", "canny", "soft", "depth"] = Field(
        default="none",
        description="What is detected in that picture first: Canny's edges, soft edges, or depth; none uses it as it "
        "is.",
    )
    low: Annotated[int, NoBool, Field(ge=0, le=1000)] = Field(
        default=100, description="Canny's lower threshold."
    )
    high: Annotated[int, NoBool, Field(ge=0, le=1000)] = Field(
        default=200, description="Canny's upper threshold."
    )
    mode: Literal["balanced", "prompt", "control"] = Field(
        default="balanced", description="Which counts for more where the prompt and the ControlNet disagree."
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


class IpAdapterRow(RowTable):
    """One frame's lane of an IP-Adapter."""

    weight: float = lane(
        1.0,
        minimum=0.0,
        maximum=10.0,
        help="How much the IP-Adapter's picture counts beside the prompt, 0 to 10; 0 is without it.",
    )


class IpAdapter(Table, lanes=IpAdapterRow):
    """An IP-Adapter: pictures that guide the painting beside the prompt."""

    model: str = Field(
        min_length=1,
        max_length=1000,
        description="A .safetensors file, or one on the hub that has been fetched.",
    )
    encoder: str = Field(
        default="",
        max_length=1000,
        description="The folder of its image encoder; default: image_encoder beside the file.",
    )
    pictures: dict[str, str] = Field(
        min_length=1, description="Key positions and pictures; between two keys they are blended."
    )
