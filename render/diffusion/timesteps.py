"""Setting a scheduler's timesteps, and cutting them to the part that is run."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

import torch
from torch import Tensor

from render.diffusion.families.table import FLOW
from render.diffusion.samplers import make_scheduler
from render.diffusion.steps import Sampling, StepPlan

LATEST = 1 - 1e-6


def set_timesteps(
    scheduler: Any, settings: Sampling, plan: StepPlan, timing: Mapping[str, Any], own: Mapping[str, Any]
) -> Tensor:
    """Set the scheduler's steps, with the family's `timing`, and return the timesteps to run.

    `own` is the config of the model's own scheduler.
    """
    if "original_inference_steps" in signature(scheduler.set_timesteps).parameters:
        return _distilled(scheduler, settings, plan)
    if type(scheduler).__name__ == "FlowMatchHeunDiscreteScheduler":
        _set_flow_heun(scheduler, plan.total, timing)
    elif scheduler.config.get("use_flow_sigmas"):
        _set_flow_solver(scheduler, plan.total, timing, own)
    else:
        scheduler.set_timesteps(plan.total, device="cpu", **timing)
    if type(scheduler).__name__ == "PNDMScheduler":
        return _plms(scheduler.timesteps, plan)
    start = plan.skipped * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(start)
    timesteps: Tensor = scheduler.timesteps[start:]
    return timesteps


def _set_flow_heun(scheduler: Any, steps: int, timing: Mapping[str, Any]) -> None:
    """Give flow matching's Heun the times of its Euler, each but the first twice.

    Its own set_timesteps knows neither times nor shifts by size; where there are none, it gives these as well.
    """
    euler = make_scheduler("euler", own="", config=scheduler.config, kind=FLOW)
    euler.set_timesteps(steps, device="cpu", **timing)
    times, sigmas = euler.timesteps, euler.sigmas
    scheduler.set_timesteps(steps, device="cpu")
    scheduler.timesteps = torch.cat([times[:1], times[1:].repeat_interleave(2)])
    scheduler.sigmas = torch.cat([sigmas[:1], sigmas[1:-1].repeat_interleave(2), sigmas[-1:]])


def _set_flow_solver(scheduler: Any, steps: int, timing: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Give a solver made for diffusion the times of flow matching's Euler, with its shift.

    It counts in log(alpha / sigma), and alpha is 0 at the first time, 1: that one is taken a millionth earlier.
    """
    euler = make_scheduler("euler", own="", config=own, kind=FLOW)
    euler.set_timesteps(steps, device="cpu", **timing)
    scheduler.set_timesteps(steps, device="cpu")
    scheduler.sigmas, scheduler.timesteps = euler.sigmas.clamp(max=LATEST), euler.timesteps


def _distilled(scheduler: Any, settings: Sampling, plan: StepPlan) -> Tensor:
    """LCM and TCD choose among the steps of their distillation.

    Where all steps are to be run on a part of the noise (`exact`), they spread them over that part
    themselves, as diffusers' own LCM img2img does.
    """
    spread = settings.steps_mode == "exact" and plan.skipped > 0
    count, strength = (plan.count, min(settings.strength + 1e-9, 1.0)) if spread else (plan.total, 1.0)
    grid = _grid(scheduler.config, count, strength)
    scheduler.set_timesteps(count, device="cpu", strength=strength, **grid)
    start = 0 if spread else plan.skipped
    scheduler.set_begin_index(start)
    timesteps: Tensor = scheduler.timesteps[start:]
    return timesteps


def _grid(config: Mapping[str, Any], count: int, strength: float) -> dict[str, int]:
    """Return nothing where the distillation's own steps are enough, else the next finer even division of the levels."""
    levels, own = int(config["num_train_timesteps"]), int(config["original_inference_steps"])
    if int(own * strength) >= count:
        return {}
    finer = (steps for steps in range(own, levels) if levels % steps == 0 and int(steps * strength) >= count)
    return {"original_inference_steps": next(finer, levels)}


def _plms(timesteps: Tensor, plan: StepPlan) -> Tensor:
    """Cut PLMS' steps. It runs the second one twice, wherever it starts: that is how it gets going.

    (diffusers cuts the list with the repetition already in it; then the latents are one step behind the
    timesteps.)
    """
    single = torch.cat([timesteps[:1], timesteps[2:]])[plan.skipped :]
    return torch.cat([single[:2], single[1:]])
