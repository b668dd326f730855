"""DPM++ 2M and UniPC on flow matching models: against a flow whose way is known.

Pictures that are normal noise about a mean m with deviation c: at time s they are noise about (1 - s) m with the
variance v = (1 - s)^2 c^2 + s^2, the field is E[noise - picture | x], and each way keeps its place in units of the
deviation: from x at time 1 it ends at m + c x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from render.diffusion import Sampling
from render.diffusion.latents import start_noise
from render.diffusion.model import Model
from render.diffusion.reveal import RevealSchedule, plan_reveal
from render.diffusion.sampling import Painting, paint
from render.diffusion.schedule import FlowSchedule, make_schedule, plan_steps
from tests.diffusion.conftest import prompt

ModelOf = Callable[[str], Model]
SHAPE = (4, 8, 8)
MEAN, DEVIATION = 0.4, 0.3


def field(x: Tensor, s: float) -> Tensor:
    away = x.double() - (1 - s) * MEAN
    variance = (1 - s) ** 2 * DEVIATION**2 + s**2
    clean = MEAN + (1 - s) * DEVIATION**2 / variance * away
    return (s / variance * away - clean).to(x)


def ended(
    model: Model, sampler: str, steps: int, picture: Tensor | None = None, strength: float = 1.0
) -> Tensor:
    """Where the sampler's way through the field ends, from the noise of seed 3."""
    settings = Sampling(steps=steps, strength=strength, sampler=sampler)
    plan = plan_steps(model, settings, pictured=picture is not None)
    schedule = make_schedule(model, settings, plan, seed=3, shape=SHAPE)
    latents = schedule.noised(picture, start_noise(3, SHAPE))
    for timestep in schedule.timesteps:
        latents = schedule.step(field(latents, float(timestep) / 1000), timestep, latents)
    return latents


def error(model: Model, sampler: str, steps: int) -> float:
    exact = MEAN + DEVIATION * start_noise(3, SHAPE)
    return float((ended(model, sampler, steps) - exact).abs().max())


@pytest.mark.parametrize("kind", ["sd3", "flux-dev"])
@pytest.mark.parametrize("sampler", ["dpm++ 2m", "unipc"])
def test_they_come_to_the_right_end_of_second_order(kind: str, sampler: str, model_of: ModelOf) -> None:
    model = model_of(kind)
    few, many = error(model, sampler, 80), error(model, sampler, 320)
    assert many < few / 6, "four times the steps; of first order it would be a quarter"
    assert many < error(model, "euler", 320) / 4
    assert many < 3e-3


@pytest.mark.parametrize("sampler", ["euler", "dpm++ 2m", "unipc"])
def test_a_picture_is_noised_on_the_straight_line(sampler: str, model_of: ModelOf) -> None:
    model, picture, noise = model_of("sd3"), torch.full((1, *SHAPE), 0.7), start_noise(3, SHAPE)
    settings = Sampling(steps=10, strength=0.5, sampler=sampler)
    schedule = make_schedule(model, settings, plan_steps(model, settings, pictured=True), seed=3, shape=SHAPE)
    # diffusers' own knows the first time only, until it has made a step
    for timestep in schedule.timesteps[: 1 if sampler == "euler" else None]:
        share = float(timestep) / 1000
        expected = (1 - share) * picture + share * noise
        torch.testing.assert_close(schedule.noised_to(timestep, picture, noise), expected, atol=1e-5, rtol=0)
    assert isinstance(schedule, FlowSchedule) == (sampler != "euler")
    assert len(schedule.timesteps) == 5


@pytest.mark.parametrize("sampler", ["dpm++ 2m", "unipc"])
@pytest.mark.parametrize("kind", ["sd3", "flux-dev", "qwen-image", "z-image"])
def test_they_paint_near_what_eulers_small_steps_paint(
    kind: str, sampler: str, model_of: ModelOf, picture: Tensor
) -> None:
    model = model_of(kind)
    settings = Sampling(steps=12, strength=0.5, cfg_scale=1.0, sampler=sampler)

    def painted(settings: Sampling) -> Tensor:
        text = prompt("a cat")
        return paint(
            model,
            Painting(picture=picture, size=(64, 64), prompt=text, settings=settings, seed=3, frame=1),
        )

    found, fine = painted(settings), painted(replace(settings, sampler="euler", steps=48))
    coarse = painted(replace(settings, sampler="euler"))
    assert float((found - fine).abs().mean()) < float((coarse - fine).abs().mean()) + 2e-3


def test_a_reveal_holds_what_is_kept(model_of: ModelOf) -> None:
    """The held part ends where it ends without a hole."""
    model, picture = model_of("sd3"), torch.full((1, *SHAPE), 0.7)
    settings = Sampling(steps=8, strength=0.5, sampler="unipc")
    strengths = torch.full((1, 1, 64, 64), 0.5)
    strengths[..., :16] = 1.0
    reveal = plan_reveal(model, settings, strengths)
    assert reveal is not None
    schedule = RevealSchedule(model, settings, reveal, seed=3, shape=SHAPE)
    latents = schedule.noised(picture, start_noise(3, SHAPE))
    for timestep in schedule.timesteps:
        latents = schedule.step(field(latents, float(timestep) / 1000), timestep, latents)
    alone = ended(model, "unipc", 8, picture, 0.5)
    torch.testing.assert_close(latents[..., 2:], alone[..., 2:], atol=1e-5, rtol=0)
    assert not torch.allclose(latents[..., :2], alone[..., :2], atol=1e-2)
