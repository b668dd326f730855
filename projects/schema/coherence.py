"""The table [coherence]: what keeps a film together from frame to frame."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .fields import NoBool, RowTable, Table, lane, share


class CoherenceRow(RowTable):
    """One frame's lanes of [coherence]."""

    color_amount: float = share(1.0, help="How much of the colour match is applied.")
    detail_amount: float = share(0.0, help="How far detail is matched to the pictures of the colour match.")
    noise: float = share(0.0, help="Standard deviation of the noise added before painting.")
    contrast: float = lane(1.0, minimum=0.0, maximum=10.0, help="Multiply contrast about mid-grey.")
    antiblur_amount: float = lane(
        0.0, minimum=0.0, maximum=10.0, help="Amount of the unsharp mask; 0 is off."
    )
    antiblur_kernel: int = lane(
        5,
        minimum=1,
        maximum=99,
        unit="px",
        help="Width of the unsharp mask's kernel; of an even number the next odd one is used.",
    )
    antiblur_sigma: float = lane(
        1.0, minimum=0.01, maximum=50.0, unit="px", help="Sigma of the unsharp mask's blur."
    )
    antiblur_threshold: float = share(0.0, help="Do not sharpen differences smaller than this.")
    mask_strength: float = share(0.0, help="Strength where `mask` is 0; soft edges lie between.")
    saturation: float = lane(1.0, minimum=0.0, maximum=10.0, help="Multiply colourfulness; 0 is grey.")
    echo: float = lane(
        0.0,
        minimum=0.0,
        maximum=0.99,
        help="Share of the moved last frame left in the painted one, which leaves trails.",
    )
    symmetry_amount: float = share(1.0, help="How much of the symmetry is applied.")
    symmetry_angle: float = lane(0.0, unit="degrees", help="Kaleidoscope: the direction of its first mirror.")


class Coherence(Table, lanes=CoherenceRow):
    """What keeps a film together from frame to frame."""

    color_match: Literal["auto", "none", "lab", "rgb", "hsv"] = Field(
        default="auto",
        description="Colour space in which frames are matched to `color_from`; auto: lab if that is given or the model "
        "asks for it.",
    )
    color_method: Literal["histogram", "mean"] = Field(
        default="mean", description="Match the whole histogram, or only mean and spread."
    )
    color_frame: Annotated[int, NoBool, Field(ge=0)] = Field(
        default=0, description="The frame whose colours are kept."
    )
    color_from: str = Field(
        default="auto",
        min_length=1,
        max_length=1000,
        description="Whose colours are kept: `frame` (`color_frame`), `previous`, `prompt` (pictures painted from it "
        "alone), or a picture file.",
    )
    color_pictures: Annotated[int, NoBool, Field(ge=0, le=64)] = Field(
        default=0,
        description='With color_from = "prompt": how many pictures are painted; 0: as many as the model asks for.',
    )
    mask: str = Field(
        default="",
        max_length=2000,
        description="Where the picture is painted, such as '!sky & depth(0, 500)'; the rest is kept.",
    )
    mask_feather: Annotated[int, NoBool, Field(ge=0, le=1000)] = Field(
        default=0, description="Width of the soft edges of masks, in pixels."
    )
    noise_mask: str = Field(default="", max_length=2000, description="Where noise is added.")
    symmetry: Literal["none", "horizontal", "vertical", "both", "kaleidoscope"] = Field(
        default="none", description="Mirror left to right, top to bottom, both, or as a kaleidoscope."
    )
    symmetry_folds: Annotated[int, NoBool, Field(ge=2, le=64)] = Field(
        default=6, description="Kaleidoscope: how many sectors it has."
    )
    noise_type: Literal["normal", "perlin"] = Field(
        default="perlin", description="The kind of noise that is added."
    )
