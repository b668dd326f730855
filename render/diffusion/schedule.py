"""The noise schedule of one painting: a fresh scheduler, set to the part of its steps that is run."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch
from torch import Tensor

from render.diffusion.families.table import FLOW
from render.diffusion.latents import step_generator
from render.diffusion.model import LatentShape, Model
from render.diffusion.prediction import StepPrediction, prediction_at
from render.diffusion.samplers import check_sampler, make_scheduler
from render.diffusion.steps import Sampling, StepPlan, step_plan

_LATEST = 1 - 1e-6  # the first time of solvers that count in log(alpha / sigma), where alpha is 0 at 1


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A scheduler, the `timesteps` to run (on the CPU, where the scheduler looks them up) and its steps' options."""

    scheduler: Any
    timesteps: Tensor
    options: Mapping[str, Any]

    def noised(self, latents: Tensor | None, noise: Tensor) -> Tensor:
        """Return the latents to start from: (B, C, h, w) of a picture with noise, or noise alone."""
        if latents is None:
            return noise * float(getattr(self.scheduler, "init_noise_sigma", 1.0))
        return self.noised_to(self.timesteps[0], latents, noise)

    def noised_to(self, timestep: Tensor, latents: Tensor, noise: Tensor) -> Tensor:
        """Return a picture's latents (B, C, h, w) with the noise of a timestep."""
        each = timestep.repeat(len(latents))
        noised: Tensor
        if hasattr(self.scheduler, "scale_noise"):
            noised = self.scheduler.scale_noise(latents, each, noise)
        else:
            noised = self.scheduler.add_noise(latents, noise, each)
        return noised

    def scaled(self, latents: Tensor, timestep: Tensor) -> Tensor:
        """Return the latents as the denoiser takes them at a timestep."""
        if not hasattr(self.scheduler, "scale_model_input"):
            return latents
        scaled: Tensor = self.scheduler.scale_model_input(latents, timestep)
        return scaled

    def prediction(self, timestep: Tensor) -> StepPrediction:
        """Return how to read latents and answers at the next step."""
        return prediction_at(self.scheduler, timestep)

    def step(self, prediction: Tensor, timestep: Tensor, latents: Tensor) -> Tensor:
        """Return the latents one step less noisy."""
        given = (prediction, timestep, latents)
        stepped: Tensor = self.scheduler.step(*given, **self.options, return_dict=False)[0]
        return stepped


@dataclass(frozen=True, kw_only=True)
class FlowSchedule(Schedule):
    """A solver made for diffusion on flow matching's straight lines."""

    def noised_to(self, timestep: Tensor, latents: Tensor, noise: Tensor) -> Tensor:
        """Return (1 - s) x latents + s x noise, s being the timestep's share of noise."""
        index = int((self.scheduler.timesteps == timestep).nonzero()[0])
        share = float(self.scheduler.sigmas[index])
        return (1 - share) * latents + share * noise


@dataclass(frozen=True, kw_only=True)
class TrigSchedule(Schedule):
    """TrigFlow, whose timesteps are angles: Lu and Song 2024, arXiv:2410.11081, section 3."""

    @property
    def _deviation(self) -> float:
        return float(self.scheduler.config.sigma_data)

    def noised(self, latents: Tensor | None, noise: Tensor) -> Tensor:
        """Return the latents to start from; noise alone has the latents' deviation."""
        if latents is None:
            return noise * self._deviation
        return self.noised_to(self.timesteps[0], latents, noise)

    def noised_to(self, timestep: Tensor, latents: Tensor, noise: Tensor) -> Tensor:
        """Return cos(t) x latents + sin(t) x noise of the latents' deviation."""
        angle = timestep.to(latents.device)
        return torch.cos(angle) * latents + torch.sin(angle) * (noise * self._deviation)

    def scaled(self, latents: Tensor, timestep: Tensor) -> Tensor:
        """Return the latents as flow matching would have them at the time sin / (cos + sin)."""
        flow = torch.sin(timestep) / (torch.cos(timestep) + torch.sin(timestep))
        return latents / self._deviation * torch.sqrt(flow**2 + (1 - flow) ** 2)


