"""Painting frames with diffusion models.

What is named here imports neither torch nor diffusers. The heavy half is `render.diffusion.load` (load_model)
and `render.diffusion.sampling` (paint).
"""

from render.diffusion.catalogue import ModelSource, find_model
from render.diffusion.defaults import ModelDefaults
from render.diffusion.samplers import SAMPLER_NAMES, sampler_name
from render.diffusion.steps import Sampling, StepPlan, StepsMode, reveal_plan, step_plan

__all__ = [
    "SAMPLER_NAMES",
    "ModelDefaults",
    "ModelSource",
    "Sampling",
    "StepPlan",
    "StepsMode",
    "find_model",
    "reveal_plan",
    "sampler_name",
    "step_plan",
]
