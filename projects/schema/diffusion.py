"""The table [diffusion]: how the moved picture is painted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .fields import NoBool, RowTable, Table, lane, share

SEEDS = (0, 2**53)  # what a float64 lane holds exactly
_NAME = 1000


class DiffusionRow(RowTable):
    """One frame's lanes of [diffusion]."""

    strength: float = share(
        0.5, help="Share of the noise schedule run on the moved picture; 0 keeps it, 1 paints a new one."
    )
    reveal_strength: float = share(
        1.0, help='The same for what the camera uncovers, with border = "reveal"; never less than strength.'
    )
    steps: int = lane(20, minimum=1, maximum=1000, help="Steps of the whole noise schedule.")
    cfg_scale: float = lane(7.0, minimum=0.0, maximum=100.0, help="How strongly the prompt guides; 1 is off.")
    cfg_start: float = share(0.0, help="Guidance begins after this share of a frame's steps.")
    cfg_end: float = share(
        1.0, help="Guidance ends after this share of a frame's steps; the steps after it take half the time."
    )
    clipskip: int = lane(
        1,
        minimum=1,
        maximum=32,
        help="Which layer of CLIP is read, counted from the end; 1 is the usual one (sd, sdxl, sd3).",
    )
    eta: float = share(0.0, help="Fresh noise per step, for DDIM and TCD.")
    seed: int = lane(
        "s",
        minimum=SEEDS[0],
        maximum=SEEDS[1],
        help='Seed of each frame, with seed_behavior = "schedule".',
    )
    subseed: int = lane(
        1, minimum=SEEDS[0], maximum=SEEDS[1], help="The seed towards which the noise travels."
    )
    subseed_strength: float = share(
        0.0, help="How far the noise has travelled from the seed (0) to the subseed (1)."
    )
    cadence: int = lane(
        1,
        minimum=1,
        maximum=1000,
        unit="frames",
        help="Paint every n-th frame; those between are moved and blended.",
    )
    cadence_flow_factor: float = lane(
        1.0, minimum=-10.0, maximum=10.0, help="How much of the optical flow cadence_flow follows."
    )
    sampler: str


class Diffusion(Table, lanes=DiffusionRow):
    """How the moved picture is painted."""

    sampler: str | dict[str, Any] | None = Field(
        default=None, description="The sampler's name, or a schedule of names; default: the model's own."
    )
    steps_mode: Literal["scaled", "exact"] = Field(
        default="scaled",
        description="Run steps * strength steps, as Deforum does, or always `steps` of them, as ComfyUI does.",
    )
    seed_behavior: Literal["iter", "fixed", "random", "ladder", "alternate", "schedule"] = Field(
        default="iter",
        description="How the seed changes per frame: +1 (iter), not at all (fixed), random, +2/-1 (ladder), "
        "+1/-1 (alternate), or the lane `seed` (schedule).",
    )
    seed_iter_n: Annotated[int, NoBool, Field(ge=1, le=1_000_000)] = Field(
        default=1, description="With iter: keep each seed for this many frames (frame 0 counts by itself)."
    )
    guidance_rescale: Annotated[float, NoBool, Field(ge=0, le=1)] = Field(
        default=0.0,
        description="Share by which guidance is rescaled to the spread of the prompt's own prediction; 0 is off.",
    )
    vae: str = Field(
        default="",
        max_length=_NAME,
        description="A VAE to use instead of the model's: a folder or hub name of an AutoencoderKL or AutoencoderTiny.",
    )
    draft_vae: str = Field(
        default="",
        max_length=_NAME,
        description="The VAE for `reverie render --draft`, such as madebyollin/taesd.",
    )
    denoiser: str = Field(
        default="",
        max_length=_NAME,
        description="A transformer or UNet to use instead of the model's: a .gguf or .safetensors file.",
    )
    quantize: Literal["", "int8", "fp8", "nf4", "llm-int8"] = Field(
        default="",
        description="Hold the denoiser and large text encoders in 8 or 4 bits: int8 and fp8 use torchao, nf4 and "
        "llm-int8 use bitsandbytes.",
    )
    cadence_flow: Literal["none", "dis", "dis-fine", "farneback", "raft"] = Field(
        default="none", description="Optical flow along which frames between painted ones are blended."
    )
