"""The tables [guide] and [clip_guidance]: pictures, and CLIP models, that pull each frame towards something."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from keyframes.cutouts import CutoutSchedule, parse_cutouts

from .fields import NoBool, RowTable, Table, lane, share


class GuideRow(RowTable):
    """One frame's lanes of [guide]."""

    guide_max: float = share(0.35, help="Share of the guide, at its middle.")
    guide_slope: float = lane(0.25, minimum=-1.0, maximum=1.0, help="How much that share swings.")
    guide_tween: int = lane(
        20,
        minimum=0,
        maximum=100_000,
        unit="frames",
        help="How long after its key a guide is blended in.",
    )
    guide_color: float = share(0.075, help="Share of the guide in the colours to which frames are matched.")


class Guide(Table, lanes=GuideRow):
    """Pictures towards which the film is drawn: key positions and files. A key that is not a lane is a position."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @property
    def keys(self) -> dict[str, Any]:
        """Position -> file, as given."""
        return dict(self.model_extra or {})


def _by_noise(low: float, high: float, *, whole: bool) -> AfterValidator:
    def check(value: float | str) -> float | str:
        parse_cutouts(value, low=low, high=high, whole=whole)
        return value

    return AfterValidator(check)


CutCount = Annotated[int | str, NoBool, _by_noise(0, 64, whole=True)]


class ClipGuidanceRow(RowTable):
    """One frame's lanes of [clip_guidance]."""

    clip_guidance_scale: float = lane(
        0.0,
        minimum=0.0,
        maximum=1e7,
        help="Pull of the CLIP model's gradient towards the prompt; 0 is off, and no model is loaded.",
    )
    tv_scale: float = lane(0.0, minimum=0.0, maximum=1e7, help="Pull towards smoothness.")
    range_scale: float = lane(
        0.0, minimum=0.0, maximum=1e7, help="Pull of colours out of range back into it, by the square."
    )
    sat_scale: float = lane(
        0.0, minimum=0.0, maximum=1e7, help="Pull of colours out of range back into it, by the distance."
    )
    init_scale: float = lane(
        0.0,
        minimum=0.0,
        maximum=1e7,
        help="Pull towards the picture that is painted over, coarse and fine.",
    )
    clamp_max: float = lane(
        0.4,
        minimum=0.001,
        maximum=100.0,
        help="Limit of all pulls together, as a deviation of the latents.",
    )
    cutn_batches: int = lane(
        1,
        minimum=1,
        maximum=64,
        help="How often cut-outs are drawn per step; multiplies time, not memory.",
    )
    clip_guidance_start: float = share(0.0, help="The pulls begin after this share of a frame's steps.")
    clip_guidance_end: float = share(
        0.5, help="The pulls end after this share of a frame's steps; the steps after it smooth their traces."
    )


class ClipGuidance(Table, lanes=ClipGuidanceRow):
    """Guidance by the gradient of a CLIP model on cut-outs of the picture, as in Disco Diffusion."""

    model: Annotated[str, Field(min_length=1, max_length=1000)] | list[str] = Field(
        default="auto",
        description="The CLIP model: auto (the painting model's own), a folder of a CLIPModel, a hub name that is in "
        "the cache, or a list of these.",
    )
    decoder: str = Field(
        default="auto",
        min_length=1,
        max_length=1000,
        description="What decodes the latents for it: auto (the model's VAE), or a folder of an AutoencoderTiny.",
    )
    cut_overview: CutCount = Field(
        default=4,
        description="Cut-outs of the whole picture: a number, or by noise level, '[12]*400+[4]*600'.",
    )
    cut_innercut: CutCount = Field(
        default=8, description="Square cut-outs from within: a number, or by noise level, '[4]*400+[12]*600'."
    )
    cut_ic_pow: Annotated[float | str, NoBool, _by_noise(0.01, 100, whole=False)] = Field(
        default=1.0,
        description="Power of the inner cut-outs' size, higher is smaller: a number, or by noise level.",
    )
    cut_icgray_p: Annotated[float | str, NoBool, _by_noise(0, 1, whole=False)] = Field(
        default=0.0, description="Share of the inner cut-outs that are grey: a number, or by noise level."
    )
    skip_augs: bool = Field(
        default=False, description="Do not shift, mirror and light the cut-outs at random."
    )

    @property
    def models(self) -> list[str]:
        """The CLIP models' names."""
        return [self.model] if isinstance(self.model, str) else self.model

    @property
    def counts(self) -> tuple[CutoutSchedule, CutoutSchedule]:
        """How many cut-outs of the whole and from within, by noise level."""
        overview = parse_cutouts(self.cut_overview, low=0, high=64, whole=True)
        return overview, parse_cutouts(self.cut_innercut, low=0, high=64, whole=True)

    @property
    def sizes(self) -> tuple[CutoutSchedule, CutoutSchedule]:
        """The power and the share of grey ones among those from within, by noise level."""
        power = parse_cutouts(self.cut_ic_pow, low=0.01, high=100, whole=False)
        return power, parse_cutouts(self.cut_icgray_p, low=0, high=1, whole=False)

    @model_validator(mode="after")
    def _has_models(self) -> Self:
        if not self.models or not all(0 < len(name.strip()) <= 1000 for name in self.models):
            raise ValueError('model needs a name. Examples: "auto", "models/clip-vit-base-patch32"')
        return self
