"""Every setting of Disco Diffusion, and what becomes of it in a project."""

from __future__ import annotations

from .settings import ANY, Setting

_CLIP = "which picture-text model guides is said by clip_guidance.model; OpenCLIP's are read in transformers' format."
_CUTS = "belongs to models that are not here."
_CHANCE = "texts and gradients are not made noisy."
_SYMMETRY = "symmetry is of whole frames here, before and after painting."
_HOST = "concerns the notebook and its machine."
_FILM = "concerns the film file: reverie export makes it."

CARRIED: tuple[Setting, ...] = (
    Setting(names="batch_name", here="title"),
    Setting(names="use_vertical_symmetry use_horizontal_symmetry", here="coherence.symmetry"),
    Setting(
        names="width height width_height width_height_for_512x512_models width_height_for_256x256_models",
        here="size",
        why="floored to a multiple of 64",
    ),
    Setting(names="max_frames", here="frames"),
    Setting(names="fps", here="fps", why="12 when the file does not say"),
    Setting(names="seed set_seed", here="seed", why="random_seed becomes a number made from the file"),
    Setting(names="text_prompts", here="prompts", why="lists with weights are read as Disco does"),
    Setting(names="init_image", here="init_image", why="a file beside the project; no address of the web"),
    Setting(
        names="skip_steps", here="diffusion.strength", why="1 - it / steps, at frame 0 with an init image"
    ),
    Setting(names="frames_skip_steps", here="diffusion.strength", why='1 minus it: "60%" is 0.4'),
    Setting(names="steps", here="diffusion.steps"),
    Setting(names="diffusion_sampling_mode", here="diffusion.sampler", why="ddim, plms"),
    Setting(names="eta", here="diffusion.eta"),
    Setting(
        names="animation_mode", here="motion.mode", why="2D, 3D and Video Input; None is a film of one frame"
    ),
    Setting(
        names="angle zoom translation_x translation_y translation_z rotation_3d_x rotation_3d_y rotation_3d_z",
        here="motion",
        why="the lanes of the same names",
    ),
    Setting(names="fov", here="motion.fov"),
    Setting(names="padding_mode", here="motion.border", why="in 3D; 2D always wraps"),
    Setting(names="sampling_mode", here="motion.sampling", why="in 3D; 2D is always bilinear"),
    Setting(
        names="turbo_mode turbo_steps turbo_preroll",
        here="diffusion.cadence",
        why="in 3D: 1 up to turbo_preroll (10), then turbo_steps",
    ),
    Setting(
        names="video_init_path", here="video.input", why="a video beside the project; no address of the web"
    ),
    Setting(names="extract_nth_frame", here="video.every"),
    Setting(
        names="video_init_flow_warp", here="video.motion", why='true: "flow", measured by DIS, there by RAFT'
    ),
    Setting(names="video_init_flow_blend", here="video.video_alpha", why="1 minus it"),
    Setting(names="video_init_check_consistency", here="video.consistency", why='true: "clip"'),
    Setting(names="video_init_seed_continuity", here="diffusion.seed_behavior", why='true: "fixed"'),
    Setting(names="video_init_steps", here="diffusion.steps", why="of a film with video input"),
    Setting(
        names="video_init_skip_steps",
        here="diffusion.strength",
        why="1 - it / video_init_steps, at frame 0 of a film that the video's flow moves",
    ),
    Setting(
        names="clip_guidance_scale tv_scale range_scale sat_scale",
        here="clip_guidance",
        why="the lanes of the same names, where the model has a picture-text model of its own, as sketch has",
    ),
    Setting(
        names="init_scale frames_scale",
        here="clip_guidance.init_scale",
        why="at frame 0 with an init image, and after it; a pyramid of differences stands for LPIPS",
    ),
    Setting(names="clamp_grad clamp_max", here="clip_guidance.clamp_max", why="of latents, not of pixels"),
    Setting(
        names="cutn_batches cut_overview cut_innercut cut_ic_pow cut_icgray_p skip_augs",
        here="clip_guidance",
        why="the same names; cut-outs are shifted, mirrored and lit by lot, not turned",
    ),
    Setting(names="diffusion_model", here="model", why="named in a comment; --model puts a model in"),
    Setting(
        names="vr_mode vr_eye_angle vr_ipd",
        here="output.vr",
        why="side by side in the film, in 3D; the toe-in becomes `vr_screen`, the distance where both eyes meet",
    ),
)
LEFT: tuple[Setting, ...] = (
    Setting(
        names="ViTB32 ViTB16 ViTL14 ViTL14_336px RN50 RN101 RN50x4 RN50x16 RN50x64 ViTB32_laion2b_e16 "
        "ViTB32_laion400m_e31 ViTB32_laion400m_32 ViTB32quickgelu_laion400m_e31 ViTB32quickgelu_laion400m_e32 "
        "ViTB16_laion400m_e31 ViTB16_laion400m_e32 RN50_yffcc15m RN50_cc12m RN50_quickgelu_yfcc15m "
        "RN50_quickgelu_cc12m RN101_yfcc15m RN101_quickgelu_yfcc15m",
        why=_CLIP,
        off=(False,),
    ),
    Setting(
        names="pad_or_pulp_cut_overview pad_or_pulp_cut_innercut pad_or_pulp_cut_ic_pow pad_or_pulp_cut_icgray_p "
        "watercolor_cut_overview watercolor_cut_innercut watercolor_cut_ic_pow watercolor_cut_icgray_p",
        why=_CUTS,
        off=(ANY,),
    ),
    Setting(names="rand_mag clip_denoised randomize_class", why=_CHANCE, off=(ANY,)),
    Setting(names="fuzzy_prompt", why=_CHANCE, off=(False,)),
    Setting(names="image_prompts", why="picture prompts are not here yet.", off=({}, "")),
    Setting(
        names="perlin_init perlin_mode",
        why="frames that start from Perlin noise are not here.",
        switch="perlin_init",
    ),
    Setting(
        names="interp_spline",
        why="Disco's own code says not to change it; keys here may name a curve.",
        off=("Linear",),
    ),
    Setting(names="key_frames", why="off, it was broken there.", off=(True,)),
    Setting(names="near_plane far_plane", why="had no effect in Disco Diffusion.", off=(ANY,)),
    Setting(names="midas_depth_model midas_weight", why="all depth comes from what motion.depth names."),
    Setting(names="transformation_percent", why=_SYMMETRY, off=(ANY,)),
    Setting(
        names="video_init_clip_guidance_scale video_init_tv_scale video_init_range_scale video_init_sat_scale "
        "video_init_frames_skip_steps",
        why="had no effect in Disco Diffusion.",
        off=(ANY,),
    ),
    Setting(
        names="video_init_cutn_batches video_init_frames_scale",
        why="cutn_batches and frames_scale are taken for films with video too.",
        off=(ANY,),
    ),
    Setting(
        names="video_init_blend_mode blend",
        why="blending the finished film's frames with each other is not here.",
        off=(ANY,),
    ),
    Setting(
        names="persistent_frame_output_in_batch_folder force_download force_flow_generation",
        why=_HOST,
        off=(ANY,),
    ),
    Setting(names="use_secondary_model use_checkpoint diffusion_steps custom_path", why=_HOST, off=(ANY,)),
    Setting(
        names="simple_nvidia_smi_display google_drive save_models_to_google_drive useCPU USE_ADABINS "
        "check_model_SHA device display_rate n_batches batch_size resume_run run_to_resume resume_from_frame "
        "retain_overwritten_frames intermediate_saves intermediates_in_subfolder console_preview "
        "console_preview_width",
        why=_HOST,
        off=(ANY,),
    ),
    Setting(names="skip_video_for_run_all init_frame last_frame", why=_FILM, off=(ANY,)),
)
TABLE = (*CARRIED, *LEFT)

