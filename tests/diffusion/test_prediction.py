"""What a denoiser's answer means, against what the schedulers themselves make of it, for every sampler."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from keyframes.errors import RenderError
from render.diffusion.families.table import CONSISTENCY, DIFFUSION, FLOW
from render.diffusion.prediction import angle_prediction, prediction_at
from render.diffusion.samplers import make_scheduler, samplers_of
from render.diffusion.schedule import TrigSchedule
from tests.tiny import EPSILON, VELOCITY

SHAPE = (2, 4, 8, 8)
CLEAN = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
NOISE = torch.randn(SHAPE, generator=torch.Generator().manual_seed(2))
KINDS = {"eps": EPSILON, "v": VELOCITY}
SAMPLERS = [name for name in samplers_of(DIFFUSION) if name != "default"]


def scheduler_of(sampler: str, config: Any, kind: str = DIFFUSION) -> Any:
    given = {key: value for key, value in config.items() if key != "_class_name"}
    made = make_scheduler(sampler, own="", config=given, kind=kind)
    made.set_timesteps(6)
    if hasattr(made, "set_begin_index"):
        made.set_begin_index(0)
    return made


def said_by(scheduler: Any, answer: Tensor, timestep: Tensor, latents: Tensor) -> Tensor | None:
    """The clean picture as the scheduler works it out before its next step, if it lets anyone know."""
    if hasattr(scheduler, "convert_model_output"):
        if scheduler.step_index is None:
            scheduler._init_step_index(timestep)
        found: Tensor = scheduler.convert_model_output(answer, sample=latents)
        return found
    return None


@pytest.mark.parametrize("kind", ["eps", "v"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_it_is_what_the_scheduler_makes_of_it(sampler: str, kind: str) -> None:
    scheduler = scheduler_of(sampler, KINDS[kind])
    latents, told = NOISE * float(scheduler.init_noise_sigma), 0
    for index, timestep in enumerate(scheduler.timesteps):
        if hasattr(scheduler, "scale_model_input"):
            scheduler.scale_model_input(latents, timestep)
        answer = torch.randn(SHAPE, generator=torch.Generator().manual_seed(index))
        prediction = prediction_at(scheduler, timestep)
        found, expected = prediction.clean(latents, answer), said_by(scheduler, answer, timestep, latents)
        done = scheduler.step(answer, timestep, latents)
        if expected is None:
            expected = getattr(done, "pred_original_sample", None)
        if expected is not None:
            told += 1
            torch.testing.assert_close(found, expected, rtol=2e-4, atol=2e-4)
        latents = done.prev_sample
    silent = ("plms", "lcm", "tcd")  # say nothing; the next test has them
    assert told or sampler in silent


@pytest.mark.parametrize("kind", ["eps", "v"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_latents_are_made_of_what_it_says(sampler: str, kind: str) -> None:
    """The scheduler's own noising, and the right answer about it: eps, or v."""
    scheduler = scheduler_of(sampler, KINDS[kind])
    timestep = scheduler.timesteps[0]
    prediction = prediction_at(scheduler, timestep)
    noised = scheduler.add_noise(CLEAN, NOISE, timestep.repeat(2))
    torch.testing.assert_close(
        prediction.signal * CLEAN + prediction.noise * NOISE, noised, rtol=1e-4, atol=1e-4
    )
    length = math.hypot(prediction.signal, prediction.noise)
    velocity = (prediction.signal * NOISE - prediction.noise * CLEAN) / length
    answer = NOISE if kind == "eps" else velocity
    torch.testing.assert_close(prediction.clean(noised, answer), CLEAN, rtol=1e-3, atol=2e-3)
    assert 0.98 < prediction.share <= 1
    assert 0.8 < prediction.level <= 1


@pytest.mark.parametrize("sampler", ["euler", "heun", "lcm"])
def test_flow_matching(sampler: str) -> None:
    scheduler = scheduler_of(sampler, {"shift": 3.0}, FLOW)
    for timestep in scheduler.timesteps:
        prediction = prediction_at(scheduler, timestep)
        noised = prediction.signal * CLEAN + prediction.noise * NOISE
        torch.testing.assert_close(noised, scheduler.scale_noise(CLEAN, timestep.repeat(2), NOISE))
        torch.testing.assert_close(prediction.clean(noised, NOISE - CLEAN), CLEAN, rtol=1e-5, atol=1e-5)
        scheduler.step(NOISE - CLEAN, timestep, noised)


def test_angles() -> None:
    scheduler = make_scheduler("default", own="SCMScheduler", config={}, kind=CONSISTENCY)
    scheduler.set_timesteps(2, max_timesteps=1.5708, intermediate_timesteps=1.3)
    schedule = TrigSchedule(scheduler=scheduler, timesteps=scheduler.timesteps[:-1], options={})
    timestep = schedule.timesteps[1]
    prediction, latents = schedule.prediction(timestep), schedule.noised_to(timestep, CLEAN, NOISE * 1.0)
    sigma = float(scheduler.config.sigma_data)
    expected = prediction.signal * CLEAN + prediction.noise * NOISE * sigma
    torch.testing.assert_close(latents, expected)
    scheduler.step(NOISE, schedule.timesteps[0], latents)
    said = scheduler.step(NOISE, timestep, latents).pred_original_sample
    torch.testing.assert_close(prediction.clean(latents, NOISE), said)
    assert angle_prediction(0.0).share == 0
    assert angle_prediction(math.pi / 2).level == 1


def test_nothing_but_noise() -> None:
    """Zero terminal SNR: no signal, and a picture all the same."""
    scheduler = scheduler_of(
        "ddim", {**VELOCITY, "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    )
    prediction = prediction_at(scheduler, scheduler.timesteps[0])
    assert (prediction.signal, prediction.share) == (0.0, 1.0)
    torch.testing.assert_close(prediction.clean(NOISE, -CLEAN), CLEAN)


@pytest.mark.parametrize("sampler", ["ddim", "euler", "dpm++ 2m", "heun", "lcm"])
def test_a_moved_answer_means_a_moved_picture(sampler: str) -> None:
    prediction = prediction_at(made := scheduler_of(sampler, VELOCITY), made.timesteps[0])
    moved = prediction.moved(NOISE, CLEAN * 0.1)
    before, after = prediction.clean(NOISE, NOISE), prediction.clean(NOISE, moved)
    torch.testing.assert_close(after - before, CLEAN * 0.1, rtol=1e-3, atol=1e-3)


def test_playgrounds_own_sampler() -> None:
    config = {"sigma_data": 0.5, "sigma_min": 0.002, "sigma_max": 80.0}
    scheduler = make_scheduler("default", own="EDMEulerScheduler", config=config)
    scheduler.set_timesteps(5)
    latents = NOISE * 80
    for timestep in scheduler.timesteps:
        scheduler.scale_model_input(latents, timestep)
        prediction = prediction_at(scheduler, timestep)
        done = scheduler.step(CLEAN, timestep, latents)
        torch.testing.assert_close(
            prediction.clean(latents, CLEAN), done.pred_original_sample, rtol=1e-4, atol=1e-4
        )
        assert 0 <= prediction.level <= 1
        latents = done.prev_sample


def test_a_scheduler_that_does_not_say() -> None:
    class Silent:
        config: dict[str, object] = {}  # noqa: RUF012

    with pytest.raises(RenderError, match="Silent does not say how much noise"):
        prediction_at(Silent(), torch.tensor(1.0))
