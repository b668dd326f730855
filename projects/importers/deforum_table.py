"""Every setting of Deforum, and what becomes of it in a project."""

from __future__ import annotations

from .rules import carried, left_out

CARRIED = carried(r"""
W H width height | size | floored to a multiple of 8 (the notebook's: 64)
seed | seed | -1 becomes a number made from the file, which the report names
max_frames | frames
fps | fps
batch_name | title | without its time stamp
use_init init_image | init_image | a file beside the project; no address of the web
strength | diffusion.strength | 1 minus it, at frame 0 of a film with an init image
sampler | diffusion.sampler | those without a counterpart: the model's own
sampler_schedule enable_sampler_scheduling enable_schedule_samplers | diffusion.sampler
steps | diffusion.steps | Deforum ran one step more than steps x strength
steps_schedule enable_steps_scheduling | diffusion.steps
cfg_scale_schedule scale | diffusion.cfg_scale
strength_schedule | diffusion.strength | 1 minus it
clipskip_schedule enable_clipskip_scheduling | diffusion.clipskip | switch: enable_clipskip_scheduling
ddim_eta_schedule enable_ddim_eta_scheduling ddim_eta | diffusion.eta | for the samplers ddim and tcd | harmless: 0,
    "0: (0)", false
seed_behavior | diffusion.seed_behavior
seed_iter_N | diffusion.seed_iter_n | harmless: 1
seed_schedule | diffusion.seed | below 0: a seed by lot
enable_subseed_scheduling subseed_schedule subseed_strength_schedule | diffusion.subseed | and
    diffusion.subseed_strength, while they are switched on
cn_#_enabled cn_#_model | control.model | a folder in diffusers' format beside the project; without one it is left
    out, and told of
cn_#_vid_path cn_#_loopback_mode | control.source | a file beside the project, else the picture that is painted over
cn_#_module | control.detect | canny; depth by the project's network; soft edges by their gradient; others are left
    out, and told of
cn_#_threshold_a | control.low
cn_#_threshold_b | control.high
cn_#_control_mode cn_#_guess_mode | control.mode
cn_#_weight | control.weight
cn_#_guidance_start | control.start
cn_#_guidance_end | control.end
subseed subseed_strength seed_enable_extras | diffusion.subseed | and diffusion.subseed_strength: the old, fixed ones,
    while they are switched on
add_soundtrack soundtrack_path | audio | a file beside the project; its switch at File
frame_interpolation_engine frame_interpolation_x_amount | output.interpolate | by optical flow in place of a network
r_upscale_video r_upscale_factor r_upscale_model | output.upscale | by Lanczos' kernel; `output.upscaler` names a
    network
prompts animation_prompts | prompts
animation_prompts_positive | prompts.prefix
animation_prompts_negative | prompts.negative
neg_prompts | prompts | the notebook's negative prompts: after --neg
animation_mode | motion.mode | 2D, 3D and Video Input; Interpolation is not here yet
video_init_path | video.input | a video beside the project; no address of the web
extract_from_frame | video.from
extract_to_frame | video.to | the last frame taken; -1 is the video's
extract_nth_frame | video.every
hybrid_composite | video.composite | none, init (Normal), before, after
hybrid_use_first_frame_as_init_image | video.first_frame
hybrid_use_init_image | video.composite | false; the init image is not laid over
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
hybrid_flow_method | video.flow | RAFT becomes dis where torchvision is not installed
hybrid_flow_factor_schedule | video.video_flow_factor
hybrid_flow_consistency | video.consistency | true: "still"
hybrid_consistency_blur | video.consistency_blur
border | motion.border | in 2D
padding_mode | motion.border | in 3D: border, reflection; zeros is not here yet
sampling_mode | motion.sampling | in 3D: bicubic, bilinear; nearest is not here
use_depth_warping | motion.depth | off: depth = "flat"
angle zoom translation_x translation_y translation_z transform_center_x transform_center_y rotation_3d_x rotation_3d_y
    rotation_3d_z | motion | the lanes of the same names
perspective_flip_theta perspective_flip_phi perspective_flip_gamma perspective_flip_fv enable_perspective_flip
    flip_2d_perspective | motion | the lanes of the same names, while the flip is enabled.
fov_schedule fov | motion.fov
aspect_ratio_schedule aspect_ratio_use_old_formula | motion.aspect
color_coherence | coherence.color_match | with color_method = "histogram"
noise_type | coherence.noise_type | its "uniform" is normal
noise_schedule | coherence.noise | times 0.36 (uniform) or 0.24 (perlin)
contrast_schedule | coherence.contrast | about mid-grey, theirs about black
amount_schedule | coherence.antiblur_amount
kernel_schedule | coherence.antiblur_kernel | even widths become odd
sigma_schedule | coherence.antiblur_sigma
threshold_schedule | coherence.antiblur_threshold | divided by 255
diffusion_cadence | diffusion.cadence | 1 in Video Input, as there; the frames after the last painted one are made too
optical_flow_cadence | diffusion.cadence_flow | as hybrid_flow_method
cadence_flow_factor_schedule | diffusion.cadence_flow_factor | half of it: Deforum goes half of the way that it finds
use_looper init_images | guide | files beside the project | switch: use_looper
image_strength_schedule | diffusion.strength | 1 minus it, with guides | switch: use_looper
blendFactorMax | guide.guide_max | switch: use_looper
blendFactorSlope | guide.guide_slope | switch: use_looper
tweening_frames_schedule | guide.guide_tween | switch: use_looper
color_correction_factor | guide.guide_color | switch: use_looper
use_mask mask_file invert_mask | coherence.mask | a file beside the project, as the mask `painted`; white is painted |
    switch: use_mask
mask_overlay_blur | coherence.mask_feather | switch: use_mask
color_coherence_image_path | coherence.color_from | a file beside the project
sd_model_name | model | named in a comment; --model puts a model in
""")