def plan_steps(model: Model, settings: Sampling, *, pictured: bool) -> StepPlan:
    """Return the plan for a painting; without a picture all steps are run, whatever the strength."""
    levels = int(model.scheduler_config.get("num_train_timesteps", 1000))
    strength = settings.strength if pictured else 1.0
    return step_plan(settings.steps, strength, settings.steps_mode, levels=levels)


def make_schedule(
    model: Model, settings: Sampling, plan: StepPlan, *, seed: int, shape: LatentShape
) -> Schedule:
    """Take a fresh scheduler and cut its schedule to the planned steps.

    `shape` (C, h, w) is that of the latents: flow matching has more noise for big pictures. Raises ProjectError for a
    sampler that is unknown, or not for this family.
    """
    scheduler = _fresh(model, settings.sampler)
    timing = model.family.timing(model, plan.total, shape)
    timesteps = _set_timesteps(scheduler, settings, plan, timing, model.scheduler_config)
    accepted = signature(scheduler.step).parameters
    options = {"eta": settings.eta, "generator": step_generator(seed)}
    options = {name: value for name, value in options.items() if name in accepted}
    if type(scheduler).__name__ == "SCMScheduler":  # its last timestep is the picture
        return TrigSchedule(scheduler=scheduler, timesteps=timesteps[:-1], options=options)
    if scheduler.config.get("use_flow_sigmas"):
        return FlowSchedule(scheduler=scheduler, timesteps=timesteps, options=options)
    return Schedule(scheduler=scheduler, timesteps=timesteps, options=options)


def _fresh(model: Model, sampler: str) -> Any:
    """Return a scheduler that has not been used: a copy of the one kept for the sampler."""
    row = model.family.row
    name = check_sampler(sampler, row)
    if name not in model.schedulers:
        model.schedulers[name] = make_scheduler(
            name, own=model.scheduler, config=model.scheduler_config, kind=row.samplers
        )
    return deepcopy(model.schedulers[name])


def _set_timesteps(
    scheduler: Any, settings: Sampling, plan: StepPlan, timing: Mapping[str, Any], own: Mapping[str, Any]
) -> Tensor:
    """Set the scheduler's steps, with the family's `timing`, and return the timesteps to run.

    `own` is the config of the model's own scheduler.
    """
    if "original_inference_steps" in signature(scheduler.set_timesteps).parameters:
        return _distilled(scheduler, settings, plan)
    name = type(scheduler).__name__
    if name == "FlowMatchHeunDiscreteScheduler" or scheduler.config.get("use_flow_sigmas"):
        _set_flow(scheduler, plan.total, timing, own)
    else:
        scheduler.set_timesteps(plan.total, device="cpu", **timing)
    if name == "PNDMScheduler":
        return _plms(scheduler.timesteps, plan)
    start = plan.skipped * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(start)
    timesteps: Tensor = scheduler.timesteps[start:]
    return timesteps


def _set_flow(scheduler: Any, steps: int, timing: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Give a solver the times of flow matching's Euler, with its shift.

    Heun's own set_timesteps knows neither times nor shifts by size; it takes each time but the first twice. The solvers
    made for diffusion count in log(alpha / sigma), and alpha is 0 at the first time, 1: that one is taken a millionth
    earlier.
    """
    euler = make_scheduler("euler", own="", config=own, kind=FLOW)
    euler.set_timesteps(steps, device="cpu", **timing)
    times, sigmas = euler.timesteps, euler.sigmas
    scheduler.set_timesteps(steps, device="cpu")
    if scheduler.order == 2:
        scheduler.timesteps = torch.cat([times[:1], times[1:].repeat_interleave(2)])
        scheduler.sigmas = torch.cat([sigmas[:1], sigmas[1:-1].repeat_interleave(2), sigmas[-1:]])
    else:
        scheduler.sigmas, scheduler.timesteps = sigmas.clamp(max=_LATEST), times


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
