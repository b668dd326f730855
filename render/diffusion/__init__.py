"""Painting with diffusion models: describe and check what a project names, `load` a model, and paint with it.

This is the face of the folder. What is named here imports neither torch nor diffusers.
"""

from render.diffusion.adapter_file import AdapterFile, find_adapter
from render.diffusion.catalogue import AUTO, find_for, find_model, state_on_hub
from render.diffusion.denoiser_file import find_denoiser
from render.diffusion.fit import UNET, check_adapter, check_control, check_fit, layers_per_block
from render.diffusion.inversions import Inversion, check_inversion, describe_inversion, words_in
from render.diffusion.job import (
    Canvas,
    ClipGuidance,
    Control,
    ImagePrompt,
    ModelSpec,
    OnStep,
    PaintJob,
    Travel,
    model_inputs,
    version_seed,
)
from render.diffusion.loras.convert import LoraNaming, converted_lora
from render.diffusion.loras.lora import LoraFile, describe_lora
from render.diffusion.model_lines import checkup
from render.diffusion.model_source import ModelDefaults, ModelSource, WeightOptions
from render.diffusion.painter import DiffusionPainter, fetch, load
from render.diffusion.samplers import SAMPLER_NAMES, sampler_name
from render.diffusion.steps import Sampling, StepPlan, StepsMode, reveal_plan, step_plan
from render.diffusion.weights import check_method, check_vae, check_weights, quantised_parts

__all__ = [
    "AUTO",
    "SAMPLER_NAMES",
    "UNET",
    "AdapterFile",
    "Canvas",
    "ClipGuidance",
    "Control",
    "DiffusionPainter",
    "ImagePrompt",
    "Inversion",
    "LoraFile",
    "LoraNaming",
    "ModelDefaults",
    "ModelSource",
    "ModelSpec",
    "OnStep",
    "PaintJob",
    "Sampling",
    "StepPlan",
    "StepsMode",
    "Travel",
    "WeightOptions",
    "check_adapter",
    "check_control",
    "check_fit",
    "check_inversion",
    "check_method",
    "check_vae",
    "check_weights",
    "checkup",
    "converted_lora",
    "describe_inversion",
    "describe_lora",
    "fetch",
    "find_adapter",
    "find_denoiser",
    "find_for",
    "find_model",
    "layers_per_block",
    "load",
    "model_inputs",
    "quantised_parts",
    "reveal_plan",
    "sampler_name",
    "state_on_hub",
    "step_plan",
    "version_seed",
    "words_in",
]
