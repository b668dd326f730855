"""The lanes of a project, table by table: what can change over time, its default, range and unit.

Names are Deforum's (Parseq's for the anti-blur), without the `_schedule` suffix. This table feeds the schema, the
checks, `plan` and the docs.
"""

from __future__ import annotations

from dataclasses import replace

from keyframes import LaneSpec

SEEDS = (0, 2**53)  # what a float64 lane holds exactly

MOTION: tuple[LaneSpec, ...] = (
    LaneSpec(name="angle", default=0.0, unit="degrees", help="turn per frame, + is counter-clockwise"),
    LaneSpec(
        name="zoom", default=1.0, minimum=0.01, maximum=100.0, help="factor per frame, above 1 moves in"
    ),
    LaneSpec(
        name="translation_x",
        default=0.0,
        help="per frame; 2d: px, + moves the content right; 3d: 1/200 units, + moves the camera right",
    ),
    LaneSpec(
        name="translation_y",
        default=0.0,
        help="per frame; 2d: px, + moves the content down; 3d: 1/200 units, + moves the camera up",
    ),
    LaneSpec(name="transform_center_x", default=0.5, help="centre of turn and zoom, share of the width"),
    LaneSpec(name="transform_center_y", default=0.5, help="centre of turn and zoom, share of the height"),
    LaneSpec(
        name="translation_z",
        default=0.0,
        unit="1/200 units",
        help="per frame, 3d; + moves the camera forward",
    ),
    LaneSpec(name="rotation_3d_x", default=0.0, unit="degrees", help="per frame, 3d; + looks up"),
    LaneSpec(name="rotation_3d_y", default=0.0, unit="degrees", help="per frame, 3d; + looks right"),
    LaneSpec(
        name="rotation_3d_z", default=0.0, unit="degrees", help="per frame, 3d; + turns counter-clockwise"
    ),
    LaneSpec(
        name="fov", default=70.0, minimum=1.0, maximum=179.0, unit="degrees", help="height of the view, 3d"
    ),
    LaneSpec(name="aspect", default=1.0, minimum=0.01, maximum=100.0, help="width of a pixel / height, 3d"),
    LaneSpec(
        name="near",
        default=200.0,
        minimum=1.0,
        maximum=1e6,
        unit="1/200 units",
        help="how far the nearest things are, 3d",
    ),
    LaneSpec(
        name="far",
        default=10_000.0,
        minimum=1.0,
        maximum=1e7,
        unit="1/200 units",
        help="how far the sky is, 3d",
    ),
    *(
        LaneSpec(
            name=f"camera_{axis}",
            default=0.0,
            unit="1/200 units",
            help=f"where the camera stands, 3d; + is {way}",
        )
        for axis, way in (("x", "right"), ("y", "up"), ("z", "forward"))
    ),
    *(
        LaneSpec(
            name=f"look_at_{axis}",
            default=0.0,
            unit="1/200 units",
            help=f"the point it looks at, 3d; + is {way}",
        )
        for axis, way in (("x", "right"), ("y", "up"), ("z", "forward"))
    ),
    LaneSpec(
        name="camera_roll",
        default=0.0,
        unit="degrees",
        help="of a camera path, 3d; + turns counter-clockwise",
    ),
    LaneSpec(name="perspective_flip_theta", default=0.0, unit="degrees", help="rolls the picture as a card"),
    LaneSpec(name="perspective_flip_phi", default=0.0, unit="degrees", help="tilts the picture as a card"),
    LaneSpec(name="perspective_flip_gamma", default=0.0, unit="degrees", help="pans the picture as a card"),
    LaneSpec(
        name="perspective_flip_fv",
        default=53.0,
        minimum=1.0,
        maximum=179.0,
        unit="degrees",
        help="view that the card is seen in",
    ),
)
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
PATH = (
    "camera_x",
    "camera_y",
    "camera_z",
    *LOOK_AT,
    "camera_roll",
)  # where a camera is: see render/space/paths.py
STEPS = (  # how it moves from frame to frame
    "translation_x",
    "translation_y",
    "translation_z",
    "rotation_3d_x",
    "rotation_3d_y",
    "rotation_3d_z",
)
MOVED_BY_SCALE = ("translation_x", "translation_y", "translation_z")
FLIP = (
    "perspective_flip_theta",
    "perspective_flip_phi",
    "perspective_flip_gamma",
    "perspective_flip_fv",
)
CADENCE = ("cadence", "cadence_flow_factor")
DIFFUSION: tuple[LaneSpec, ...] = (
    LaneSpec(
        name="strength",
        default=0.5,
        minimum=0.0,
        maximum=1.0,
        help="share of the noise schedule run on the moved picture; 0 keeps it, 1 paints anew",
    ),
    LaneSpec(
        name="reveal_strength",
        default=1.0,
        minimum=0.0,
        maximum=1.0,
        help='the same for what the camera uncovered, with border = "reveal"; never less than strength',
    ),
    LaneSpec(
        name="steps", default=20, minimum=1, maximum=1000, integer=True, help="steps of the whole schedule"
    ),
    LaneSpec(
        name="cfg_scale", default=7.0, minimum=0.0, maximum=100.0, help="guidance by the prompt; 1 is off"
    ),
    LaneSpec(
        name="cfg_start",
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        help="guidance begins after this share of a frame's steps",
    ),
    LaneSpec(
        name="cfg_end",
        default=1.0,
        minimum=0.0,
        maximum=1.0,
        help="guidance ends after this share of a frame's steps; what is left takes half the work",
    ),
    LaneSpec(
        name="clipskip",
        default=1,
        minimum=1,
        maximum=32,
        integer=True,
        help="which layer of CLIP is read, from the end; 1 is the usual one (sd, sdxl, sd3)",
    ),
    LaneSpec(
        name="eta", default=0.0, minimum=0.0, maximum=1.0, help="fresh noise per step, for DDIM and TCD"
    ),
    LaneSpec(
        name="seed",
        default="s",
        minimum=SEEDS[0],
        maximum=SEEDS[1],
        integer=True,
        help='seed of each frame, for seed_behavior = "schedule"',
    ),
    LaneSpec(
        name="subseed",
        default=1,
        minimum=SEEDS[0],
        maximum=SEEDS[1],
        integer=True,
        help="the seed that the noise travels to",
    ),
    LaneSpec(
        name="subseed_strength",
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        help="how far the noise has travelled from its seed's (0) to its subseed's (1)",
    ),
    LaneSpec(
        name="cadence",
        default=1,
        minimum=1,
        maximum=1000,
        integer=True,
        unit="frames",
        help="from one painted frame to the next; those between are moved along and mixed",
    ),
    LaneSpec(
        name="cadence_flow_factor",
        default=1.0,
        minimum=-10.0,
        maximum=10.0,
        help="share of the optical flow that cadence_flow follows",
    ),
)
COHERENCE: tuple[LaneSpec, ...] = (
    LaneSpec(name="color_amount", default=1.0, minimum=0.0, maximum=1.0, help="how much of the colour match"),
    LaneSpec(
        name="detail_amount",
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        help="how much of the detail of the colour match's pictures",
    ),
    LaneSpec(
        name="noise",
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        help="deviation of the noise added before painting",
    ),
    LaneSpec(name="contrast", default=1.0, minimum=0.0, maximum=10.0, help="factor about mid-grey"),
    LaneSpec(name="antiblur_amount", default=0.0, minimum=0.0, maximum=10.0, help="unsharp mask, 0 is off"),
    LaneSpec(
        name="antiblur_kernel", default=5, minimum=1, maximum=99, integer=True, unit="px", help="odd width"
    ),
    LaneSpec(
        name="antiblur_sigma", default=1.0, minimum=0.01, maximum=50.0, unit="px", help="width of the blur"
    ),
    LaneSpec(
        name="antiblur_threshold", default=0.0, minimum=0.0, maximum=1.0, help="smaller edges are left alone"
    ),
)
VIDEO: tuple[LaneSpec, ...] = (
    LaneSpec(
        name="video_alpha",
        default=1.0,
        minimum=0.0,
        maximum=1.0,
        help="share of the clip in the picture it is laid over; 1 is the clip alone",
    ),
    LaneSpec(
        name="video_flow_factor",
        default=1.0,
        minimum=-10.0,
        maximum=10.0,
        help="factor on the clip's own motion; -1 moves against it",
    ),
    LaneSpec(
        name="video_mask_blend",
        default=0.5,
        minimum=0.0,
        maximum=1.0,
        help='share of the clip in the mask "blend"',
    ),
    LaneSpec(name="video_mask_contrast", default=1.0, minimum=0.0, maximum=255.0, help="factor about grey"),
    LaneSpec(
        name="video_mask_low",
        default=0.0,
        minimum=0.0,
        maximum=100.0,
        unit="percent",
        help="this share of the mask becomes black, with mask_auto_contrast",
    ),
    LaneSpec(
        name="video_mask_high",
        default=100.0,
        minimum=0.0,
        maximum=100.0,
        unit="percent",
        help="what is brighter than this share of the mask becomes white, with mask_auto_contrast",
    ),
)
LORA_WEIGHT = LaneSpec(
    name="lora", default=1.0, minimum=-10.0, maximum=10.0, help="strength of a LoRA; 0 is without it"
)
_LORA = "lora."
CONTROL_LANES = (
    LaneSpec(
        name="weight",
        default=1.0,
        minimum=0.0,
        maximum=10.0,
        help="strength of a ControlNet; 0 is without it",
    ),
    LaneSpec(
        name="start",
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        help="a ControlNet begins after this share of a frame's steps",
    ),
    LaneSpec(
        name="end",
        default=1.0,
        minimum=0.0,
        maximum=1.0,
        help="a ControlNet ends after this share of a frame's steps",
    ),
)
_CONTROL = "control."
ADAPTER_WEIGHT = LaneSpec(
    name="ip_adapter",
    default=1.0,
    minimum=0.0,
    maximum=10.0,
    help="how much an IP-Adapter's picture counts beside the prompt; 0 is without it",
)
_ADAPTER = "ip_adapter."
# Added by what keeps a film together beyond colour, noise and sharpness: masks, symmetry, echo, saturation.
RETOUCHING: tuple[LaneSpec, ...] = (
    LaneSpec(
        name="mask_strength",
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        help="strength where `mask` is 0; between, where it is soft",
    ),
    LaneSpec(
        name="saturation", default=1.0, minimum=0.0, maximum=10.0, help="factor on colourfulness, 0 is grey"
    ),
    LaneSpec(
        name="echo",
        default=0.0,
        minimum=0.0,
        maximum=0.99,
        help="share of the moved last frame left in the painted one: trails",
    ),
    LaneSpec(name="symmetry_amount", default=1.0, minimum=0.0, maximum=1.0, help="how much of the symmetry"),
    LaneSpec(
        name="symmetry_angle", default=0.0, unit="degrees", help="where the kaleidoscope's first mirror lies"
    ),
)
GUIDE: tuple[LaneSpec, ...] = (
    LaneSpec(
        name="guide_max", default=0.35, minimum=0.0, maximum=1.0, help="share of the guide, middle value"
    ),
    LaneSpec(name="guide_slope", default=0.25, minimum=-1.0, maximum=1.0, help="how much that share swings"),
    LaneSpec(
        name="guide_tween",
        default=20,
        minimum=0,
        maximum=100_000,
        integer=True,
        unit="frames",
        help="how long after its key a guide is blended in",
    ),
    LaneSpec(
        name="guide_color",
        default=0.075,
        minimum=0.0,
        maximum=1.0,
        help="share of the guide in the colours that frames are matched to",
    ),
)
CLIP_GUIDANCE: tuple[LaneSpec, ...] = (
    LaneSpec(
        name="clip_guidance_scale",
        default=0.0,
        minimum=0.0,
        maximum=1e7,
        help="pull of the picture-text model's gradient towards the prompt; 0 is off, and nothing is loaded",
    ),
    LaneSpec(name="tv_scale", default=0.0, minimum=0.0, maximum=1e7, help="pull towards smoothness"),
    LaneSpec(
        name="range_scale",
        default=0.0,
        minimum=0.0,
        maximum=1e7,
        help="pull of colours out of range back into it",
    ),
    LaneSpec(
        name="sat_scale",
        default=0.0,
        minimum=0.0,
        maximum=1e7,
        help="the same by the distance, not its square",
    ),
    LaneSpec(
        name="init_scale",
        default=0.0,
        minimum=0.0,
        maximum=1e7,
        help="pull towards the picture that is painted over, coarse and fine",
    ),
    LaneSpec(
        name="clamp_max",
        default=0.4,
        minimum=0.001,
        maximum=100.0,
        help="the most that all these may pull, as deviation of the latents",
    ),
    LaneSpec(
        name="cutn_batches",
        default=1,
        minimum=1,
        maximum=64,
        integer=True,
        help="how often the cut-outs are drawn for a step; the time is that much longer, the memory the same",
    ),
    LaneSpec(
        name="clip_guidance_start",
        default=0.0,
        minimum=0.0,
        maximum=1.0,
        help="the pulls begin after this share of a frame's steps",
    ),
    LaneSpec(
        name="clip_guidance_end",
        default=0.5,
        minimum=0.0,
        maximum=1.0,
        help="the pulls end after this share of a frame's steps; what is left smooths over them",
    ),
)
TABLES: dict[str, tuple[LaneSpec, ...]] = {
    "motion": MOTION,
    "diffusion": DIFFUSION,
    "coherence": (*COHERENCE, *RETOUCHING),
    "guide": GUIDE,
    "clip_guidance": CLIP_GUIDANCE,
    "video": VIDEO,
}


def lane_specs(samplers: tuple[str, ...], defaults: dict[str, float | str]) -> tuple[LaneSpec, ...]:
    """Every lane, with a model's own defaults put in and `sampler` as the lane of words.

    samplers: the names it may hold. defaults: lane -> default, for lanes that the model knows better.
    """
    word = LaneSpec(name="sampler", default=samplers[0], choices=samplers, help="how the noise is taken away")
    specs = (*MOTION, *DIFFUSION, word, *COHERENCE, *RETOUCHING, *GUIDE, *CLIP_GUIDANCE, *VIDEO)
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
    """Where in the project file a lane is written: "motion.zoom", "lora.style.weight", "control.edges.start"."""
    if lane.startswith((_LORA, _CONTROL, _ADAPTER)):
        return lane if lane.count(".") > 1 else f"{lane}.weight"
    return f"{table_of(lane)}.{lane}"


def table_of(lane: str) -> str:
    """The table of the project file that a lane is written in."""
    for table, specs in TABLES.items():
        if any(spec.name == lane for spec in specs):
            return table
    return "diffusion"
