"""Every setting of FizzNodes' nodes, of the nodes round them, and of AnimateDiff's prompt travel."""

from __future__ import annotations

from .settings import ANY, Setting

_SHOWN = "concerns what ComfyUI prints."
_MODEL = "concerns how the model is run, not the film."
_MOTION = (
    "AnimateDiff's motion networks are not here: the camera of [motion] and the frame before move a film."
)
_CONTROL = "its pictures lie in folders of that tool: write [control.NAME] with model and source."
_ADAPTER = "its pictures lie in folders of that tool: write [ip_adapter.NAME] with model and pictures."
_AFTER = "upscaling, stylising and finding regions in a finished film is not here."

CARRIED: tuple[Setting, ...] = (
    Setting(
        names="PromptSchedule.text BatchPromptSchedule.text BatchPromptScheduleLatentInput.text StringSchedule.text "
        "BatchStringSchedule.text",
        here="prompts",
        why='blended in a straight line from key to key, `blend = "linear"`; in a key max_f is the number of frames',
    ),
    Setting(
        names="PromptSchedule.pre_text BatchPromptSchedule.pre_text BatchPromptScheduleLatentInput.pre_text "
        "StringSchedule.pre_text BatchStringSchedule.pre_text",
        here="prompts.prefix",
        why="what follows --neg: in every negative prompt",
    ),
    Setting(
        names="PromptSchedule.app_text BatchPromptSchedule.app_text BatchPromptScheduleLatentInput.app_text "
        "StringSchedule.app_text BatchStringSchedule.app_text",
        here="prompts.suffix",
        why="what follows --neg: `prompts.negative`",
    ),
    Setting(
        names=" ".join(
            f"{node}.pw_{letter}"
            for node in (
                "PromptSchedule",
                "BatchPromptSchedule",
                "BatchPromptScheduleLatentInput",
                "StringSchedule",
                "BatchStringSchedule",
            )
            for letter in "abcd"
        ),
        here="prompts",
        why="put into the expressions that name it",
    ),
    Setting(
        names="PromptSchedule.max_frames BatchPromptSchedule.max_frames StringSchedule.max_frames "
        "BatchStringSchedule.max_frames",
        here="frames",
    ),
    Setting(
        names="ValueSchedule.text BatchValueSchedule.text BatchValueScheduleLatentInput.text",
        here="diffusion",
        why="the lane of the input that it feeds: denoise, cfg, steps, seed of a KSampler",
    ),
    Setting(
        names="CLIPTextEncode.text", here="prompts.negative", why="where it feeds a sampler's negative input"
    ),
    Setting(names="KSampler.seed KSamplerAdvanced.noise_seed", here="seed"),
    Setting(
        names="KSampler.steps KSamplerAdvanced.steps", here="diffusion.steps", why='`steps_mode = "exact"`'
    ),
    Setting(names="KSampler.cfg KSamplerAdvanced.cfg", here="diffusion.cfg_scale"),
    Setting(
        names="KSampler.sampler_name KSampler.scheduler KSamplerAdvanced.sampler_name KSamplerAdvanced.scheduler",
        here="diffusion.sampler",
    ),
    Setting(
        names="KSampler.denoise",
        here="diffusion.strength",
        why="below 1; at 1 a graph paints every frame from noise alone, where a film goes on from the frame before",
    ),
    Setting(names="EmptyLatentImage.width EmptyLatentImage.height", here="size"),
    Setting(names="VHS_VideoCombine.frame_rate ADE_AnimateDiffCombine.frame_rate", here="fps"),
    Setting(
        names="CheckpointLoaderSimple.ckpt_name",
        here="model",
        why="named in a comment; --model puts a model in",
    ),
)
LEFT: tuple[Setting, ...] = (
    Setting(
        names="*.current_frame *.start_frame *.end_frame *.print_output",
        why=f"the frame that a run is at, or {_SHOWN}",
        off=(ANY,),
    ),
    Setting(names="*.max_frames", why="the film has one length: that of its prompts.", off=(ANY,)),
    Setting(names="*.control_after_generate", why="seeds go on by one from frame to frame.", off=(ANY,)),
    Setting(names="EmptyLatentImage.batch_size", why="the length is that of the prompts.", off=(ANY,)),
    Setting(
        names="KSamplerAdvanced.add_noise KSamplerAdvanced.start_at_step KSamplerAdvanced.end_at_step "
        "KSamplerAdvanced.return_with_leftover_noise",
        why="write the share of the steps as diffusion.strength.",
        off=("enable", "disable", 0, 10000),
    ),
    Setting(
        names="VHS_VideoCombine.* SaveImage.filename_prefix ADE_AnimateDiffCombine.*",
        why="a take keeps its frames, and reverie export makes films.",
        off=(ANY,),
    ),
)
TABLE = (*CARRIED, *LEFT)

TEXT: tuple[Setting, ...] = (
    Setting(names="text", here="prompts", why="keys and prompts as FizzNodes writes them"),
)

TRAVEL_CARRIED: tuple[Setting, ...] = (
    Setting(
        names="prompt_map",
        here="prompts",
        why="blended; after the last key it goes on to the first one again",
    ),
    Setting(names="prompt_fixed_ratio", here="prompts", why="each prompt is held for that share of the way"),
    Setting(names="head_prompt", here="prompts.prefix"),
    Setting(names="tail_prompt", here="prompts.suffix"),
    Setting(names="n_prompt", here="prompts.negative", why="the first of the list"),
    Setting(names="name", here="title"),
    Setting(
        names="seed", here="seed", why="the first of the list; below 0 becomes a number made from the file"
    ),
    Setting(names="steps", here="diffusion.steps"),
    Setting(names="guidance_scale", here="diffusion.cfg_scale"),
    Setting(names="clip_skip", here="diffusion.clipskip"),
    Setting(names="scheduler", here="diffusion.sampler"),
    Setting(names="output.fps", here="fps"),
    Setting(names="path", here="model", why="named in a comment; --model puts a model in"),
)
TRAVEL_LEFT: tuple[Setting, ...] = (
    Setting(
        names="is_single_prompt_mode", why="prompts of a window of frames are one each here.", off=(False,)
    ),
    Setting(names="motion_module motion_lora_map base", why=_MOTION, off=("", {})),
    Setting(names="vae_path", why="a model comes with its own.", off=("",)),
    Setting(names="lora_map", why="networks of a prompt are not carried over yet.", off=({},)),
    Setting(names="controlnet_map", why=_CONTROL, off=({},)),
    Setting(names="result", why="written by a run, no setting.", off=(ANY,)),
    Setting(names="ip_adapter_map", why=_ADAPTER, off=({},)),
    Setting(names="img2img_map region_map", why="a film starts from init_image.", off=({},)),
    Setting(names="upscale_config stylize_config adetailer dynamic_config", why=_AFTER, off=({},)),
    Setting(
        names="lcm_map gradual_latent_hires_fix_map unet_batch_size compile tensor_rt context context_schedule "
        "use_xformers half_vae",
        why=_MODEL,
        off=(ANY,),
    ),
    Setting(
        names="output.format output.encode_param", why="reverie export makes films of all kinds.", off=(ANY,)
    ),
)
TRAVEL = (*TRAVEL_CARRIED, *TRAVEL_LEFT)