DEFAULTS: dict[str, object] = {
    "animation_mode": "None",
    "max_frames": 10000,
    "fps": 12,
    "steps": 250,
    "frames_skip_steps": "60%",
    "skip_steps": 10,
    "diffusion_sampling_mode": "ddim",
    "eta": 0.8,
    "angle": "0:(0)",
    "zoom": "0: (1), 10: (1.05)",
    "translation_x": "0: (0)",
    "translation_y": "0: (0)",
    "translation_z": "0: (10.0)",
    "rotation_3d_x": "0: (0)",
    "rotation_3d_y": "0: (0)",
    "rotation_3d_z": "0: (0)",
    "fov": 40,
    "clip_guidance_scale": 5000,
    "tv_scale": 0,
    "range_scale": 150,
    "sat_scale": 0,
    "init_scale": 1000,
    "frames_scale": 1500,
    "clamp_grad": True,
    "clamp_max": 0.05,
    "cutn_batches": 4,
    "cut_overview": "[12]*400+[4]*600",
    "cut_innercut": "[4]*400+[12]*600",
    "cut_ic_pow": "[1]*1000",
    "cut_icgray_p": "[0.2]*400+[0]*600",
    "skip_augs": False,
    "padding_mode": "border",
    "sampling_mode": "bicubic",
}
