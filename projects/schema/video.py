"""The table [video]: video that a film is painted over, blended with, or moved by."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..footage import PICTURES, is_footage, is_video
from .fields import NoBool, RowTable, Table, lane, share

_MASKS = ("none", "depth", "video_depth", "difference", "blend")


class VideoRow(RowTable):
    """One frame's lanes of [video]."""

    video_alpha: float = share(
        1.0, help="Share of the clip in the picture it is laid over; 1 shows the clip alone."
    )
    video_flow_factor: float = lane(
        1.0, minimum=-10.0, maximum=10.0, help="Multiply the clip's own motion; -1 moves against it."
    )
    video_mask_blend: float = share(0.5, help='Share of the clip, with mask = "blend".')
    video_mask_contrast: float = lane(
        1.0, minimum=0.0, maximum=255.0, help="Multiply the mask's contrast about grey."
    )
    video_mask_low: float = lane(
        0.0,
        minimum=0.0,
        maximum=100.0,
        unit="percent",
        help="With mask_auto_contrast: this percentile of the mask becomes black.",
    )
    video_mask_high: float = lane(
        100.0,
        minimum=0.0,
        maximum=100.0,
        unit="percent",
        help="With mask_auto_contrast: this percentile of the mask becomes white.",
    )


class Video(Table, lanes=VideoRow):
    """Video that a film is painted over, blended with, or moved by."""

    input: str = Field(
        default="",
        max_length=1000,
        description="A video file, or numbered pictures such as 'clip/%04d.png'.",
    )
    from_: Annotated[int, NoBool, Field(ge=0)] = Field(
        default=0, alias="from", description="The first picture of the clip that is used, counted from 0."
    )
    to: Annotated[int, NoBool, Field(ge=0)] | None = Field(
        default=None, description="The last one; default: the clip's last."
    )
    every: Annotated[int, NoBool, Field(ge=1, le=10_000)] = Field(
        default=1, description="Use every n-th picture of the clip."
    )
    sync: Literal["frames", "time"] = Field(
        default="frames",
        description="Use one picture of the clip for each frame, or the one that it shows at the frame's time.",
    )
    end: Literal["stop", "hold", "loop"] = Field(
        default="stop",
        description="When the clip is too short: report an error, hold the last picture, or start over.",
    )
    first_frame: bool = Field(
        default=True, description="Paint frame 0 over the clip's first picture, if there is no init_image."
    )
    composite: Literal["none", "before", "init", "after"] = Field(
        default="init",
        description="When the clip is laid over the picture: before the clip's motion, before or after painting.",
    )
    mask: str = Field(
        default="none",
        min_length=1,
        max_length=1000,
        description="Where the picture shows through the clip (white): none, depth, video_depth, difference, blend, "
        "a video or a picture.",
    )
    mask_invert: bool = Field(default=False, description="Show the clip where the mask is white instead.")
    mask_equalize: Literal["none", "before", "after", "both"] = Field(
        default="none", description="Equalise the mask's histogram, before or after its contrast."
    )
    mask_auto_contrast: bool = Field(
        default=False, description="Stretch the mask between video_mask_low and video_mask_high."
    )
    motion: Literal["none", "flow", "affine", "perspective"] = Field(
        default="none", description="How the clip's own motion moves the picture."
    )
    motion_from: Literal["clip", "render"] = Field(
        default="clip",
        description="Measure the motion from the clip's picture before, or from the painted one.",
    )
    flow: Literal["dis", "dis-fine", "farneback", "raft"] = Field(
        default="dis", description="How optical flow is measured; raft is a network that needs torchvision."
    )
    consistency: Literal["none", "still", "clip"] = Field(
        default="none",
        description="Where forward and backward flow disagree: move all the same, leave the picture in place, or show "
        "the clip.",
    )
    consistency_blur: Annotated[int, NoBool, Field(ge=0, le=64)] = Field(
        default=2, description="Blur of that mask, px."
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if not self.input and self.model_fields_set:
            raise ValueError('needs a clip. Example: input = "clip.mp4"')
        if self.input and not is_footage(self.input):
            raise ValueError(
                f"input {self.input[:100]!r} is not a video. Examples: 'clip.mp4', 'clip/%04d.png'"
            )
        if self.mask not in _MASKS and not (is_footage(self.mask) or self.mask.lower().endswith(PICTURES)):
            raise ValueError(f"mask {self.mask[:100]!r} is none of {', '.join(_MASKS)}, a video or a picture")
        if self.to is not None and self.to < self.from_:
            raise ValueError(f"to = {self.to} comes before from = {self.from_}")
        if self.sync == "time" and self.every > 1:
            raise ValueError('every = ... needs sync = "frames"; by time, the film\'s fps decides')
        if self.sync == "time" and not is_video(self.input):
            raise ValueError('numbered pictures have no time; allowed for them: sync = "frames"')
        if self.consistency != "none" and self.motion != "flow":
            raise ValueError(f'consistency = "{self.consistency}" needs motion = "flow"')
        if self.consistency == "clip" and self.composite != "init":
            raise ValueError(
                'consistency = "clip" lays the clip over the moved picture; it needs composite = "init"'
            )
        return self
