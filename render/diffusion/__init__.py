"""Painting with diffusion models: `load` a model, and `paint` with it.

What is named here imports neither torch nor diffusers. The heavy half is `render.diffusion.load` (load) and
`render.diffusion.painter` (DiffusionPainter).
"""

from render.diffusion.catalogue import ModelSource, find_model
from render.diffusion.defaults import ModelDefaults
from render.diffusion.job import ImagePrompt, ModelSpec, PaintJob, Travel, model_inputs, version_seed
from render.diffusion.samplers import SAMPLER_NAMES, sampler_name
from render.diffusion.steps import Sampling, StepPlan, StepsMode, reveal_plan, step_plan

__all__ = [
    "SAMPLER_NAMES",
    "ImagePrompt",
    "ModelDefaults",
    "ModelSource",
    "ModelSpec",
    "PaintJob",
    "Sampling",
    "StepPlan",
    "StepsMode",
    "Travel",
    "find_model",
    "model_inputs",
    "reveal_plan",
    "sampler_name",
    "step_plan",
    "version_seed",
]
