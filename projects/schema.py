"""The project file's shape: pydantic models that check it and that the JSON Schema is made from.

A project is "as given": what is None here is filled in from the model when the project is prepared for rendering.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    model_validator,
)

from keyframes import LaneSpec

from .lanes import DIFFUSION, MOTION, TABLES

VERSION = 1
MAX_FRAMES = 100_000
MAX_PIXELS = 64_000_000
SCHEMA_FILE = "reverie.schema.json"

_DURATION = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(s|m|min)\s*")


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers here")
    return value


def _is_duration(text: str) -> str:
    if _DURATION.fullmatch(text) is None:
        raise ValueError("must be a length of time such as '10s' or '1.5min'")
    return text


def _is_paintable(size: tuple[int, int]) -> tuple[int, int]:
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"must have at most {MAX_PIXELS:,} pixels")
    return size


NoBool = BeforeValidator(_not_bool)
Side = Annotated[int, NoBool, Field(ge=16, le=8192)]
Lane = Annotated[
    int | float | str | dict[str, Any],
    NoBool,
    Field(
        description="A number, a schedule such as '0: (1.0), 60: (1.03)', or a table of keys.",
        json_schema_extra={"examples": [1.0, "0: (1.0), 60: (1.02 + 0.01*sin(2*pi*t/30))"]},
    ),
]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Prompts(_Table):
    """What to paint: key positions and texts, and what goes round every text.

    Every key that is not one of the five words below is a position: `0`, `100`, `"2.5s"`, `"50%"`, `"max_f/2"`.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    schedule: str = Field("", description="The prompts as one classic text (Deforum's JSON, Disco's dict).")
    negative: str = Field("", description="Added to every negative prompt.")
    prefix: str = Field("", description="Put before every prompt.")
    suffix: str = Field("", description="Put after every prompt.")
    blend: Literal["hold", "linear", "smooth"] = Field(
        "hold", description="From one key's prompt to the next."
    )

    @property
    def keys(self) -> dict[str, Any]:
        """Position -> prompt, as given."""
        return dict(self.model_extra or {})


class _MotionSettings(_Table):
    """How the camera moves between frames."""

    mode: Literal["2d", "3d"] = Field("2d", description="The kind of camera: flat, or in space.")
    depth: str = Field(
        "auto",
        min_length=1,
        max_length=1000,
        description="3d: where depth comes from: auto, flat, ground, a picture (white is near), or a depth model.",
    )
    translation_scale: Annotated[float, NoBool, Field(gt=0, le=1e6)] = Field(
        1.0, description="3d: factor on all three translations."
    )
    compat: Literal["none", "deforum", "disco"] = Field(
        "none", description="Move in 3d, and flip, as that program does."
    )
    border: Literal["reveal", "replicate", "wrap", "reflect"] = Field(
        "reveal", description="What fills the parts that the camera uncovers; reveal paints them anew."
    )
    sampling: Literal["bilinear", "bicubic"] = Field(
        "bicubic", description="How pixels are read while moving."
    )


class _DiffusionSettings(_Table):
    """How the moved picture is painted."""

    sampler: str | dict[str, Any] | None = Field(None, description="Sampler name, or a schedule of names.")
    steps_mode: Literal["scaled", "exact"] = Field(
        "scaled", description="Run steps * strength steps (Deforum), or always `steps` of them (ComfyUI)."
    )
    seed_behavior: Literal["iter", "fixed", "random", "schedule"] = Field(
        "iter", description="Seed of each frame: seed + frame, the same, one by lot, or the lane `seed`."
    )
    guidance_rescale: Annotated[float, NoBool, Field(ge=0, le=1)] = 0.0
    cadence_flow: Literal["none", "dis", "farneback"] = Field(
        "none", description="Optical flow that the frames between two painted ones are mixed along."
    )


