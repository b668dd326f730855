"""The tables [output], the film file, and [sound], how its sound track is heard."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .fields import NoBool, Share, Table


class Output(Table):
    """The film file."""

    crf: Annotated[int, NoBool, Field(ge=0, le=51)] = Field(
        default=17, description="H.264 quality; lower is better."
    )
    preset: Literal["ultrafast", "veryfast", "fast", "medium", "slow", "veryslow"] = Field(
        default="medium", description="How long the encoder works for a smaller file."
    )
    interpolate: Annotated[int, NoBool, Field(ge=1, le=16)] = Field(
        default=1, description="Multiply the frame rate by this factor, interpolating with optical flow."
    )
    fps_out: Annotated[float, NoBool, Field(gt=0, le=240)] | None = Field(
        default=None,
        description="Frames per second of the film, interpolating with optical flow; instead of interpolate.",
    )
    upscale: Annotated[int, NoBool, Field(ge=1, le=8)] = Field(
        default=1, description="Scale width and height by this factor."
    )
    upscaler: str = Field(
        default="",
        max_length=1000,
        description="The network that upscales: a Swin2SR folder in transformers' format, or a hub name that has been "
        "fetched; default: Lanczos resampling, without a network.",
    )
    subtitles: Literal["none", "prompts", "values"] = Field(
        default="none",
        description="Write film.srt beside the film: the prompts, or frame, seed, lanes and prompt of every frame.",
    )
    loop: Annotated[int, NoBool, Field(ge=0, le=1000)] = Field(
        default=0,
        description="Cross-fade this many frames at the end into those at the beginning, so that the film loops.",
    )
    vr: Literal["none", "side-by-side", "over-under", "equirect-180"] = Field(
        default="none",
        description="Make a stereo film from depth: left and right, left over right, or two half spheres.",
    )
    vr_eyes: Annotated[float, NoBool, Field(gt=0, le=1000)] = Field(
        default=6.0,
        description="Distance between the eyes, in 1/200 units; a thirtieth of that to the nearest things is usual.",
    )
    vr_screen: Annotated[float, NoBool, Field(ge=0, le=1e6)] = Field(
        default=0.0,
        description="Distance of what appears at the screen, in 1/200 units; 0: infinite, all appears before it.",
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.fps_out is not None and self.interpolate != 1:
            raise ValueError("say either interpolate = 2 or fps_out = 30, not both")
        if self.upscaler.strip() and self.upscale == 1:
            raise ValueError("upscaler does nothing without a factor. Example: upscale = 2")
        return self


def _as_many(example: str) -> BeforeValidator:
    """As many numbers as in the example: pydantic would report each missing one by itself."""

    def check(value: object) -> object:
        if not isinstance(value, list | tuple) or len(value) != example.count(",") + 1:
            raise ValueError(f"must be a list such as {example}")
        return value

    return BeforeValidator(check)


def _rises(numbers: tuple[float, ...]) -> tuple[float, ...]:
    if any(b <= a for a, b in pairwise(numbers)):
        raise ValueError(
            f"must rise from one number to the next, as in {[float(n) for n in sorted(set(numbers))]}"
        )
    return numbers


Pitch = Annotated[float, NoBool, Field(ge=10, le=16_000)]


class Sound(Table):
    """How expressions hear the sound track: `amp`, `bass`, `mid`, `high`, `onset`, `beat_pulse`."""

    offset: Annotated[float, NoBool, Field(ge=0, le=36_000)] = Field(
        default=0.0, description="The second of the sound at which the film begins."
    )
    attack: Annotated[float, NoBool, Field(ge=0, le=10)] = Field(
        default=0.02, description="Seconds in which values follow a louder sound."
    )
    release: Annotated[float, NoBool, Field(ge=0, le=10)] = Field(
        default=0.25, description="Seconds in which values, and pulses, fall to a third."
    )
    gain: Annotated[float, NoBool, Field(gt=0, le=100)] = Field(
        default=1.0, description="Multiply loudness and onsets, before the clamp."
    )
    clamp: Annotated[tuple[Share, Share], Field(strict=False), AfterValidator(_rises), _as_many("[0, 1]")] = (
        Field(default=(0.0, 1.0), description="[low, high]: limits of every value.")
    )
    bands: Annotated[
        tuple[Pitch, Pitch, Pitch, Pitch],
        Field(strict=False),
        AfterValidator(_rises),
        _as_many("[20, 250, 4000, 16000]"),
    ] = Field(
        default=(20.0, 250.0, 4000.0, 16_000.0),
        description="Frequencies at which bass, mid and high begin and end, Hz.",
    )
