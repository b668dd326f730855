"""Every setting of Deforum, and what becomes of it in a project."""

from __future__ import annotations

from .settings import ANY, Setting

_HYBRID = "this part of hybrid video is not here."
_PARSEQ = "an address is not visited: put the manifest itself there, or import it by itself."
_MASK = "masks, of videos too, are written anew: see docs/coherence.md."
_FLOW = "a frame is not painted twice along its flow."
_FILES = "concerns files: a take keeps its frames, and every frame carries its project."
_SCREEN = "concerns the host's screen."
_DEPTH = "all depth comes from what motion.depth names."

# What has a place in a project, or has one at some of its values.
CARRIED: tuple[Setting, ...] = (
    Setting(names="W H width height", here="size", why="floored to a multiple of 8 (the notebook's: 64)"),
    Setting(names="seed", here="seed", why="-1 becomes a number made from the file, which the report names"),
    Setting(names="max_frames", here="frames"),
    Setting(names="fps", here="fps"),
    Setting(names="batch_name", here="title", why="without its time stamp"),
    Setting(
        names="use_init init_image", here="init_image", why="a file beside the project; no address of the web"
    ),
    Setting(
        names="strength", here="diffusion.strength", why="1 minus it, at frame 0 of a film with an init image"
    ),
    Setting(names="sampler", here="diffusion.sampler", why="those without a counterpart: the model's own"),
    Setting(
        names="sampler_schedule enable_sampler_scheduling enable_schedule_samplers", here="diffusion.sampler"
    ),
    Setting(names="steps", here="diffusion.steps", why="Deforum ran one step more than steps x strength"),
    Setting(names="steps_schedule enable_steps_scheduling", here="diffusion.steps"),
    Setting(names="cfg_scale_schedule scale", here="diffusion.cfg_scale"),
    Setting(names="strength_schedule", here="diffusion.strength", why="1 minus it"),
    Setting(
        names="clipskip_schedule enable_clipskip_scheduling",
        here="diffusion.clipskip",
        switch="enable_clipskip_scheduling",
    ),
    Setting(
        names="ddim_eta_schedule enable_ddim_eta_scheduling ddim_eta",
        here="diffusion.eta",
        why="for the samplers ddim and tcd",
        off=(0, "0: (0)", False),
    ),
    Setting(names="seed_behavior", here="diffusion.seed_behavior"),
    Setting(names="seed_iter_N", here="diffusion.seed_iter_n", off=(1,)),
    Setting(names="seed_schedule", here="diffusion.seed", why="below 0: a seed by lot"),
    Setting(
        names="enable_subseed_scheduling subseed_schedule subseed_strength_schedule",
        here="diffusion.subseed",
        why="and diffusion.subseed_strength, while they are switched on",
    ),
    Setting(
        names="cn_#_enabled cn_#_model",
        here="control.model",
        why="a folder in diffusers' format beside the project; without one it is left out, and told of",
    ),
    Setting(
        names="cn_#_vid_path cn_#_loopback_mode",
        here="control.source",
        why="a file beside the project, else the picture that is painted over",
    ),
    Setting(
        names="cn_#_module",
        here="control.detect",
        why="canny; depth by the project's network; soft edges by their gradient; others are left out, and told of",
    ),
    Setting(names="cn_#_threshold_a", here="control.low"),
    Setting(names="cn_#_threshold_b", here="control.high"),
    Setting(names="cn_#_control_mode cn_#_guess_mode", here="control.mode"),
    Setting(names="cn_#_weight", here="control.weight"),
    Setting(names="cn_#_guidance_start", here="control.start"),
    Setting(names="cn_#_guidance_end", here="control.end"),
    Setting(
        names="subseed subseed_strength seed_enable_extras",
        here="diffusion.subseed",
        why="and diffusion.subseed_strength: the old, fixed ones, while they are switched on",
    ),
    Setting(
        names="add_soundtrack soundtrack_path",
        here="audio",
        why="a file beside the project; its switch at File",
    ),
    Setting(
        names="frame_interpolation_engine frame_interpolation_x_amount",
        here="output.interpolate",
        why="by optical flow in place of a network",
    ),
    Setting(
        names="r_upscale_video r_upscale_factor r_upscale_model",
        here="output.upscale",
        why="by Lanczos' kernel; `output.upscaler` names a network",
    ),
    Setting(names="prompts animation_prompts", here="prompts"),
    Setting(names="animation_prompts_positive", here="prompts.prefix"),
    Setting(names="animation_prompts_negative", here="prompts.negative"),
    Setting(
        names="positive_prompts negative_prompts",
        why="a run has merged them into its prompts already, where they are carried over.",
        off=(ANY,),
    ),
    Setting(names="neg_prompts", here="prompts", why="the notebook's negative prompts: after --neg"),
    Setting(
        names="animation_mode",
        here="motion.mode",
        why="2D, 3D and Video Input; Interpolation is not here yet",
    ),
    Setting(
        names="video_init_path", here="video.input", why="a video beside the project; no address of the web"
    ),
    Setting(names="extract_from_frame", here="video.from"),
    Setting(names="extract_to_frame", here="video.to", why="the last frame taken; -1 is the video's"),
    Setting(names="extract_nth_frame", here="video.every"),
    Setting(names="hybrid_composite", here="video.composite", why="none, init (Normal), before, after"),
    Setting(names="hybrid_use_first_frame_as_init_image", here="video.first_frame"),
    Setting(
        names="hybrid_use_init_image", here="video.composite", why="false; the init image is not laid over"
    ),
    Setting(names="hybrid_comp_alpha_schedule", here="video.video_alpha"),
    Setting(names="hybrid_comp_mask_type", here="video.mask"),
    Setting(names="hybrid_comp_mask_inverse", here="video.mask_invert"),
    Setting(names="hybrid_comp_mask_equalize", here="video.mask_equalize"),
    Setting(names="hybrid_comp_mask_auto_contrast", here="video.mask_auto_contrast"),
    Setting(names="hybrid_comp_mask_auto_contrast_cutoff_low_schedule", here="video.video_mask_low"),
    Setting(names="hybrid_comp_mask_auto_contrast_cutoff_high_schedule", here="video.video_mask_high"),
    Setting(names="hybrid_comp_mask_blend_alpha_schedule", here="video.video_mask_blend"),
    Setting(names="hybrid_comp_mask_contrast_schedule", here="video.video_mask_contrast"),
    Setting(names="hybrid_motion", here="video.motion"),
    Setting(names="hybrid_motion_use_prev_img", here="video.motion_from", why='true: "render"'),
    Setting(
        names="hybrid_flow_method",
        here="video.flow",
        why="RAFT becomes dis where torchvision is not installed",
    ),
    Setting(names="hybrid_flow_factor_schedule", here="video.video_flow_factor"),
    Setting(names="hybrid_flow_consistency", here="video.consistency", why='true: "still"'),
    Setting(names="hybrid_consistency_blur", here="video.consistency_blur"),
    Setting(names="border", here="motion.border", why="in 2D"),
    Setting(
        names="padding_mode", here="motion.border", why="in 3D: border, reflection; zeros is not here yet"
    ),
    Setting(
        names="sampling_mode", here="motion.sampling", why="in 3D: bicubic, bilinear; nearest is not here"
    ),
    Setting(names="use_depth_warping", here="motion.depth", why='off: depth = "flat"'),
    Setting(
        names="angle zoom translation_x translation_y translation_z transform_center_x transform_center_y "
        "rotation_3d_x rotation_3d_y rotation_3d_z",
        here="motion",
        why="the lanes of the same names",
    ),
    Setting(
        names="perspective_flip_theta perspective_flip_phi perspective_flip_gamma perspective_flip_fv "
        "enable_perspective_flip flip_2d_perspective",
        here="motion",
        why="the lanes of the same names, while the flip is enabled.",
    ),
    Setting(names="fov_schedule fov", here="motion.fov"),
    Setting(names="aspect_ratio_schedule aspect_ratio_use_old_formula", here="motion.aspect"),
    Setting(names="color_coherence", here="coherence.color_match", why='with color_method = "histogram"'),
    Setting(names="noise_type", here="coherence.noise_type", why='its "uniform" is normal'),
    Setting(names="noise_schedule", here="coherence.noise", why="times 0.36 (uniform) or 0.24 (perlin)"),
    Setting(names="contrast_schedule", here="coherence.contrast", why="about mid-grey, theirs about black"),
    Setting(names="amount_schedule", here="coherence.antiblur_amount"),
    Setting(names="kernel_schedule", here="coherence.antiblur_kernel", why="even widths become odd"),
    Setting(names="sigma_schedule", here="coherence.antiblur_sigma"),
    Setting(names="threshold_schedule", here="coherence.antiblur_threshold", why="divided by 255"),
    Setting(
        names="diffusion_cadence",
        here="diffusion.cadence",
        why="1 in Video Input, as there; the frames after the last painted one are made too",
    ),
    Setting(names="optical_flow_cadence", here="diffusion.cadence_flow", why="as hybrid_flow_method"),
    Setting(
        names="cadence_flow_factor_schedule",
        here="diffusion.cadence_flow_factor",
        why="half of it: Deforum goes half of the way that it finds",
    ),
    Setting(
        names="use_looper init_images", here="guide", why="files beside the project", switch="use_looper"
    ),
    Setting(
        names="image_strength_schedule",
        here="diffusion.strength",
        why="1 minus it, with guides",
        switch="use_looper",
    ),
    Setting(names="blendFactorMax", here="guide.guide_max", switch="use_looper"),
    Setting(names="blendFactorSlope", here="guide.guide_slope", switch="use_looper"),
    Setting(names="tweening_frames_schedule", here="guide.guide_tween", switch="use_looper"),
    Setting(names="color_correction_factor", here="guide.guide_color", switch="use_looper"),
    Setting(
        names="use_mask mask_file invert_mask",
        here="coherence.mask",
        why="a file beside the project, as the mask `painted`; white is painted",
        switch="use_mask",
    ),
    Setting(names="mask_overlay_blur", here="coherence.mask_feather", switch="use_mask"),
    Setting(names="color_coherence_image_path", here="coherence.color_from", why="a file beside the project"),
    Setting(names="sd_model_name", here="model", why="named in a comment; --model puts a model in"),
)

