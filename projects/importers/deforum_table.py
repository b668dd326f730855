"""Every setting of Deforum, and what becomes of it in a project; its versions, and their defaults.

A setting that a version does not have has no default: the feature does not exist in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .report import carried, defaults, left_out

_CARRIED = carried(
    r"""
W H width height | size | rounded down to a multiple of 8 (notebook: 64)
seed | seed | -1 becomes a number made from the file; the report names it
max_frames | frames
fps | fps
batch_name | title | without its time stamp
use_init init_image | init_image | a file next to the project, not a web address
strength | diffusion.strength | 1 minus the value, at frame 0 of a film with an init image
sampler | diffusion.sampler | the model's own if Reverie has no such sampler
sampler_schedule enable_sampler_scheduling enable_schedule_samplers | diffusion.sampler
steps | diffusion.steps | Deforum runs one step more than steps x strength
steps_schedule enable_steps_scheduling | diffusion.steps
cfg_scale_schedule scale | diffusion.cfg_scale
strength_schedule | diffusion.strength | 1 minus the value
clipskip_schedule enable_clipskip_scheduling | diffusion.clipskip
ddim_eta_schedule enable_ddim_eta_scheduling ddim_eta | diffusion.eta | for the samplers ddim and tcd
seed_behavior | diffusion.seed_behavior
seed_iter_N | diffusion.seed_iter_n
seed_schedule | diffusion.seed | below 0: a random seed
enable_subseed_scheduling subseed_schedule subseed_strength_schedule | diffusion.subseed | and
    diffusion.subseed_strength, if enabled
cn_#_enabled cn_#_model | control.model | a folder in diffusers format next to the project; without it the ControlNet
    is left out, with a note
cn_#_vid_path cn_#_loopback_mode | control.source | a file next to the project, else the frame that is painted over
cn_#_module | control.detect | canny; depth by the project's network; soft edges by their gradient; others are left
    out, with a note
cn_#_threshold_a | control.low
cn_#_threshold_b | control.high
cn_#_control_mode cn_#_guess_mode | control.mode
cn_#_weight | control.weight
cn_#_guidance_start | control.start
cn_#_guidance_end | control.end
subseed subseed_strength seed_enable_extras | diffusion.subseed | and diffusion.subseed_strength: constants of old
    versions, if enabled
add_soundtrack soundtrack_path | audio | a file next to the project, if add_soundtrack is File
frame_interpolation_engine frame_interpolation_x_amount | output.interpolate | by optical flow, not by a network
r_upscale_video r_upscale_factor r_upscale_model | output.upscale | by a Lanczos filter; `output.upscaler` can name a
    network
prompts animation_prompts | prompts
animation_prompts_positive | prompts.prefix
animation_prompts_negative | prompts.negative
neg_prompts | prompts | negative prompts of the notebook, after --neg
animation_mode | motion.mode | 2D, 3D and Video Input; Reverie has no Interpolation yet
video_init_path | video.input | a video next to the project, not a web address
extract_from_frame | video.from
extract_to_frame | video.to | the last frame used; -1 is the last of the video
extract_nth_frame | video.every
hybrid_composite | video.composite | none, init (Normal), before, after
hybrid_use_first_frame_as_init_image | video.first_frame
hybrid_use_init_image | video.composite | only false: Reverie lays the video over, never the init image
hybrid_comp_alpha_schedule | video.video_alpha
hybrid_comp_mask_type | video.mask
hybrid_comp_mask_inverse | video.mask_invert
hybrid_comp_mask_equalize | video.mask_equalize
hybrid_comp_mask_auto_contrast | video.mask_auto_contrast
hybrid_comp_mask_auto_contrast_cutoff_low_schedule | video.video_mask_low
hybrid_comp_mask_auto_contrast_cutoff_high_schedule | video.video_mask_high
hybrid_comp_mask_blend_alpha_schedule | video.video_mask_blend
hybrid_comp_mask_contrast_schedule | video.video_mask_contrast
hybrid_motion | video.motion
hybrid_motion_use_prev_img | video.motion_from | true: "render"
hybrid_flow_method | video.flow | RAFT becomes dis if torchvision is not installed
hybrid_flow_factor_schedule | video.video_flow_factor
hybrid_flow_consistency | video.consistency | true: "still"
hybrid_consistency_blur | video.consistency_blur
border | motion.border | in 2D
padding_mode | motion.border | in 3D: border, reflection; Reverie has no zeros yet
sampling_mode | motion.sampling | in 3D: bicubic, bilinear; Reverie has no nearest
use_depth_warping | motion.depth | off: depth = "flat"
angle zoom translation_x translation_y translation_z transform_center_x transform_center_y rotation_3d_x rotation_3d_y
    rotation_3d_z | motion | the lanes of the same names
