"""Every part of a Parseq manifest, and what becomes of it in a project."""

from __future__ import annotations

from .settings import ANY, Setting

_EDITOR = "concerns Parseq's editor."
_HYBRID = "a clip is not carried over; [video] has lanes of this kind: see docs/video.md."
_CONTROL = "a manifest does not lead ControlNets here: write its values into [control.NAME]."
_LOOPER = "a manifest names no guide images: write [guide] anew."
_SOURCE = "what Parseq rendered of it is carried over, frame by frame."

_AXES = ("x", "y", "z")

# Parseq's fields and their lanes: those that it gives as positions, of which frames take the differences,
MOVING: dict[str, str] = {
    name: name
    for name in (
        "angle",
        "zoom",
        *(f"translation_{axis}" for axis in _AXES),
        *(f"rotation_3d_{axis}" for axis in _AXES),
        *(f"perspective_flip_{angle}" for angle in ("theta", "phi", "gamma")),
    )
}
# and those whose values are the lanes' own.
PLAIN: dict[str, str] = {
    "transform_center_x": "transform_center_x",
    "transform_center_y": "transform_center_y",
    "perspective_flip_fv": "perspective_flip_fv",
    "fov": "fov",
    "aspect_ratio": "aspect",
    "strength": "strength",
    "scale": "cfg_scale",
    "steps": "steps",
    "seed": "seed",
    "subseed": "subseed",
    "subseed_strength": "subseed_strength",
    "noise": "noise",
    "contrast": "contrast",
    "antiblur_amount": "antiblur_amount",
    "antiblur_kernel": "antiblur_kernel",
    "antiblur_sigma": "antiblur_sigma",
    "antiblur_threshold": "antiblur_threshold",
}
_MOVING, _DELTAS = " ".join(MOVING), " ".join(f"{name}_delta" for name in MOVING)

CARRIED: tuple[Setting, ...] = (
    Setting(
        names="rendered_frames keyframes",
        here="frames",
        why="one frame each, or from the first key to the last",
    ),
    Setting(names="options.output_fps", here="fps"),
    Setting(names="options.bpm", here="bpm"),
    Setting(names="meta.docName", here="title"),
    Setting(names="prompts deforum_prompt", here="prompts", why="one key wherever the text changes"),
    Setting(
        names=_DELTAS,
        here="motion",
        why="the lanes of these names without _delta, frame by frame; worked out where the manifest has none",
    ),
    Setting(
        names=_MOVING,
        why="positions, of which the differences from frame to frame are carried over.",
        off=(ANY,),
    ),
    Setting(
        names="transform_center_x transform_center_y perspective_flip_fv fov",
        here="motion",
        why="the same lanes",
    ),
    Setting(names="aspect_ratio", here="motion.aspect"),
    Setting(names="strength", here="diffusion.strength", why="1 minus it"),
    Setting(names="scale", here="diffusion.cfg_scale"),
    Setting(names="steps", here="diffusion.steps"),
    Setting(names="seed", here="diffusion.seed", why="cut to whole numbers; below 0: a seed by lot"),
    Setting(
        names="subseed subseed_strength",
        here="diffusion.subseed, diffusion.subseed_strength",
        why="the part of a seed after the point",
    ),
    Setting(names="options.cadence", here="diffusion.cadence"),
    Setting(names="noise", here="coherence.noise", why="times 0.24, as Deforum's perlin noise"),
    Setting(names="contrast", here="coherence.contrast", why="about mid-grey, theirs about black"),
    Setting(names="antiblur_amount antiblur_sigma", here="coherence", why="the same lanes"),
    Setting(names="antiblur_kernel", here="coherence.antiblur_kernel", why="even widths become odd"),
    Setting(names="antiblur_threshold", here="coherence.antiblur_threshold", why="divided by 255"),
)
LEFT: tuple[Setting, ...] = (
    Setting(
        names="prompt_weight_1 prompt_weight_2 prompt_weight_3 prompt_weight_4 prompt_weight_5 prompt_weight_6 "
        "prompt_weight_7 prompt_weight_8",
        why="stand in the rendered prompts.",
        off=(ANY,),
    ),
    Setting(names="*_pc", why="the field in percent of its largest value, for Parseq's graph.", off=(ANY,)),
    Setting(names="*_delta", why="differences of a field that Deforum takes as it is.", off=(ANY,)),
    Setting(names="near far", why="had no effect in Deforum.", off=(ANY,)),
    Setting(
        names="options.input_fps options.cc_window_width options.cc_window_slide_rate options.cc_use_input "
        "managedFields displayedFields displayFields keyframeLock meta.generated_by meta.version meta.generated_at "
        "locked reverseRender backgroundFrame gridHeight audioOffset pixelsPerFrame sparklines graphAsPercent",
        why=_EDITOR,
        off=(ANY,),
    ),
    Setting(names="timeSeries", why=_SOURCE, off=(ANY,)),
    Setting(
        names="rendered_frames_meta", why="the largest and smallest values, for Parseq's graph.", off=(ANY,)
    ),
    Setting(
        names="hybrid_comp_alpha hybrid_comp_mask_blend_alpha hybrid_comp_mask_contrast "
        "hybrid_comp_mask_auto_contrast_cutoff_low hybrid_comp_mask_auto_contrast_cutoff_high hybrid_flow_factor",
        why=_HYBRID,
    ),
    Setting(names="cn_#_weight cn_#_guidance_start cn_#_guidance_end", why=_CONTROL),
    Setting(
        names="guided_blendFactorMax guided_blendFactorSlope guided_tweening_frames guidedcolor_correction_factor "
        "guided_color_correction_factor guided_imageStrength",
        why=_LOOPER,
    ),
)
TABLE = (*CARRIED, *LEFT)
