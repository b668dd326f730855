"""The project file's shape: pydantic models that check it and that the JSON Schema is made from.

A project is "as given": what is None here is filled in from the model when the project is prepared for rendering.
"""

from __future__ import annotations

import re
from itertools import pairwise
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

from .clipguidance import ClipGuidanceSettings
from .fields import Lane, NoBool
from .fields import Table as _Table
from .footage import PICTURES, is_footage, is_video
from .lanes import DIFFUSION, MOTION, TABLES
from .networks import ControlNet, Embedding, IpAdapter, Lora, LoraName

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


def _as_many(example: str) -> BeforeValidator:
    """As many numbers as in the example: pydantic would complain of each that is missing."""

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


Share = Annotated[float, NoBool, Field(ge=0, le=1)]
Pitch = Annotated[float, NoBool, Field(ge=10, le=16_000)]
ModelName = Annotated[str, Field(min_length=1, max_length=1000)]
Side = Annotated[int, NoBool, Field(ge=16, le=8192)]


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
        description="3d: where depth comes from: auto, flat, ground, a picture or video (white is near), or a model.",
    )
    depth_smooth: Annotated[int, NoBool, Field(ge=0, le=8)] = Field(
        2,
        description="3d: so many pictures before are looked at too, so that a network's depth does not flicker.",
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
    seed_behavior: Literal["iter", "fixed", "random", "ladder", "alternate", "schedule"] = Field(
        "iter",
        description="Seed of each frame: one up, the same, by lot, two up and one down, one up and one down, or the "
        "lane `seed`.",
    )
    seed_iter_n: Annotated[int, NoBool, Field(ge=1, le=1_000_000)] = Field(
        1, description="With iter: the seed goes up every so many frames, first after frame 0."
    )
    guidance_rescale: Annotated[float, NoBool, Field(ge=0, le=1)] = 0.0
    vae: str = Field(
        "",
        max_length=1000,
        description="Another VAE than the model's: a folder or hub name, AutoencoderKL or AutoencoderTiny (drafts).",
    )
    draft_vae: str = Field(
        "", max_length=1000, description="The VAE of `reverie render --draft`, such as madebyollin/taesd."
    )
    denoiser: str = Field(
        "",
        max_length=1000,
        description="Another transformer or UNet than the model's: a .gguf or .safetensors file.",
    )
    quantize: Literal["", "int8", "fp8", "nf4", "llm-int8"] = Field(
        "",
        description="Take the denoiser and the big text encoders up in 8 or 4 bits: int8 and fp8 by torchao, nf4 and "
        "llm-int8 by bitsandbytes.",
    )
    cadence_flow: Literal["none", "dis", "dis-fine", "farneback", "raft"] = Field(
        "none", description="Optical flow that the frames between two painted ones are mixed along."
    )


class _CoherenceSettings(_Table):
    """What keeps a film together from frame to frame."""

    color_match: Literal["auto", "none", "lab", "rgb", "hsv"] = Field(
        "auto",
        description="Colour space of the match to `color_from`; auto: lab if that is given or the model wants it.",
    )
    color_method: Literal["histogram", "mean"] = Field(
        "mean", description="Whole histogram, or mean and spread."
    )
    color_frame: Annotated[int, NoBool, Field(ge=0)] = Field(
        0, description="The frame whose colours are kept."
    )
    color_from: str = Field(
        "auto",
        min_length=1,
        max_length=1000,
        description="Whose colours: `frame` (`color_frame`), `previous`, `prompt` (painted from it alone), a picture.",
    )
    color_pictures: Annotated[int, NoBool, Field(ge=0, le=64)] = Field(
        0, description="How many pictures of a prompt show its colours; 0: as many as the model wants."
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


class Sound(_Table):
    """How the sound track is heard by expressions: `amp`, `bass`, `mid`, `high`, `onset`, `beat_pulse`."""

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
        default=1.0, description="Factor on loudness and onsets, before the clamp."
    )
    clamp: Annotated[tuple[Share, Share], Field(strict=False), AfterValidator(_rises), _as_many("[0, 1]")] = (
        Field(default=(0.0, 1.0), description="[low, high]: no value is below or above.")
    )
    bands: Annotated[
        tuple[Pitch, Pitch, Pitch, Pitch],
        Field(strict=False),
        AfterValidator(_rises),
        _as_many("[20, 250, 4000, 16000]"),
    ] = Field(
        default=(20.0, 250.0, 4000.0, 16_000.0), description="Where bass, mid and high begin and end, Hz."
    )


class _GuideSettings(_Table):
    """Pictures that draw the film to them: key positions and files. Every key that is no lane is a position."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @property
    def keys(self) -> dict[str, Any]:
        """Position -> file, as given."""
        return dict(self.model_extra or {})


class _VideoSettings(_Table):
    """Video that a film is painted over, mixed with, or moved by."""

    input: str = Field(
        "", max_length=1000, description="A video file, or numbered pictures such as 'clip/%04d.png'."
    )
    from_: Annotated[int, NoBool, Field(ge=0)] = Field(
        0, alias="from", description="The first picture of the clip that is used, counted from 0."
    )
    to: Annotated[int, NoBool, Field(ge=0)] | None = Field(
        None, description="The last one; default: the clip's last."
    )
    every: Annotated[int, NoBool, Field(ge=1, le=10_000)] = Field(
        1, description="Every n-th picture of the clip is used."
    )
    sync: Literal["frames", "time"] = Field(
        "frames", description="A picture of the clip for each frame, or what it shows at the frame's time."
    )
    end: Literal["stop", "hold", "loop"] = Field(
        "stop",
        description="After the clip's last picture: a mistake found by plan, that picture, or the first again.",
    )
    first_frame: bool = Field(
        True, description="Frame 0 is painted over the clip's, if there is no init_image."
    )
    composite: Literal["none", "before", "init", "after"] = Field(
        "init",
        description="When the clip is laid over the picture: before the clip's motion, before or after painting.",
    )
    mask: str = Field(
        "none",
        min_length=1,
        max_length=1000,
        description="What stays of the picture where the mask is white: none, depth, video_depth, difference, "
        "blend, a video or a picture.",
    )
    mask_invert: bool = Field(False, description="White shows the clip instead.")
    mask_equalize: Literal["none", "before", "after", "both"] = Field(
        "none", description="Spread the mask's values evenly, before or after its contrast."
    )
    mask_auto_contrast: bool = Field(
        False, description="Stretch the mask between video_mask_low and video_mask_high."
    )
    motion: Literal["none", "flow", "affine", "perspective"] = Field(
        "none", description="How the clip's own motion moves the picture."
    )
    motion_from: Literal["clip", "render"] = Field(
        "clip", description="Where the motion starts: at the clip's picture before, or at the painted one."
    )
    flow: Literal["dis", "dis-fine", "farneback", "raft"] = Field(
        "dis", description="How flow is measured; raft is a network that needs torchvision."
    )
    consistency: Literal["none", "still", "clip"] = Field(
        "none",
        description="Where flow there and back disagree: nothing, the picture stays in place, or the clip shows.",
    )
    consistency_blur: Annotated[int, NoBool, Field(ge=0, le=64)] = Field(
        2, description="Softness of that mask, px."
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if not self.input and self.model_fields_set:
            raise ValueError('says nothing without a clip. Example: input = "clip.mp4"')
        if self.input and not (is_footage(self.input)):
            raise ValueError(f"input {self.input[:100]!r} is no video. Examples: 'clip.mp4', 'clip/%04d.png'")
        kinds = ("none", "depth", "video_depth", "difference", "blend")
        if self.mask not in kinds and not (is_footage(self.mask) or self.mask.lower().endswith(PICTURES)):
            raise ValueError(f"mask {self.mask[:100]!r} is none of {', '.join(kinds)}, a video or a picture")
        if self.to is not None and self.to < self.from_:
            raise ValueError(f"to = {self.to} comes before from = {self.from_}")
        if self.sync == "time" and self.every > 1:
            raise ValueError(
                'every = ... is for sync = "frames"; by time the film\'s fps says which are used'
            )
        if self.sync == "time" and not is_video(self.input):
            raise ValueError('pictures in files have no time; allowed for them: sync = "frames"')
        if self.consistency != "none" and self.motion != "flow":
            raise ValueError(
                f'consistency = "{self.consistency}" is of optical flow; it needs motion = "flow"'
            )
        if self.consistency == "clip" and self.composite != "init":
            raise ValueError(
                'consistency = "clip" lays the clip over the moved picture; it needs composite = "init"'
            )
        return self


class Output(_Table):
    """The film file."""

    crf: Annotated[int, NoBool, Field(ge=0, le=51)] = Field(
        default=17, description="H.264 quality, lower is better."
    )
    preset: Literal["ultrafast", "veryfast", "fast", "medium", "slow", "veryslow"] = "medium"
    interpolate: Annotated[int, NoBool, Field(ge=1, le=16)] = Field(
        default=1, description="So many times as many frames in the same time: those between by optical flow."
    )
    fps_out: Annotated[float, NoBool, Field(gt=0, le=240)] | None = Field(
        default=None, description="The film's frames per second, instead of interpolate."
    )
    upscale: Annotated[int, NoBool, Field(ge=1, le=8)] = Field(
        default=1, description="So many times as wide and high."
    )
    upscaler: str = Field(
        default="",
        max_length=1000,
        description="The network that does it: a Swin2SR folder in transformers' format, or a name on the hub that has "
        "been fetched; default: none, Lanczos' kernel.",
    )
    subtitles: Literal["none", "prompts", "values"] = Field(
        default="none",
        description="Beside the film, film.srt: the prompts, or frame, seed, lanes and prompt of every frame.",
    )
    loop: Annotated[int, NoBool, Field(ge=0, le=1000)] = Field(
        default=0,
        description="So many frames at the end dissolve into those at the beginning: the film goes round.",
    )
    vr: Literal["none", "side-by-side", "over-under", "equirect-180"] = Field(
        default="none",
        description="For two eyes, from depth: left and right, left over right, or two half spheres.",
    )
    vr_eyes: Annotated[float, NoBool, Field(gt=0, le=1000)] = Field(
        default=6.0,
        description="From eye to eye, in 1/200 units: a thirtieth of the way to the nearest things is usual.",
    )
    vr_screen: Annotated[float, NoBool, Field(ge=0, le=1e6)] = Field(
        default=0.0,
        description="How far what stands on the screen is, in 1/200 units; 0: infinitely, all is before it.",
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.fps_out is not None and self.interpolate != 1:
            raise ValueError("say either interpolate = 2 or fps_out = 30, not both")
        if self.upscaler.strip() and self.upscale == 1:
            raise ValueError("upscaler does nothing without a factor. Example: upscale = 2")
        return self


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
ClipGuidance: Any = _with_lanes("ClipGuidance", ClipGuidanceSettings, TABLES["clip_guidance"])
Video: Any = _with_lanes("Video", _VideoSettings, TABLES["video"])


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
    model: ModelName | Annotated[dict[str, ModelName], Field(min_length=1)] = Field(
        "sketch",
        description="Built-in name, folder, file or hub name; or a table of keys and names, each from its key on.",
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
    lora: dict[LoraName, Lora] = Field(default_factory=dict, description="LoRAs by names of your choice.")
    control: dict[LoraName, ControlNet] = Field(
        default_factory=dict, description="ControlNets by names of your choice."
    )
    ip_adapter: dict[LoraName, IpAdapter] = Field(
        default_factory=dict, description="IP-Adapters by names of your choice."
    )
    embedding: dict[LoraName, Embedding] = Field(
        default_factory=dict, description="Textual inversions by the words that prompts use."
    )
    sound: Sound = Sound()
    masks: dict[str, str] = Field(
        default_factory=dict,
        description="Pictures that masks are made of: a name, and a file (white is 1), many (%04d.png) or a video.",
    )
    guide: Guide = Field(default_factory=Guide)
    clip_guidance: ClipGuidance = Field(default_factory=ClipGuidance)
    video: Video = Field(default_factory=Video)
    output: Output = Output()

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


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a project file, for editors."""
    schema = ProjectFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Reverie project", **schema}
