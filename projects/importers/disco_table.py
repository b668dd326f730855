"""Every setting of Disco Diffusion, and what becomes of it in a project."""

from __future__ import annotations

from .report import carried, defaults, left_out

_CARRIED = carried(
    r"""
batch_name | title
use_vertical_symmetry use_horizontal_symmetry | coherence.symmetry
width height width_height width_height_for_512x512_models width_height_for_256x256_models | size | rounded down to a
    multiple of 64
max_frames | frames
fps | fps | 12 if the file has none
seed set_seed | seed | random_seed becomes a number made from the file
text_prompts | prompts | lists with weights are read as Disco does
init_image | init_image | a file next to the project, not a web address
skip_steps | diffusion.strength | 1 - value / steps, at frame 0 with an init image
frames_skip_steps | diffusion.strength | 1 minus the value: "60%" becomes 0.4
steps | diffusion.steps
diffusion_sampling_mode | diffusion.sampler | ddim, plms
eta | diffusion.eta
animation_mode | motion.mode | 2D, 3D and Video Input; None is a film of one frame
angle zoom translation_x translation_y translation_z rotation_3d_x rotation_3d_y rotation_3d_z | motion | the lanes of
    the same names
fov | motion.fov
padding_mode | motion.border | in 3D; 2D always wraps
sampling_mode | motion.sampling | in 3D; 2D is always bilinear
turbo_mode turbo_steps turbo_preroll | diffusion.cadence | in 3D: 1 up to turbo_preroll (10), then turbo_steps
video_init_path | video.input | a video next to the project, not a web address
extract_nth_frame | video.every
video_init_flow_warp | video.motion | true: "flow", by DIS; Disco uses RAFT
video_init_flow_blend | video.video_alpha | 1 minus the value
video_init_check_consistency | video.consistency | true: "clip"
video_init_seed_continuity | diffusion.seed_behavior | true: "fixed"
video_init_steps | diffusion.steps | of a film with video input
video_init_skip_steps | diffusion.strength | 1 - value / video_init_steps, at frame 0 of a film that the video's flow
    moves
clip_guidance_scale tv_scale range_scale sat_scale | clip_guidance | the lanes of the same names, if the model has a
    picture-text model of its own, as sketch has
init_scale frames_scale | clip_guidance.init_scale | at frame 0 with an init image, and after it; Reverie uses a
    pyramid of differences, not LPIPS
clamp_grad clamp_max | clip_guidance.clamp_max | of latents, not of pixels
cutn_batches cut_overview cut_innercut cut_ic_pow cut_icgray_p skip_augs | clip_guidance | the same names; cut-outs
    are shifted, mirrored and lit at random, not rotated
diffusion_model | model | named in a comment; set the model with --model
vr_mode vr_eye_angle vr_ipd | output.vr | side by side, in 3D; the toe-in becomes `vr_screen`, the distance at which
    the eyes meet
"""
)

_LEFT = left_out(
    r"""
ViTB32 ViTB16 ViTL14 ViTL14_336px RN50 RN101 RN50x4 RN50x16 RN50x64 ViTB32_laion2b_e16 ViTB32_laion400m_e31
    ViTB32_laion400m_32 ViTB32quickgelu_laion400m_e31 ViTB32quickgelu_laion400m_e32 ViTB16_laion400m_e31
    ViTB16_laion400m_e32 RN50_yffcc15m RN50_cc12m RN50_quickgelu_yfcc15m RN50_quickgelu_cc12m RN101_yfcc15m
    RN101_quickgelu_yfcc15m | set clip_guidance.model; Reverie reads OpenCLIP models in transformers format. |
    harmless: false
pad_or_pulp_cut_overview pad_or_pulp_cut_innercut pad_or_pulp_cut_ic_pow pad_or_pulp_cut_icgray_p
    watercolor_cut_overview watercolor_cut_innercut watercolor_cut_ic_pow watercolor_cut_icgray_p | belongs to models
    that Reverie does not have. | harmless: any value
rand_mag clip_denoised randomize_class | Reverie adds no noise to texts or gradients. | harmless: any value
fuzzy_prompt | Reverie adds no noise to texts or gradients. | harmless: false
image_prompts | Reverie has no picture prompts for CLIP yet. | harmless: {}, ""
perlin_init perlin_mode | Reverie cannot start from Perlin noise. | switch: perlin_init
interp_spline | Disco's own code says not to change it; in Reverie, keys may name a curve. | harmless: "Linear"
key_frames | off is broken in Disco. | harmless: true
near_plane far_plane video_init_clip_guidance_scale video_init_tv_scale video_init_range_scale video_init_sat_scale
    video_init_frames_skip_steps | has no effect in Disco Diffusion. | harmless: any value
midas_depth_model midas_weight | set motion.depth.
transformation_percent | Reverie mirrors whole frames, before and after painting. | harmless: any value
video_init_cutn_batches video_init_frames_scale | Reverie uses cutn_batches and frames_scale for films with video too.
    | harmless: any value
video_init_blend_mode blend | Reverie does not blend the frames of the finished film. | harmless: any value
persistent_frame_output_in_batch_folder force_download force_flow_generation use_secondary_model use_checkpoint
    diffusion_steps custom_path simple_nvidia_smi_display google_drive save_models_to_google_drive useCPU USE_ADABINS
    check_model_SHA device display_rate n_batches batch_size resume_run run_to_resume resume_from_frame
    retain_overwritten_frames intermediate_saves intermediates_in_subfolder console_preview console_preview_width |
    belongs to the notebook and its machine. | harmless: any value
skip_video_for_run_all init_frame last_frame | concerns the film file; use reverie export. | harmless: any value
"""
)

TABLE = (*_CARRIED, *_LEFT)

DEFAULTS = defaults(
    r"""
animation_mode | "None"
max_frames | 10000
fps | 12
steps | 250
frames_skip_steps | "60%"
skip_steps | 10
diffusion_sampling_mode | "ddim"
eta | 0.8
angle | "0:(0)"
zoom | "0: (1), 10: (1.05)"
translation_x translation_y rotation_3d_x rotation_3d_y rotation_3d_z | "0: (0)"
translation_z | "0: (10.0)"
fov | 40
clip_guidance_scale | 5000
tv_scale sat_scale | 0
range_scale | 150
init_scale | 1000
frames_scale | 1500
clamp_grad | true
clamp_max | 0.05
cutn_batches | 4
cut_overview | "[12]*400+[4]*600"
cut_innercut | "[4]*400+[12]*600"
cut_ic_pow | "[1]*1000"
cut_icgray_p | "[0.2]*400+[0]*600"
skip_augs | false
padding_mode | "border"
sampling_mode | "bicubic"
"""
)