LEFT = left_out(r"""
positive_prompts negative_prompts | a run has merged them into its prompts already, where they are carried over. |
    harmless: any value
motion_preview_mode | reverie preview shows the motion without a model. | harmless: false
restore_faces | face restoration is not here. | harmless: false
tiling | seamless tiles are not here yet. | harmless: false
ancestral_eta_schedule enable_ancestral_eta_scheduling | fresh noise of the ancestral samplers is always 1. |
    harmless: false | switch: enable_ancestral_eta_scheduling
override_settings_with_file custom_settings_file | give reverie several projects instead. | harmless: "", false
resume_from_timestring resume_timestring | a take goes on by itself where it stopped. | switch: resume_from_timestring
pix2pix_img_cfg_scale_schedule pix2pix_img_cfg_scale | models that follow instructions are not here yet. | harmless:
    "0:(1.5)", 1.5
show_info_on_ui | concerns the host's screen. | harmless: true, false
seed_resize_from_w seed_resize_from_h | seed resizing is not here. | harmless: 0
enable_checkpoint_scheduling checkpoint_schedule | write a table of keys and models: model = { 0 = "sketch", 60 =
    "models/other" }. | switch: enable_checkpoint_scheduling
perlin_w perlin_h | perlin noise has 8 cells along its shorter side. | harmless: 8
perlin_octaves | perlin noise has 4 octaves. | harmless: 4
perlin_persistence | perlin noise has a persistence of 0.5. | harmless: 0.5
enable_noise_multiplier_scheduling noise_multiplier_schedule | the sampler's own noise is not scaled here yet (1.05
    there by default). | harmless: "0: (1)", "0: (1.0)" | switch: enable_noise_multiplier_scheduling
color_coherence_video_every_N_frames | colours of a video are not matched here yet. | harmless: "", 1
color_force_grayscale | grey films are not here yet: say so in the prompt. | harmless: false
legacy_colormatch histogram_matching | frames are matched to frame 0 before and after painting. | harmless: false
optical_flow_redo_generation | a frame is not painted twice along its flow. | harmless: "None", false
redo_flow_factor_schedule | a frame is not painted twice along its flow. | harmless: "0: (1)" | switch:
    optical_flow_redo_generation
diffusion_redo | painting a frame several times is not here. | harmless: 0, "0"
reroll_blank_frames reroll_patience | a frame that fails is painted again in float32; a black one is never stored. |
    harmless: "ignore", "reroll", "interrupt", 10
depth_algorithm use_zoe_depth | all depth comes from what motion.depth names. (its DPT: depth = "Intel/dpt-large")
midas_weight | belongs to a mix of two depth networks; here there is one. | harmless: any value
save_depth_maps hybrid_comp_save_extra_frames delete_imgs delete_input_frames store_frames_in_ram | concerns files: a
    take keeps its frames, and every frame carries its project. | harmless: false
near_schedule far_schedule near_plane far_plane | had no effect in Deforum. | harmless: "0: (200)", "0: (10000)", 200,
    10000
use_alpha_as_mask mask_contrast_adjust mask_brightness_adjust fill full_res_mask full_res_mask_padding overlay_mask |
    a mask is used as its file shows it, over what was there. | harmless: 1, 1.0, false, true | switch: use_mask
use_mask_video video_mask_path | masks, of videos too, are written anew: see docs/coherence.md. | switch:
    use_mask_video
mask_schedule noise_mask_schedule use_noise_mask | masks, of videos too, are written anew: see docs/coherence.md. |
    harmless: "0: (\"{video_mask}\")", "0: (\"!({everywhere}^({init_mask}|{video_mask}) ) \")" | switch:
    use_noise_mask
strength_0_no_init | frame 0 without an init image is always painted from noise alone. | harmless: true, false
overwrite_extracted_frames hybrid_generate_inputframes | nothing is extracted: the video is read as it is. | harmless:
    any value
parseq_manifest parseq_use_deltas parseq_non_schedule_overrides | a manifest within the file leads its lanes; an
    address is not visited: put the manifest itself there, or import it by itself. | switch: parseq_manifest
fetched_parseq_manifest_summary prompt negative_prompt cond_prompt checkpoint clipskip n_samples n_batch n_iter | a
    leftover of the run that wrote the file. | harmless: any value
cn_#_processor_res cn_#_pixel_perfect | all is detected at the film's size. | harmless: any value
cn_#_resize_mode | pictures are scaled to cover the film's size, and cropped about their middle. | harmless: "Inner
    Fit (Scale to Fit)", "Scale to Fit (Inner Fit)", "Crop and Resize" | switch: cn_#_enabled
cn_#_low_vram cn_#_lowvram cn_#_overwrite_frames | concerns memory and files. | harmless: any value
cn_#_mask_vid_path | masks of ControlNets are not here; they had no effect there. | harmless: "" | switch:
    cn_#_enabled
cn_#_invert_image cn_#_rgbbgr_mode | pictures are shown as they are. | harmless: false | switch: cn_#_enabled
hybrid_use_video_as_mse_image | this part of hybrid video is not here. | switch: hybrid_use_video_as_mse_image
hybrid_generate_human_masks | this part of hybrid video is not here. | harmless: "None", false
skip_video_creation skip_video_for_run_all | reverie export makes the film. | harmless: false
make_gif | reverie export can make the film in other formats. | harmless: false
r_upscale_keep_imgs frame_interpolation_keep_imgs frame_interpolation_use_upscaled | concerns files: a take keeps its
    frames, and every frame carries its project. | harmless: any value
frame_interpolation_slow_mo_enabled frame_interpolation_slow_mo_amount | slow motion: export at a lower --fps. |
    switch: frame_interpolation_slow_mo_enabled
image_path outdir init_image_box timestring | concerns files: a take keeps its frames, and every frame carries its
    project. | harmless: ""
sd_model_hash deforum_git_commit_id | no part of a film. | harmless: any value
interpolate_key_frames interpolate_x_frames render_steps path_name_modifier filename_format save_settings save_samples
    make_grid grid_rows save_sample_per_step show_sample_per_step display_samples enable_hr firstphase_width
    firstphase_height ffmpeg_location ffmpeg_crf ffmpeg_preset use_manual_settings max_video_frames save_images
    dynamic_threshold static_threshold precision bit_depth_output C f log_weighted_subprompts normalize_prompt_weights
    | an old setting: of stills, of another mode, or without effect; later versions dropped it. | harmless: any value
scheduler scheduler_schedule enable_scheduler_scheduling distilled_cfg_scale_schedule
    enable_distilled_cfg_scale_scheduling keyframe_distribution keyframe_strength_schedule shake_name shake_intensity
    shake_speed freeu_* kohya_hrfix_* wan_* | a setting of a fork; reverie move handheld writes a camera that shakes.
    | harmless: "", "None", false, "Off"
""")

TABLE = (*CARRIED, *LEFT)
