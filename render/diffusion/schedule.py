"""The noise schedule of one painting: a fresh scheduler, set to the part of its steps that is run."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch
from torch import Tensor

from render.diffusion.latents import latent_shape
from render.diffusion.model import LatentShape, Model
from render.diffusion.noise import step_generator
from render.diffusion.prediction import StepPrediction, prediction_at
from render.diffusion.samplers import check_sampler, make_scheduler
from render.diffusion.steps import Sampling, StepPlan, step_plan
from render.diffusion.timesteps import set_timesteps


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A scheduler, the `timesteps` to run (on the CPU, where the scheduler looks them up) and its steps'
    options.
    """

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
        """Return the latents as the denoiser wants them at a timestep."""
        if not hasattr(self.scheduler, "scale_model_input"):
            return latents
        given: Tensor = self.scheduler.scale_model_input(latents, timestep)
        return given

    def prediction(self, timestep: Tensor) -> StepPrediction:
        """Return what latents and answers mean at the step that comes next."""
        return prediction_at(self.scheduler, timestep)

    def step(self, prediction: Tensor, timestep: Tensor, latents: Tensor) -> Tensor:
        """Return the latents one step less noisy."""
        stepped: Tensor = self.scheduler.step(
            prediction, timestep, latents, **self.options, return_dict=False
        )[0]
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
    model: Model,
    settings: Sampling,
    plan: StepPlan,
    *,
    seed: int,
    shape: LatentShape | None = None,
) -> Schedule:
    """Take a fresh scheduler and cut its schedule to the planned steps.

    `shape` (C, h, w) is that of the latents, by default those of the model's own size; flow matching is later
    on big pictures. Raises ProjectError for a sampler that is unknown, or not for this family.
    """
    scheduler = _fresh(model, settings.sampler)
    timing = model.family.timing(model, plan.total, shape or _own_shape(model))
    timesteps = set_timesteps(scheduler, settings, plan, timing, model.scheduler_config)
    options: dict[str, Any] = {}
    accepted = signature(scheduler.step).parameters
    if "eta" in accepted:
        options["eta"] = settings.eta
    if "generator" in accepted:
        options["generator"] = step_generator(seed)
    if type(scheduler).__name__ == "SCMScheduler":  # its last timestep is the picture
        return TrigSchedule(scheduler=scheduler, timesteps=timesteps[:-1], options=options)
    if scheduler.config.get("use_flow_sigmas"):
        return FlowSchedule(scheduler=scheduler, timesteps=timesteps, options=options)
    return Schedule(scheduler=scheduler, timesteps=timesteps, options=options)


def _own_shape(model: Model) -> LatentShape:
    size = model.source.defaults.size
    return latent_shape(model, size, size)


def _fresh(model: Model, sampler: str) -> Any:
    """Return a scheduler that has not been used: a copy of the one kept for the sampler."""
    row = model.family.row
    name = check_sampler(sampler, row)
    if name not in model.schedulers:
        model.schedulers[name] = make_scheduler(
            name, own=model.scheduler, config=model.scheduler_config, kind=row.samplers
        )
    return deepcopy(model.schedulers[name])
