"""Every part of a Parseq manifest, and what becomes of it in a project."""

from __future__ import annotations

from .rules import carried, left_out

# Parseq's fields and their lanes: those that it gives as positions, of which frames take the differences,
MOVING: tuple[str, ...] = (
    *("angle", "zoom", "translation_x", "translation_y", "translation_z"),
    *("rotation_3d_x", "rotation_3d_y", "rotation_3d_z"),
    *("perspective_flip_theta", "perspective_flip_phi", "perspective_flip_gamma"),
)
# and those whose values are the lanes' own.
PLAIN: dict[str, str] = {
    name: {"aspect_ratio": "aspect", "scale": "cfg_scale"}.get(name, name)
    for name in (
        *("transform_center_x", "transform_center_y", "perspective_flip_fv", "fov", "aspect_ratio"),
        *("strength", "scale", "steps", "seed", "subseed", "subseed_strength", "noise", "contrast"),
        *("antiblur_amount", "antiblur_kernel", "antiblur_sigma", "antiblur_threshold"),
    )
}

_CARRIED = carried(
    r"""
rendered_frames keyframes | frames | one frame each, or all frames from the first key to the last
options.output_fps | fps
options.bpm | bpm
meta.docName | title
prompts deforum_prompt | prompts | a key wherever the text changes
angle_delta zoom_delta translation_x_delta translation_y_delta translation_z_delta rotation_3d_x_delta
    rotation_3d_y_delta rotation_3d_z_delta perspective_flip_theta_delta perspective_flip_phi_delta
    perspective_flip_gamma_delta | motion | the lanes of the names without _delta, frame by frame; computed if the
    manifest has none
transform_center_x transform_center_y perspective_flip_fv fov | motion | the same lanes
aspect_ratio | motion.aspect
strength | diffusion.strength | 1 minus the value
scale | diffusion.cfg_scale
steps | diffusion.steps
seed | diffusion.seed | rounded towards 0; below 0: a random seed
subseed subseed_strength | diffusion.subseed, diffusion.subseed_strength | the fraction of a seed
options.cadence | diffusion.cadence
noise | coherence.noise | times 0.24, as Deforum's perlin noise
contrast | coherence.contrast | about mid-grey; Deforum's is about black
antiblur_amount antiblur_sigma | coherence | the same lanes
antiblur_kernel | coherence.antiblur_kernel | even widths become odd
antiblur_threshold | coherence.antiblur_threshold | divided by 255
"""
)

_LEFT = left_out(
    r"""
angle zoom translation_x translation_y translation_z rotation_3d_x rotation_3d_y rotation_3d_z perspective_flip_theta
    perspective_flip_phi perspective_flip_gamma | positions, whose differences from frame to frame are carried over. |
    harmless: any value
prompt_weight_1 prompt_weight_2 prompt_weight_3 prompt_weight_4 prompt_weight_5 prompt_weight_6 prompt_weight_7
    prompt_weight_8 | part of the rendered prompts. | harmless: any value
*_pc | percent of the largest value, for Parseq's graph. | harmless: any value
*_delta | differences of a field whose values Deforum uses. | harmless: any value
near far | has no effect in Deforum. | harmless: any value
options.input_fps options.cc_window_width options.cc_window_slide_rate options.cc_use_input managedFields
    displayedFields displayFields keyframeLock meta.generated_by meta.version meta.generated_at locked reverseRender
    backgroundFrame gridHeight audioOffset pixelsPerFrame sparklines graphAsPercent | belongs to Parseq's editor. |
    harmless: any value
timeSeries | the frames that Parseq rendered from it are carried over. | harmless: any value
rendered_frames_meta | the largest and smallest values, for Parseq's graph. | harmless: any value
hybrid_comp_alpha hybrid_comp_mask_blend_alpha hybrid_comp_mask_contrast hybrid_comp_mask_auto_contrast_cutoff_low
    hybrid_comp_mask_auto_contrast_cutoff_high hybrid_flow_factor | a manifest names no clip; write it as [video], see
    docs/video.md.
cn_#_weight cn_#_guidance_start cn_#_guidance_end | Reverie does not read ControlNets from a manifest; write the
    values into [control.NAME].
guided_blendFactorMax guided_blendFactorSlope guided_tweening_frames guidedcolor_correction_factor
    guided_color_correction_factor guided_imageStrength | a manifest names no guide images; write [guide].
"""
)

TABLE = (*_CARRIED, *_LEFT)
