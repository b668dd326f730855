"""Per-pixel strength: what is painted anew, what is kept, for every sampler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from render.diffusion import SAMPLER_NAMES, Sampling, StepPlan, reveal_plan, step_plan
from render.diffusion.latents import encode, start_noise
from render.diffusion.model import Model
from render.diffusion.reveal import Reveal, RevealSchedule, plan_reveal
from render.diffusion.sampling import Painting, paint
from render.diffusion.schedule import make_schedule, plan_steps
from tests.diffusion.conftest import prompt

ModelOf = Callable[[str], Model]


def strip(strength: float, inside: float = 1.0, width: int = 12, size: int = 64) -> Tensor:
    """A map (1, 1, size, size): `inside` in the first columns, `strength` in the others."""
    strengths = torch.full((1, 1, size, size), strength)
    strengths[..., :width] = inside
    return strengths


def painted(
    model: Model, picture: Tensor, settings: Sampling, strengths: Tensor | None = None
) -> tuple[Tensor, int]:
    """The picture, painted, and the number of calls."""
    calls: list[int] = []
    result = paint(
        model,
        Painting(
            picture=picture,
            size=(picture.shape[-1], picture.shape[-2]),
            prompt=prompt("a cat"),
            settings=settings,
            seed=0,
            frame=3,
            strengths=strengths,
        ),
        lambda done, _count: calls.append(done),
    )
    return result, len(calls)


@pytest.mark.parametrize("mode", ["scaled", "exact"])
@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_one_strength_everywhere_is_the_ordinary_painting(
    name: str, mode: str, sd: Model, picture: Tensor
) -> None:
    settings = Sampling(steps=6, strength=0.5, sampler=name, steps_mode=mode)  # type: ignore[arg-type]
    expected, calls = painted(sd, picture, settings)
    for strengths in (strip(0.5, 0.5), strip(0.2, 0.4), strip(0.5, 0.505)):  # the last: no whole step more
        got, needed = painted(sd, picture, settings, strengths)
        assert torch.equal(got, expected)
        assert needed == calls


@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_all_of_a_higher_strength_is_that_strength(name: str, sd: Model, picture: Tensor) -> None:
    """One part, nothing held: the same bits as a painting with that strength."""
    low, high = (Sampling(steps=6, strength=strength, sampler=name) for strength in (0.3, 0.8))
    expected, _ = painted(sd, picture, high)
    assert torch.equal(painted(sd, picture, low, strip(0.8, 0.8))[0], expected)


@pytest.mark.parametrize("strength", [0.0, 0.35, 0.5])
@pytest.mark.parametrize("name", SAMPLER_NAMES)
def test_held_latents_are_on_the_schedule(name: str, strength: float, sd: Model, picture: Tensor) -> None:
    """Before each whole step, held latents are the picture's, noised just as a painting begun there noises
    them; at the end those never released are the picture's own.
    """
    settings = Sampling(steps=6, strength=strength, sampler=name)
    reveal = plan_reveal(sd, settings, strip(strength))
    assert reveal is not None
    assert reveal.releases == ((6, round(6 * strength)) if strength else (6,))
    clean, noise = encode(sd, picture), start_noise(1, (4, 8, 8))
    schedule = RevealSchedule(sd, settings, reveal, seed=1, shape=(4, 8, 8))
    latents = schedule.noised(clean, noise)
    kept, step = reveal.counts[0, 0, 0] < 6, 0
    for evaluation, timestep in zip(schedule._evaluations, schedule.timesteps, strict=True):
        latents = schedule.step(torch.randn(latents.shape), timestep, latents)
        step += evaluation.whole
        if evaluation.whole and 6 - step >= max(1, 6 * strength):
            begun = make_schedule(sd, settings, StepPlan(total=6, count=6 - step), seed=1, shape=(4, 8, 8))
            expected = begun.noised(clean, noise)
            torch.testing.assert_close(latents[..., kept], expected[..., kept], rtol=1e-5, atol=1e-5)
    assert step == 6
    if strength == 0:
        assert torch.equal(latents[..., kept], clean[..., kept])
    assert bool(torch.isfinite(latents).all())


@pytest.mark.parametrize("name", [name for name in SAMPLER_NAMES if name not in ("lcm", "tcd")])
def test_a_model_that_is_certain_arrives(name: str, sd: Model) -> None:
    """Of a model that is certain of one picture, every sampler arrives at that picture, in the hole and round
    it: no memory of replaced latents leads it astray. (LCM and TCD add noise of their own to the last.)
    """
    settings = Sampling(steps=12, strength=0.5, sampler=name)
    strengths = strip(0.5)
    strengths[..., 12:24] = 0.75
    reveal = plan_reveal(sd, settings, strengths)
    assert reveal is not None
    assert len(reveal.releases) == 3
    schedule = RevealSchedule(sd, settings, reveal, seed=1, shape=(4, 8, 8))
    goal, noise = torch.full((1, 4, 8, 8), 0.5), start_noise(1, (4, 8, 8))
    other = torch.full((1, 4, 8, 8), -0.5)  # what is kept shows another picture
    latents = schedule.noised(other, noise)
    alphas = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)
    for timestep in schedule.timesteps:
        given = schedule.scaled(latents, timestep)
        at = float(timestep)
        kept = alphas[int(at)] + (at - int(at)) * (alphas[min(int(at) + 1, 999)] - alphas[int(at)])
        answer = (given - kept.sqrt() * goal) / (1 - kept).sqrt()
        latents = schedule.step(answer, timestep, latents)
    assert (latents - goal).abs().max() < 0.1


def test_a_hole_is_painted_and_the_rest_kept_as_strength_says(sd: Model, picture: Tensor) -> None:
    settings = Sampling(steps=8, strength=0.25, sampler="ddim")
    plain, few = painted(sd, picture, settings)
    result, many = painted(sd, picture, settings, strip(0.25))
    assert (few, many) == (2, 8)
    far, near = (result - plain).abs()[..., 40:].mean(), (result - plain).abs()[..., :12].mean()
    assert near > 1.3 * far, "random weights change everything, but a hole more"


@pytest.mark.parametrize("strength", [0.0, 0.1])
def test_without_a_step_of_its_own_the_rest_is_the_picture_itself(
    strength: float, sd: Model, picture: Tensor
) -> None:
    settings = Sampling(steps=8, strength=strength, sampler="dpm++ 2m")
    result, calls = painted(sd, picture, settings, strip(strength))
    assert calls == 8
    assert torch.equal(result[..., 32:], picture[..., 32:]), (
        "two latents of 8 px were painted, two are between"
    )
    assert (result - picture).abs()[..., :12].mean() > 0.02


@pytest.mark.parametrize("name", ["ddim", "euler a", "dpm++ 2m", "unipc", "plms", "dpm++ sde", "lcm"])
def test_deterministic(name: str, sd: Model, picture: Tensor) -> None:
    settings = Sampling(steps=5, strength=0.4, sampler=name)
    one, two = (painted(sd, picture, settings, strip(0.4))[0] for _ in range(2))
    assert torch.equal(one, two)


@pytest.mark.parametrize("size", [(61, 50), (65, 8), (7, 3)])
def test_any_size(size: tuple[int, int], sd: Model) -> None:
    given = torch.rand(1, 3, size[1], size[0], generator=torch.Generator().manual_seed(0))
    for strength in (0.0, 0.5):
        strengths = torch.full((1, 1, size[1], size[0]), strength)
        strengths[..., -2:] = 1
        result, _ = painted(sd, given, Sampling(steps=4, strength=strength), strengths)
        assert result.shape == given.shape


@pytest.mark.parametrize("kind", ["sdxl", "sd-lcm", "sd-velocity", "sdxl-turbo"])
@pytest.mark.parametrize("mode", ["scaled", "exact"])
def test_every_kind_of_model(kind: str, mode: str, model_of: ModelOf, picture: Tensor) -> None:
    settings = Sampling(steps=4, strength=0.5, steps_mode=mode)  # type: ignore[arg-type]
    result, calls = painted(model_of(kind), picture, settings, strip(0.5))
    assert calls == (4 if mode == "scaled" else 8)
    assert bool(torch.isfinite(result).all())


def test_every_latent_that_touches_the_hole_is_painted(sd: Model) -> None:
    settings = Sampling(steps=10, strength=0.5)
    reveal = plan_reveal(sd, settings, strip(0.5, width=17))
    assert reveal is not None
    assert reveal.counts[0, 0, 3].tolist() == [10, 10, 10, 5, 5, 5, 5, 5]
    assert reveal.total == 10


@pytest.mark.parametrize(
    ("steps", "strength", "most", "mode", "expected"),
    [
        (20, 0.5, 1.0, "scaled", StepPlan(total=20, count=20)),
        (20, 0.5, 0.5, "scaled", StepPlan(total=20, count=10)),
        (20, 0.5, 0.2, "scaled", StepPlan(total=20, count=10)),
        (20, 0.0, 1.0, "scaled", StepPlan(total=20, count=20)),
        (20, 0.0, 0.5, "exact", StepPlan(total=20, count=10)),
        (20, 0.5, 1.0, "exact", StepPlan(total=40, count=40)),
        (20, 0.5, 0.75, "exact", StepPlan(total=40, count=30)),
        (20, 0.04, 1.0, "exact", StepPlan(total=80, count=80)),
        (20, 0.01, 1.0, "exact", StepPlan(total=80, count=80)),
        (20, 0.5, 0.7000000001, "scaled", StepPlan(total=20, count=14)),
        (20, 0.5, 0.6999999, "scaled", StepPlan(total=20, count=14)),
    ],
)
def test_the_steps_of_a_frame_with_a_hole(
    steps: int, strength: float, most: float, mode: str, expected: StepPlan
) -> None:
    assert reveal_plan(steps, strength, most, mode) == expected  # type: ignore[arg-type]
    if most <= strength:
        assert step_plan(steps, strength, mode) == expected  # type: ignore[arg-type]


def test_shapes_that_do_not_fit(sd: Model, picture: Tensor) -> None:
    with pytest.raises(ValueError, match="strengths has the shape"):
        painted(sd, picture, Sampling(), torch.ones(1, 3, 64, 64))


def test_plms_counts_a_call_more_for_each_release(sd: Model, picture: Tensor) -> None:
    settings = Sampling(steps=8, strength=0.5, sampler="plms")
    _, alone = painted(sd, picture, settings)
    _, revealed = painted(sd, picture, settings, strip(0.5))
    assert (alone, revealed) == (5, 8 + 2)


def test_a_plan_is_made_without_any_change_to_the_settings(sd: Model) -> None:
    settings = Sampling(steps=8, strength=0.5)
    assert plan_reveal(sd, settings, strip(0.5, 0.3)) is None
    assert isinstance(plan_reveal(sd, replace(settings, strength=0.2), strip(0.2, 0.3)), Reveal)
    assert plan_steps(sd, settings, pictured=True) == StepPlan(total=8, count=4)