perspective_flip_theta perspective_flip_phi perspective_flip_gamma perspective_flip_fv enable_perspective_flip
    flip_2d_perspective | motion | the lanes of the same names, if the flip is enabled
fov_schedule fov | motion.fov
aspect_ratio_schedule aspect_ratio_use_old_formula | motion.aspect
color_coherence | coherence.color_match | with color_method = "histogram"
noise_type | coherence.noise_type | "uniform" becomes normal
noise_schedule | coherence.noise | times 0.36 (uniform) or 0.24 (perlin)
contrast_schedule | coherence.contrast | about mid-grey; Deforum's is about black
amount_schedule | coherence.antiblur_amount
kernel_schedule | coherence.antiblur_kernel | even widths become odd
sigma_schedule | coherence.antiblur_sigma
threshold_schedule | coherence.antiblur_threshold | divided by 255
diffusion_cadence | diffusion.cadence | 1 in Video Input; Reverie also makes the frames after the last painted one
optical_flow_cadence | diffusion.cadence_flow | as hybrid_flow_method
cadence_flow_factor_schedule | diffusion.cadence_flow_factor | half the value: Deforum moves by half of the flow
use_looper init_images | guide | files next to the project
image_strength_schedule | diffusion.strength | 1 minus the value, if there are guides
blendFactorMax | guide.guide_max
blendFactorSlope | guide.guide_slope
tweening_frames_schedule | guide.guide_tween
color_correction_factor | guide.guide_color
use_mask mask_file invert_mask | coherence.mask | a file next to the project, as the mask `painted`; white is painted
mask_overlay_blur | coherence.mask_feather
color_coherence_image_path | coherence.color_from | a file next to the project
sd_model_name | model | named in a comment; set the model with --model
"""
)

_LEFT = left_out(
    r"""
positive_prompts negative_prompts | the run has already merged them into the prompts, which are carried over. |
    harmless: any value
motion_preview_mode | use reverie preview. | harmless: false
restore_faces | Reverie has no face restoration. | harmless: false
tiling | Reverie has no seamless tiles yet. | harmless: false
ancestral_eta_schedule enable_ancestral_eta_scheduling | the ancestral samplers' eta is always 1. | harmless: false |
    switch: enable_ancestral_eta_scheduling
override_settings_with_file custom_settings_file | give reverie render several projects instead. | harmless: "", false
resume_from_timestring resume_timestring | a take resumes by itself. | switch: resume_from_timestring
pix2pix_img_cfg_scale_schedule pix2pix_img_cfg_scale | Reverie has no models that follow instructions yet. | harmless:
    "0:(1.5)", 1.5
show_info_on_ui | belongs to the web UI. | harmless: true, false
seed_resize_from_w seed_resize_from_h | Reverie has no seed resizing. | harmless: 0
enable_checkpoint_scheduling checkpoint_schedule | write a table of keys and models: model = { 0 = "sketch", 60 =
    "models/other" }. | switch: enable_checkpoint_scheduling