class _CoherenceSettings(_Table):
    """What keeps a film together from frame to frame."""

    color_match: Literal["none", "lab", "rgb", "hsv"] = Field(
        "none",
        description="Colour space in which frames are matched to the frame `color_frame`; holds prompts back too.",
    )
    color_method: Literal["histogram", "mean"] = Field(
        "mean", description="Whole histogram, or mean and spread."
    )
    color_frame: Annotated[int, NoBool, Field(ge=0)] = Field(
        0, description="The frame whose colours are kept."
    )
    color_from: str = Field(
        "frame",
        min_length=1,
        max_length=1000,
        description="Whose colours: those of `frame` (`color_frame`), of the frame before (`previous`), or a picture.",
    )
    mask: str = Field(
        "",
        max_length=2000,
        description="What is painted anew, such as '!sky & depth(0, 500)'; the rest is kept.",
    )
    mask_feather: Annotated[int, NoBool, Field(ge=0, le=1000)] = Field(
        0, description="How soft the edges of masks are, in pixels."
    )
    noise_mask: str = Field("", max_length=2000, description="Where noise is added.")
    symmetry: Literal["none", "horizontal", "vertical", "both", "kaleidoscope"] = Field(
        "none", description="Mirrors: left to right, top to bottom, both, or a kaleidoscope."
    )
    symmetry_folds: Annotated[int, NoBool, Field(ge=2, le=64)] = Field(
        6, description="Of the kaleidoscope: how often its sector is repeated."
    )
    noise_type: Literal["normal", "perlin"] = Field("perlin", description="The kind of noise added.")


class _GuideSettings(_Table):
    """Pictures that draw the film to them: key positions and files. Every key that is no lane is a position."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @property
    def keys(self) -> dict[str, Any]:
        """Position -> file, as given."""
        return dict(self.model_extra or {})


class Output(_Table):
    """The film file."""

    crf: Annotated[int, NoBool, Field(ge=0, le=51)] = Field(
        default=17, description="H.264 quality, lower is better."
    )
    preset: Literal["ultrafast", "veryfast", "fast", "medium", "slow", "veryslow"] = "medium"


def _with_lanes(name: str, base: type[BaseModel], lanes: tuple[LaneSpec, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        spec.name: (
            Lane | None,
            Field(None, description=f"{spec.help} ({spec.unit})" if spec.unit else spec.help),
        )
        for spec in lanes
    }
    return create_model(name, __base__=base, __doc__=base.__doc__, **fields)


Motion: Any = _with_lanes("Motion", _MotionSettings, MOTION)
Diffusion: Any = _with_lanes("Diffusion", _DiffusionSettings, DIFFUSION)
Coherence: Any = _with_lanes("Coherence", _CoherenceSettings, TABLES["coherence"])
Guide: Any = _with_lanes("Guide", _GuideSettings, TABLES["guide"])


class ProjectFile(_Table):
    """A film to render."""

    title: str = Field("", max_length=1000, description="Shown in the film's metadata.")
    version: Literal[1] = Field(1, description="Version of this format.")
    size: Annotated[tuple[Side, Side], Field(strict=False), AfterValidator(_is_paintable)] | None = Field(
        None, description="[width, height] in pixels; default: the model's own."
    )
    fps: Annotated[float, NoBool, Field(gt=0, le=240)] = Field(15.0, description="Frames per second.")
    frames: Annotated[int, NoBool, Field(ge=1, le=MAX_FRAMES)] | None = Field(
        None, description="Length in frames."
    )
    duration: Annotated[str, AfterValidator(_is_duration)] | None = Field(
        None, description="Length in time instead: '10s', '1.5min'."
    )
    seed: Annotated[int, NoBool, Field(ge=0, le=2**53)] = Field(0, description="Where all randomness starts.")
    model: str = Field(
        "sketch", min_length=1, max_length=1000, description="Built-in name, folder, file or hub name."
    )
    init_image: str | None = Field(None, description="Picture that frame 0 is painted over.")
    audio: str | None = Field(None, description="Sound track of the film.")
    bpm: Annotated[float, NoBool, Field(gt=0, le=10_000)] | None = Field(
        None, description="Beats per minute."
    )
    prompts: Prompts | str = Field(description="What to paint.")
    motion: Motion = Field(default_factory=Motion)
    diffusion: Diffusion = Field(default_factory=Diffusion)
    coherence: Coherence = Field(default_factory=Coherence)
    masks: dict[str, str] = Field(
        default_factory=dict,
        description="Pictures that masks are made of: a name, and a file (white is 1) or many (hand_%04d.png).",
    )
    guide: Guide = Field(default_factory=Guide)
    output: Output = Output()

    @model_validator(mode="after")
    def _length(self) -> Self:
        if (self.frames is None) == (self.duration is None):
            raise ValueError("say either frames = 120 or duration = '8s'")
        if self.duration is not None and not 1 <= self.length <= MAX_FRAMES:
            raise ValueError(f"duration gives {self.length} frames; allowed: 1 to {MAX_FRAMES}")
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


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a project file, for editors."""
    schema = ProjectFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Reverie project", **schema}
