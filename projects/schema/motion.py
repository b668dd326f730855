"""The table [motion]: how the camera moves between frames."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .fields import NoBool, RowTable, Table, lane

_PATH_UNIT = "1/200 units"


class MotionRow(RowTable):
    """One frame's lanes of [motion]."""

    angle: float = lane(0.0, unit="degrees", help="Turn per frame; + is counter-clockwise.")
    zoom: float = lane(1.0, minimum=0.01, maximum=100.0, help="Factor per frame; above 1 moves in.")
    translation_x: float = lane(
        0.0, help="Per frame. 2d: px, + moves the content right; 3d: 1/200 units, + moves the camera right."
    )
    translation_y: float = lane(
        0.0, help="Per frame. 2d: px, + moves the content down; 3d: 1/200 units, + moves the camera up."
    )
    transform_center_x: float = lane(0.5, help="2d: centre of turn and zoom, as a share of the width.")
    transform_center_y: float = lane(0.5, help="2d: centre of turn and zoom, as a share of the height.")
    translation_z: float = lane(0.0, unit=_PATH_UNIT, help="3d, per frame: + moves the camera forward.")
    rotation_3d_x: float = lane(0.0, unit="degrees", help="3d, per frame: + looks up.")
    rotation_3d_y: float = lane(0.0, unit="degrees", help="3d, per frame: + looks right.")
    rotation_3d_z: float = lane(0.0, unit="degrees", help="3d, per frame: + turns counter-clockwise.")
    fov: float = lane(70.0, minimum=1.0, maximum=179.0, unit="degrees", help="3d: vertical field of view.")
    aspect: float = lane(1.0, minimum=0.01, maximum=100.0, help="3d: a pixel's width divided by its height.")
    near: float = lane(
        200.0, minimum=1.0, maximum=1e6, unit=_PATH_UNIT, help="3d: distance of the nearest things."
    )
    far: float = lane(10_000.0, minimum=1.0, maximum=1e7, unit=_PATH_UNIT, help="3d: distance of the sky.")
    camera_x: float = lane(0.0, unit=_PATH_UNIT, help="3d: position of the camera; + is right.")
    camera_y: float = lane(0.0, unit=_PATH_UNIT, help="3d: position of the camera; + is up.")
    camera_z: float = lane(0.0, unit=_PATH_UNIT, help="3d: position of the camera; + is forward.")
    look_at_x: float = lane(0.0, unit=_PATH_UNIT, help="3d: the point the camera looks at; + is right.")
    look_at_y: float = lane(0.0, unit=_PATH_UNIT, help="3d: the point the camera looks at; + is up.")
    look_at_z: float = lane(0.0, unit=_PATH_UNIT, help="3d: the point the camera looks at; + is forward.")
    camera_roll: float = lane(0.0, unit="degrees", help="3d: roll on a camera path; + is counter-clockwise.")
    perspective_flip_theta: float = lane(0.0, unit="degrees", help="Roll the picture like a card.")
    perspective_flip_phi: float = lane(0.0, unit="degrees", help="Tilt the picture like a card.")
    perspective_flip_gamma: float = lane(0.0, unit="degrees", help="Pan the picture like a card.")
    perspective_flip_fv: float = lane(
        53.0, minimum=1.0, maximum=179.0, unit="degrees", help="Field of view in which the card is seen."
    )


class Motion(Table, lanes=MotionRow):
    """How the camera moves between frames."""

    mode: Literal["2d", "3d"] = Field(
        default="2d", description="2d moves the flat picture, 3d moves a camera in space."
    )
    depth: str = Field(
        default="auto",
        min_length=1,
        max_length=1000,
        description="3d: where depth comes from: auto, flat, ground, a picture or video (white is near), or a model.",
    )
    depth_smooth: Annotated[int, NoBool, Field(ge=0, le=8)] = Field(
        default=2,
        description="3d: smooth a network's depth over this many earlier pictures, so that it does not flicker.",
    )
    translation_scale: Annotated[float, NoBool, Field(gt=0, le=1e6)] = Field(
        default=1.0, description="3d: multiply all three translations by this factor."
    )
    compat: Literal["none", "deforum", "disco"] = Field(
        default="none", description="Move in 3d, and flip, exactly as that program does."
    )
    border: Literal["reveal", "replicate", "wrap", "reflect"] = Field(
        default="reveal", description="What fills the parts that the camera uncovers; reveal paints them."
    )
    sampling: Literal["bilinear", "bicubic"] = Field(
        default="bicubic", description="How pixels are interpolated while moving."
    )
