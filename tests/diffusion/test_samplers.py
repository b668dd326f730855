"""Sampler names, and schedulers made from them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch

from keyframes.errors import ProjectError
from render.diffusion import SAMPLER_NAMES, Sampling, sampler_name
from render.diffusion.model import Model
from render.diffusion.samplers import make_scheduler
from render.diffusion.schedule import make_schedule, plan_steps

SPELLINGS = {
    "Euler a": "euler a",
    "k_euler_ancestral": "euler a",
    "EulerAncestralDiscreteScheduler": "euler a",
    "EulerDiscreteScheduler": "euler",
    "DPM++ 2M Karras": "dpm++ 2m karras",
    "dpmpp_2m": "dpm++ 2m",
    "dpmpp_2m_sde": "dpm++ 2m sde",
    "DPMSolverMultistepScheduler": "dpm++ 2m",
    "DDIM": "ddim",
    "ddim_uniform": "ddim",
    "uni_pc": "unipc",
    "UniPCMultistepScheduler": "unipc",
    "PLMS": "plms",
    "PNDMScheduler": "plms",
    "dpm2_ancestral": "dpm2 a",
    "DPM2 a Karras": "dpm2 a karras",
    "LCM": "lcm",
    "TCDScheduler": "tcd",
    " Default ": "default",
}


@pytest.mark.parametrize(("spelling", "name"), SPELLINGS.items())
def test_spellings(spelling: str, name: str) -> None:
    assert sampler_name(spelling) == name


@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_names_mean_themselves(name: str) -> None:
    assert sampler_name(name) == name
    assert sampler_name(name.upper()) == name


def test_unknown_name() -> None:
    with pytest.raises(
        ProjectError, match=r'"eulr a" is not a sampler. Did you mean "euler a"\? Allowed are default, euler'
    ):
        sampler_name("eulr a")


def test_flags_do_not_stick(sd: Model) -> None:
    """From the pristine config every time: a Karras swap leaves no trace, and the model's config is
    unchanged.
    """
    before = dict(sd.scheduler_config)

    def made(name: str) -> bool:
        scheduler = make_scheduler(name, own=sd.scheduler, config=sd.scheduler_config)
        return bool(scheduler.config.use_karras_sigmas)

    assert [made("dpm++ 2m karras"), made("dpm++ 2m"), made("euler")] == [True, False, False]
    assert sd.scheduler_config == before


def test_config_settings_survive(sd: Model) -> None:
    """A swap keeps the model's noise schedule, and clips latents only if the model's own config says so."""
    for name in SAMPLER_NAMES:
        config = make_scheduler(name, own=sd.scheduler, config=sd.scheduler_config).config
        assert (config.beta_start, config.beta_schedule) == (0.00085, "scaled_linear")
    silent = {key: value for key, value in sd.scheduler_config.items() if key != "clip_sample"}
    assert make_scheduler("ddim", own="EulerDiscreteScheduler", config=silent).config.clip_sample is False


def test_schedulers_are_fresh(sd: Model) -> None:
    settings = Sampling(sampler="dpm++ 2m")
    plan = plan_steps(sd, settings, pictured=True)
    first, second = (make_schedule(sd, settings, plan, seed=1, shape=(4, 8, 8)) for _ in range(2))
    assert first.scheduler is not second.scheduler
    assert torch.equal(first.timesteps, second.timesteps)
    assert first.scheduler.model_outputs is not second.scheduler.model_outputs


@pytest.mark.parametrize("mode", ["scaled", "exact"])
@pytest.mark.parametrize("strength", [0.05, 0.29, 0.5, 1.0])
@pytest.mark.parametrize("name", [name for name in SAMPLER_NAMES if "dpm2" not in name and name != "heun"])
def test_evaluations(name: str, strength: float, mode: str, sd: Model) -> None:
    """First-order and multistep samplers evaluate the model once for each planned step, PLMS once more."""
    settings = Sampling(steps=20, strength=strength, sampler=name, steps_mode=mode)  # type: ignore[arg-type]
    plan = plan_steps(sd, settings, pictured=True)
    schedule = make_schedule(sd, settings, plan, seed=1, shape=(4, 8, 8))
    again = 1 if name == "plms" and plan.count > 1 else 0
    assert len(schedule.timesteps) == plan.count + again
    # LCM's and TCD's own steps may lie 20 levels higher than an even division
    assert int(schedule.timesteps[0]) <= 1000 * plan.count / plan.total + 20


def test_plms_starts_anywhere(sd: Model) -> None:
    """Of a model that is certain of one picture, PLMS arrives at that picture from any strength."""
    clean, noise = (
        torch.full((1, 4, 8, 8), 0.5),
        torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0)),
    )
    levels = make_scheduler("ddim", own="DDIMScheduler", config=sd.scheduler_config).alphas_cumprod
    for strength in (0.1, 0.3, 0.5, 1.0):
        settings = Sampling(steps=20, strength=strength, sampler="plms")
        schedule = make_schedule(
            sd, settings, plan_steps(sd, settings, pictured=True), seed=1, shape=(4, 8, 8)
        )
        latents = schedule.noised(clean, noise)
        for index, timestep in enumerate(schedule.timesteps):
            kept = levels[timestep]
            found = (latents - kept.sqrt() * clean) / (1 - kept).sqrt()
            if index > 1:  # once it has got going, the noise it is shown is exactly what the timestep says
                torch.testing.assert_close(found, noise, atol=2e-3, rtol=0)
            latents = schedule.step(found, timestep, latents)


def test_names_need_no_torch() -> None:
    code = "import sys, render.diffusion; sys.exit(bool({'torch', 'diffusers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_sampler_of_a_frame(model_of: Callable[[str], Model]) -> None:
    model, settings = model_of("sd"), Sampling(sampler="restart")
    with pytest.raises(ProjectError, match='"restart" is not a sampler'):
        make_schedule(model, settings, plan_steps(model, settings, pictured=False), seed=1, shape=(4, 8, 8))