perlin_w perlin_h | Reverie's perlin noise has 8 cells along the shorter side. | harmless: 8
perlin_octaves | Reverie's perlin noise has 4 octaves. | harmless: 4
perlin_persistence | Reverie's perlin noise has a persistence of 0.5. | harmless: 0.5
enable_noise_multiplier_scheduling noise_multiplier_schedule | Reverie does not scale the sampler's own noise yet
    (Deforum's default: 1.05). | harmless: "0: (1)", "0: (1.0)" | switch: enable_noise_multiplier_scheduling
color_coherence_video_every_N_frames | Reverie cannot match the colours of a video yet. | harmless: "", 1
color_force_grayscale | Reverie has no grey films yet; ask for grey in the prompt. | harmless: false
legacy_colormatch histogram_matching | Reverie matches colours to frame 0 before and after painting. | harmless: false
optical_flow_redo_generation | Reverie does not paint a frame again along its flow. | harmless: "None", false
redo_flow_factor_schedule | Reverie does not paint a frame again along its flow. | harmless: "0: (1)" | switch:
    optical_flow_redo_generation
diffusion_redo | Reverie paints a frame once. | harmless: 0, "0"
reroll_blank_frames reroll_patience | Reverie paints a failed frame again in float32, and never stores a black one. |
    harmless: "ignore", "reroll", "interrupt", 10
depth_algorithm use_zoe_depth | set motion.depth; Deforum's DPT is depth = "Intel/dpt-large".
midas_weight | mixes two depth networks; Reverie uses one. | harmless: any value
save_depth_maps hybrid_comp_save_extra_frames delete_imgs delete_input_frames store_frames_in_ram | concerns files; a
    take keeps its frames, and every frame holds its project. | harmless: false
near_schedule far_schedule near_plane far_plane | has no effect in Deforum. | harmless: "0: (200)", "0: (10000)", 200,
    10000
use_alpha_as_mask mask_contrast_adjust mask_brightness_adjust fill full_res_mask full_res_mask_padding overlay_mask |
    Reverie uses a mask as it is in its file. | harmless: 1, 1.0, false, true | switch: use_mask
use_mask_video video_mask_path | write masks, also of videos, as in docs/coherence.md. | switch: use_mask_video
mask_schedule noise_mask_schedule use_noise_mask | write masks, also of videos, as in docs/coherence.md. | harmless:
    "0: (\"{video_mask}\")", "0: (\"!({everywhere}^({init_mask}|{video_mask}) ) \")" | switch: use_noise_mask
strength_0_no_init | Reverie always paints frame 0 from noise if there is no init image. | harmless: true, false
overwrite_extracted_frames hybrid_generate_inputframes | Reverie reads the video itself and extracts nothing. |
    harmless: any value
parseq_manifest parseq_use_deltas parseq_non_schedule_overrides | Reverie does not visit addresses; put the manifest
    itself into the file, or import it on its own. A manifest within the file sets its lanes. | switch:
    parseq_manifest
fetched_parseq_manifest_summary prompt negative_prompt cond_prompt checkpoint clipskip n_samples n_batch n_iter | left
    over from the run that wrote the file. | harmless: any value
cn_#_processor_res cn_#_pixel_perfect | Reverie detects at the film's size. | harmless: any value
cn_#_resize_mode | Reverie scales pictures to cover the film's size and crops them about the middle. | harmless:
    "Inner Fit (Scale to Fit)", "Scale to Fit (Inner Fit)", "Crop and Resize" | switch: cn_#_enabled
cn_#_low_vram cn_#_lowvram cn_#_overwrite_frames | concerns memory and files. | harmless: any value
cn_#_mask_vid_path | Reverie has no masks for ControlNets; they have no effect in Deforum. | harmless: "" | switch:
    cn_#_enabled
cn_#_invert_image cn_#_rgbbgr_mode | Reverie uses pictures as they are. | harmless: false | switch: cn_#_enabled
hybrid_use_video_as_mse_image | Reverie has no such part of hybrid video. | switch: hybrid_use_video_as_mse_image
hybrid_generate_human_masks | Reverie has no such part of hybrid video. | harmless: "None", false
skip_video_creation skip_video_for_run_all | use reverie export. | harmless: false
make_gif | use reverie export, which has other formats. | harmless: false
r_upscale_keep_imgs frame_interpolation_keep_imgs frame_interpolation_use_upscaled | concerns files; a take keeps its
    frames, and every frame holds its project. | harmless: any value
frame_interpolation_slow_mo_enabled frame_interpolation_slow_mo_amount | for slow motion, export at a lower --fps. |
    switch: frame_interpolation_slow_mo_enabled
image_path outdir init_image_box timestring | concerns files; a take keeps its frames, and every frame holds its
    project. | harmless: ""
sd_model_hash deforum_git_commit_id | not part of the film. | harmless: any value
interpolate_key_frames interpolate_x_frames render_steps path_name_modifier filename_format save_settings save_samples
    make_grid grid_rows save_sample_per_step show_sample_per_step display_samples enable_hr firstphase_width
    firstphase_height ffmpeg_location ffmpeg_crf ffmpeg_preset use_manual_settings max_video_frames save_images
    dynamic_threshold static_threshold precision bit_depth_output C f log_weighted_subprompts normalize_prompt_weights
    | an old setting for stills, for another mode, or without effect, which later versions dropped. | harmless: any
    value
scheduler scheduler_schedule enable_scheduler_scheduling distilled_cfg_scale_schedule
    enable_distilled_cfg_scale_scheduling keyframe_distribution keyframe_strength_schedule shake_name shake_intensity
    shake_speed freeu_* kohya_hrfix_* wan_* | a setting of a fork; for a shaking camera, use reverie move handheld. |
    harmless: "", "None", false, "Off"
"""
)

TABLE = (*_CARRIED, *_LEFT)

_FIRST = "2022-11-15"
# Settings that are new in a version, newest first: a file with one of them is at least that new.
_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("2023-10-15", ("parseq_non_schedule_overrides",)),
    ("2023-08-20", ("motion_preview_mode",)),
    ("2023-07-15", ("delete_input_frames",)),
    ("2023-06-15", ("frame_interpolation_use_upscaled",)),
    ("2023-05-20", ("legacy_colormatch", "depth_algorithm", "enable_ancestral_eta_scheduling")),
    ("2023-05-01", ("hybrid_flow_consistency", "hybrid_consistency_blur")),
    ("2023-04-15", ("use_zoe_depth", "aspect_ratio_use_old_formula", "hybrid_use_init_image")),
    ("2023-04-01", ("diffusion_redo", "optical_flow_redo_generation", "reroll_patience")),
    ("2023-03-15", ("transform_center_x", "noise_multiplier_schedule", "aspect_ratio_schedule")),
    ("2023-02-15", ("enable_perspective_flip", "clipskip_schedule", "color_force_grayscale", "make_gif")),
    ("2023-01-31", ("use_looper", "checkpoint_schedule", "mask_schedule", "frame_interpolation_engine")),
    ("2023-01-15", ("seed_iter_N", "noise_type", "amount_schedule", "hybrid_composite")),
    ("2022-12-15", ("histogram_matching", "parseq_manifest")),
)
# Every default, and how it changed: settings | default | default since date ...
_HISTORY = r"""
W H | 512
seed | -1
sampler | "klms" | "euler_ancestral" since 2023-01-31
steps | 21 | 25 since 2023-01-31
seed_behavior | "iter"
strength | 0.0 | 0.8 since 2023-03-15
use_init | false
animation_mode | "2D"
max_frames | 120
border | "replicate"
angle translation_x translation_y rotation_3d_x rotation_3d_y rotation_3d_z perspective_flip_theta
    perspective_flip_gamma | "0: (0)"
zoom | "0: (1.02+0.02*sin(2*3.14*t/20))" | "0: (1.0025+0.002*sin(1.25*3.14*t/30))" since 2023-02-15
translation_z | "0: (10)" | "0: (1.75)" since 2023-02-15
perspective_flip_phi | "0: (t%15)" | "0: (0)" since 2023-02-15
perspective_flip_fv | "0: (53)"
noise_schedule | "0: (0.08)" | "0: (0.065)" since 2023-02-15
strength_schedule | "0: (0.6)" | "0: (0.65)" since 2023-02-15
contrast_schedule | "0: (1.0)"
cfg_scale_schedule | "0: (7)"
fov_schedule | "0: (40)" | "0: (70)" since 2023-01-31
seed_schedule | "0: (t%4294967293)" | "0:(5), 1:(-1), 219:(-1), 220:(5)" since 2023-01-31 | "0:(s), 1:(-1),
    \"max_f-2\":(-1), \"max_f-1\":(s)" since 2023-03-15
color_coherence | "Match Frame 0 LAB" | "LAB" since 2023-03-15
diffusion_cadence | "1" | "2" since 2023-02-15 | 1 since 2023-08-20 | 2 since 2024-03-14
use_depth_warping | true
padding_mode | "border"
sampling_mode | "bicubic"
fps | 12 | 15 since 2023-02-15
noise_type | "perlin" since 2023-01-15
amount_schedule | "0: (0.1)" since 2023-01-15 | "0: (0.35)" since 2023-02-15 | "0: (0.1)" since 2023-03-15
kernel_schedule | "0: (5)" since 2023-01-15
sigma_schedule | "0: (1)" since 2023-01-15
threshold_schedule | "0: (0)" since 2023-01-15
seed_iter_N | 1 since 2023-01-15
steps_schedule | "0: (25)" since 2023-01-15
sampler_schedule | "0: (\"Euler a\")" since 2023-01-15
transform_center_x transform_center_y | "0: (0.5)" since 2023-03-15
aspect_ratio_schedule | "0: (1)" since 2023-03-15
enable_noise_multiplier_scheduling | true since 2023-03-15
depth_algorithm | "Midas-3-Hybrid" since 2023-05-20
ddim_eta_schedule | "0: (0)" since 2023-05-20
"""


def version_of(values: Mapping[str, Any]) -> str:
    """Date of the oldest version that can have written the file."""
    return next((date for date, names in _MARKS if any(name in values for name in names)), _FIRST)


def is_notebook(values: Mapping[str, Any]) -> bool:
    """Whether the notebook wrote the file: it has a list of prompts for stills, or settings of its own."""
    if isinstance(values.get("prompts"), list) or "bit_depth_output" in values:
        return True
    return "enable_schedule_samplers" in values


def defaults_of(version: str) -> dict[str, object]:
    """The defaults of a version, by its date."""
    return defaults(_HISTORY, version)
