"""The lanes of a project, derived from the classes of its tables, and where each is written.

Names are Deforum's (Parseq's for the anti-blur), without the `_schedule` suffix.
"""

from __future__ import annotations

from dataclasses import replace

from keyframes import LaneSpec

from .schema.coherence import Coherence
from .schema.diffusion import Diffusion
from .schema.fields import lanes_in
from .schema.guide import ClipGuidance, Guide
from .schema.motion import Motion
from .schema.networks import ControlNet, IpAdapter, Lora
from .schema.video import Video

TABLES: dict[str, tuple[LaneSpec, ...]] = {
    "motion": lanes_in(Motion),
    "diffusion": lanes_in(Diffusion),
    "coherence": lanes_in(Coherence),
    "guide": lanes_in(Guide),
    "clip_guidance": lanes_in(ClipGuidance),
    "video": lanes_in(Video),
}
MOTION, DIFFUSION, GUIDE = TABLES["motion"], TABLES["diffusion"], TABLES["guide"]
CLIP_GUIDANCE, VIDEO = TABLES["clip_guidance"], TABLES["video"]
_TOUCHES = ("mask_strength", "saturation", "echo", "symmetry_amount", "symmetry_angle")
RETOUCHING = tuple(spec for spec in TABLES["coherence"] if spec.name in _TOUCHES)
_LORA, _CONTROL, _ADAPTER = "lora.", "control.", "ip_adapter."
(LORA_WEIGHT,) = lanes_in(Lora)
CONTROL_LANES = lanes_in(ControlNet)
(ADAPTER_WEIGHT,) = lanes_in(IpAdapter)

IN_2D = ("angle", "zoom", "transform_center_x", "transform_center_y")
IN_3D = (
    "translation_z",
    "rotation_3d_x",
    "rotation_3d_y",
    "rotation_3d_z",
    "fov",
    "aspect",
    "near",
    "far",
)
LOOK_AT = ("look_at_x", "look_at_y", "look_at_z")
PATH = ("camera_x", "camera_y", "camera_z", *LOOK_AT, "camera_roll")  # where the camera is
MOVED_BY_SCALE = ("translation_x", "translation_y", "translation_z")
STEPS = (*MOVED_BY_SCALE, "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")  # how it moves per frame
FLIP = (
    "perspective_flip_theta",
    "perspective_flip_phi",
    "perspective_flip_gamma",
    "perspective_flip_fv",
)
CADENCE = ("cadence", "cadence_flow_factor")


def lane_specs(samplers: tuple[str, ...], defaults: dict[str, float | str]) -> tuple[LaneSpec, ...]:
    """Every lane, with a model's own defaults put in and `sampler` as the lane of words.

    samplers: the names it may hold. defaults: lane -> default, for lanes that the model knows better.
    """
    word = LaneSpec(
        name="sampler", default=samplers[0], choices=samplers, help="How the noise is taken away."
    )
    numbers = [spec for specs in TABLES.values() for spec in specs]
    after = len(MOTION) + len(DIFFUSION)
    specs = (*numbers[:after], word, *numbers[after:])
    return tuple(replace(s, default=defaults[s.name]) if s.name in defaults else s for s in specs)


def lora_lane(name: str) -> str:
    """The lane of a LoRA's weight."""
    return f"{_LORA}{name}"


def control_lane(name: str, setting: str = "weight") -> str:
    """The lane of a ControlNet's weight, start or end."""
    return f"{_CONTROL}{name}" if setting == "weight" else f"{_CONTROL}{name}.{setting}"


def adapter_lane(name: str) -> str:
    """The lane of an IP-Adapter's weight."""
    return f"{_ADAPTER}{name}"


def place_of(lane: str) -> str:
    """Where in the project file a lane is written: "motion.zoom", "lora.style.weight", "control.edges.start".

    A setting that is not a lane, such as "embedding.word.path", stays as it is.
    """
    if "." in lane and not lane.startswith((_LORA, _CONTROL, _ADAPTER)):
        return lane
    if lane.startswith((_LORA, _CONTROL, _ADAPTER)):
        return lane if lane.count(".") > 1 else f"{lane}.weight"
    return f"{table_of(lane)}.{lane}"


def table_of(lane: str) -> str:
    """The table of the project file that a lane is written in."""
    for table, specs in TABLES.items():
        if any(spec.name == lane for spec in specs):
            return table
    return "diffusion"
