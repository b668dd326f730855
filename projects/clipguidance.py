"""The table [clip_guidance]: a picture-text model that pulls each frame towards its prompt."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from .cutouts import ByNoise, parse_by_noise
from .fields import NoBool, Table


def _by_noise(low: float, high: float, *, whole: bool) -> AfterValidator:
    def check(value: float | str) -> float | str:
        parse_by_noise(value, low=low, high=high, whole=whole)
        return value

    return AfterValidator(check)


CutCount = Annotated[int | str, NoBool, _by_noise(0, 64, whole=True)]


class ClipGuidanceSettings(Table):
    """Guidance by the gradient of a picture-text model (CLIP) on cut-outs of the picture, as in Disco Diffusion."""

    model: Annotated[str, Field(min_length=1, max_length=1000)] | list[str] = Field(
        "auto",
        description="The picture-text model: auto (the painting model's own), a folder of a CLIPModel, a hub name that "
        "is in the cache, or a list of these.",
    )
    decoder: str = Field(
        "auto",
        min_length=1,
        max_length=1000,
        description="What shows the picture to it: auto (the model's VAE), or a folder of an AutoencoderTiny.",
    )
    cut_overview: CutCount = Field(
        4, description="Cut-outs of the whole picture; a number, or by noise: '[12]*400+[4]*600'."
    )
    cut_innercut: CutCount = Field(
        8, description="Square cut-outs from within; a number, or by noise: '[4]*400+[12]*600'."
    )
    cut_ic_pow: Annotated[float | str, NoBool, _by_noise(0.01, 100, whole=False)] = Field(
        1.0, description="Size of the inner ones: higher is smaller; a number, or by noise."
    )
    cut_icgray_p: Annotated[float | str, NoBool, _by_noise(0, 1, whole=False)] = Field(
        0.0, description="Share of the inner ones that are grey; a number, or by noise."
    )
    skip_augs: bool = Field(False, description="Do not shift, mirror and light the cut-outs by lot.")

    @property
    def models(self) -> list[str]:
        """The picture-text models' names."""
        return [self.model] if isinstance(self.model, str) else self.model

    @property
    def counts(self) -> tuple[ByNoise, ByNoise]:
        """How many cut-outs of the whole and from within, by noise."""
        first, second = (
            parse_by_noise(given, low=0, high=64, whole=True)
            for given in (self.cut_overview, self.cut_innercut)
        )
        return first, second

    @property
    def sizes(self) -> tuple[ByNoise, ByNoise]:
        """The power and the share of grey ones among those from within, by noise."""
        power = parse_by_noise(self.cut_ic_pow, low=0.01, high=100, whole=False)
        return power, parse_by_noise(self.cut_icgray_p, low=0, high=1, whole=False)

    @model_validator(mode="after")
    def _has_models(self) -> Self:
        if not self.models or not all(0 < len(name.strip()) <= 1000 for name in self.models):
            raise ValueError('model needs a name. Examples: "auto", "models/clip-vit-base-patch32"')
        return self