# What has none yet, and at which values, or behind which switch, nothing is lost by that.
LEFT: tuple[Setting, ...] = (
    Setting(
        names="motion_preview_mode", why="reverie preview shows the motion without a model.", off=(False,)
    ),
    Setting(names="restore_faces", why="face restoration is not here.", off=(False,)),
    Setting(names="tiling", why="seamless tiles are not here yet.", off=(False,)),
    Setting(
        names="ancestral_eta_schedule enable_ancestral_eta_scheduling",
        why="fresh noise of the ancestral samplers is always 1.",
        off=(False,),
        switch="enable_ancestral_eta_scheduling",
    ),
    Setting(
        names="override_settings_with_file custom_settings_file",
        why="give reverie several projects instead.",
        off=("", False),
    ),
    Setting(
        names="resume_from_timestring resume_timestring",
        why="a take goes on by itself where it stopped.",
        switch="resume_from_timestring",
    ),
    Setting(
        names="pix2pix_img_cfg_scale_schedule pix2pix_img_cfg_scale",
        why="models that follow instructions are not here yet.",
        off=("0:(1.5)", 1.5),
    ),
    Setting(names="show_info_on_ui", why=_SCREEN, off=(True, False)),
    Setting(names="seed_resize_from_w seed_resize_from_h", why="seed resizing is not here.", off=(0,)),
    Setting(
        names="enable_checkpoint_scheduling checkpoint_schedule",
        why='write a table of keys and models: model = { 0 = "sketch", 60 = "models/other" }.',
        switch="enable_checkpoint_scheduling",
    ),
    Setting(names="perlin_w perlin_h", why="perlin noise has 8 cells along its shorter side.", off=(8,)),
    Setting(names="perlin_octaves", why="perlin noise has 4 octaves.", off=(4,)),
    Setting(names="perlin_persistence", why="perlin noise has a persistence of 0.5.", off=(0.5,)),
    Setting(
        names="enable_noise_multiplier_scheduling noise_multiplier_schedule",
        why="the sampler's own noise is not scaled here yet (1.05 there by default).",
        off=("0: (1)", "0: (1.0)"),
        switch="enable_noise_multiplier_scheduling",
    ),
    Setting(
        names="color_coherence_video_every_N_frames",
        why="colours of a video are not matched here yet.",
        off=("", 1),
    ),
    Setting(
        names="color_force_grayscale", why="grey films are not here yet: say so in the prompt.", off=(False,)
    ),
    Setting(
        names="legacy_colormatch histogram_matching",
        why="frames are matched to frame 0 before and after painting.",
        off=(False,),
    ),
    Setting(names="optical_flow_redo_generation", why=_FLOW, off=("None", False)),
    Setting(
        names="redo_flow_factor_schedule", why=_FLOW, off=("0: (1)",), switch="optical_flow_redo_generation"
    ),
    Setting(names="diffusion_redo", why="painting a frame several times is not here.", off=(0, "0")),
    Setting(
        names="reroll_blank_frames reroll_patience",
        why="a frame that fails is painted again in float32; a black one is never stored.",
        off=("ignore", "reroll", "interrupt", 10),
    ),
    Setting(names="depth_algorithm use_zoe_depth", why=f'{_DEPTH} (its DPT: depth = "Intel/dpt-large")'),
    Setting(
        names="midas_weight", why="belongs to a mix of two depth networks; here there is one.", off=(ANY,)
    ),
    Setting(names="save_depth_maps", why=_FILES, off=(False,)),
    Setting(
        names="near_schedule far_schedule near_plane far_plane",
        why="had no effect in Deforum.",
        off=("0: (200)", "0: (10000)", 200, 10000),
    ),
    Setting(
        names="use_alpha_as_mask mask_contrast_adjust mask_brightness_adjust fill full_res_mask "
        "full_res_mask_padding overlay_mask",
        why="a mask is used as its file shows it, over what was there.",
        off=(1, 1.0, False, True),
        switch="use_mask",
    ),
    Setting(names="use_mask_video video_mask_path", why=_MASK, switch="use_mask_video"),
    Setting(
        names="mask_schedule noise_mask_schedule use_noise_mask",
        why=_MASK,
        off=('0: ("{video_mask}")', '0: ("!({everywhere}^({init_mask}|{video_mask}) ) ")'),
        switch="use_noise_mask",
    ),
    Setting(
        names="strength_0_no_init",
        why="frame 0 without an init image is always painted from noise alone.",
        off=(True, False),
    ),
    Setting(
        names="overwrite_extracted_frames",
        why="nothing is extracted: the video is read as it is.",
        off=(ANY,),
    ),
    Setting(
        names="parseq_manifest parseq_use_deltas parseq_non_schedule_overrides",
        why=f"a manifest within the file leads its lanes; {_PARSEQ}",
        switch="parseq_manifest",
    ),
    Setting(
        names="fetched_parseq_manifest_summary", why="a leftover of the run that wrote the file.", off=(ANY,)
    ),
    Setting(
        names="cn_#_processor_res cn_#_pixel_perfect", why="all is detected at the film's size.", off=(ANY,)
    ),
    Setting(
        names="cn_#_resize_mode",
        why="pictures are scaled to cover the film's size, and cropped about their middle.",
        off=("Inner Fit (Scale to Fit)", "Scale to Fit (Inner Fit)", "Crop and Resize"),
        switch="cn_#_enabled",
    ),
    Setting(
        names="cn_#_low_vram cn_#_lowvram cn_#_overwrite_frames", why="concerns memory and files.", off=(ANY,)
    ),
    Setting(
        names="cn_#_mask_vid_path",
        why="masks of ControlNets are not here; they had no effect there.",
        off=("",),
        switch="cn_#_enabled",
    ),
    Setting(
        names="cn_#_invert_image cn_#_rgbbgr_mode",
        why="pictures are shown as they are.",
        off=(False,),
        switch="cn_#_enabled",
    ),
    Setting(
        names="hybrid_generate_inputframes",
        why="nothing is extracted: the video is read as it is.",
        off=(ANY,),
    ),
    Setting(names="hybrid_comp_save_extra_frames", why=_FILES, off=(False,)),
    Setting(names="hybrid_use_video_as_mse_image", why=_HYBRID, switch="hybrid_use_video_as_mse_image"),
    Setting(names="hybrid_generate_human_masks", why=_HYBRID, off=("None", False)),
    Setting(
        names="skip_video_creation skip_video_for_run_all", why="reverie export makes the film.", off=(False,)
    ),
    Setting(names="make_gif", why="reverie export can make the film in other formats.", off=(False,)),
    Setting(names="delete_imgs delete_input_frames store_frames_in_ram", why=_FILES, off=(False,)),
    Setting(
        names="r_upscale_keep_imgs frame_interpolation_keep_imgs frame_interpolation_use_upscaled",
        why=_FILES,
        off=(ANY,),
    ),
    Setting(
        names="frame_interpolation_slow_mo_enabled frame_interpolation_slow_mo_amount",
        why="slow motion: export at a lower --fps.",
        switch="frame_interpolation_slow_mo_enabled",
    ),
    Setting(names="image_path outdir init_image_box timestring", why=_FILES, off=("",)),
    Setting(names="sd_model_hash deforum_git_commit_id", why="no part of a film.", off=(ANY,)),
    Setting(
        names="prompt negative_prompt cond_prompt checkpoint clipskip n_samples n_batch n_iter",
        why="a leftover of the run that wrote the file.",
        off=(ANY,),
    ),
    Setting(
        names="interpolate_key_frames interpolate_x_frames render_steps path_name_modifier filename_format "
        "save_settings save_samples make_grid grid_rows save_sample_per_step show_sample_per_step "
        "display_samples enable_hr firstphase_width firstphase_height ffmpeg_location ffmpeg_crf ffmpeg_preset "
        "use_manual_settings max_video_frames save_images dynamic_threshold static_threshold "
        "precision bit_depth_output C f log_weighted_subprompts normalize_prompt_weights",
        why="an old setting: of stills, of another mode, or without effect; later versions dropped it.",
        off=(ANY,),
    ),
    Setting(
        names="scheduler scheduler_schedule enable_scheduler_scheduling distilled_cfg_scale_schedule "
        "enable_distilled_cfg_scale_scheduling keyframe_distribution keyframe_strength_schedule shake_name "
        "shake_intensity shake_speed freeu_* kohya_hrfix_* wan_*",
        why="a setting of a fork; reverie move handheld writes a camera that shakes.",
        off=("", "None", False, "Off"),
    ),
)
TABLE = (*CARRIED, *LEFT)
