"""Painting: chains, sizes, strengths, stopping, and pictures that are not finite."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from keyframes.errors import RenderError
from render.diffusion import Sampling
from render.diffusion.latents import encode, in_float32, start_noise
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from render.diffusion.schedule import make_schedule, plan_steps
from tests.diffusion.conftest import prompt

ModelOf = Callable[[str], Model]
QUICK = Sampling(steps=4, strength=0.5, cfg_scale=4.0, sampler="euler a")


def painted(
    model: Model, picture: torch.Tensor | None, settings: Sampling = QUICK, seed: int = 1
) -> torch.Tensor:
    size = (64, 64) if picture is None else (picture.shape[-1], picture.shape[-2])
    return paint(
        model,
        Painting(picture=picture, size=size, prompt=prompt("a cat"), settings=settings, seed=seed, frame=7),
    )


def test_a_frame_is_a_function_of_its_seed(sd: Model, picture: torch.Tensor) -> None:
    first = painted(sd, picture)
    painted(sd, None, Sampling(steps=3, sampler="unipc"), seed=9)
    assert torch.equal(painted(sd, picture), first)
    assert not torch.equal(painted(sd, picture, seed=2), first)
    later = paint(
        sd, Painting(picture=picture, size=(64, 64), prompt=prompt("a cat"), settings=QUICK, seed=1, frame=8)
    )
    assert torch.equal(later, first)  # a fixed seed is fixed; `seed_behavior` moves it on from frame to frame


def test_noise_given_is_the_noise_used(sd: Model) -> None:
    given = {"picture": None, "size": (64, 64), "prompt": prompt("x"), "settings": QUICK, "frame": 7}
    noise = start_noise(1, (4, 8, 8))
    drawn = paint(sd, Painting(seed=1, **given))  # type: ignore[arg-type]
    assert torch.equal(paint(sd, Painting(seed=1, noise=noise, **given)), drawn)  # type: ignore[arg-type]
    assert not torch.equal(paint(sd, Painting(seed=1, noise=-noise, **given)), drawn)  # type: ignore[arg-type]


def test_the_result(sd: Model, picture: torch.Tensor) -> None:
    result = painted(sd, picture)
    assert (result.shape, result.dtype) == ((1, 3, 64, 64), torch.float32)
    assert 0 <= float(result.min()) <= float(result.max()) <= 1
    result.mul_(0.5)  # an ordinary tensor, which may be changed in place


@pytest.mark.parametrize("strength", [0.0, 0.2])
def test_no_steps_leave_the_picture_as_it_is(strength: float, sd: Model, picture: torch.Tensor) -> None:
    assert torch.equal(painted(sd, picture, replace(QUICK, strength=strength)), picture)


def test_strength_is_not_read_without_a_picture(sd: Model) -> None:
    assert torch.equal(
        painted(sd, None, replace(QUICK, strength=0.0)), painted(sd, None, replace(QUICK, strength=1.0))
    )


def test_strength_is_where_the_noise_starts(sd: Model, picture: torch.Tensor) -> None:
    """Random weights say little about how far a picture moves; how much noise it gets says all."""
    steps = [plan_steps(sd, Sampling(steps=8, strength=share), pictured=True) for share in (0.25, 0.5, 1.0)]
    schedules = [make_schedule(sd, Sampling(steps=8), plan, seed=1, shape=(4, 8, 8)) for plan in steps]
    noise, clean = start_noise(1, (4, 8, 8)), encode(sd, picture)
    started = [schedule.noised(clean, noise) for schedule in schedules]
    errors = [float((start - noise).abs().mean()) for start in started]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 2 * errors[2]


@pytest.mark.parametrize(("width", "height"), [(64, 64), (61, 50), (7, 3), (65, 8)])
def test_any_size(width: int, height: int, sd: Model) -> None:
    """Sides that are no multiple of 8 are padded by repeating the edge, and cropped off again."""
    generator = torch.Generator().manual_seed(0)
    given = torch.rand(1, 3, height, width, generator=generator)
    assert painted(sd, given).shape == given.shape
    right, bottom = -width % 8, -height % 8
    padded = torch.nn.functional.pad(given, (0, right, 0, bottom), mode="replicate")
    torch.testing.assert_close(painted(sd, given), painted(sd, padded)[..., :height, :width], rtol=0, atol=0)


def test_any_size_from_noise(model_of: ModelOf) -> None:
    result = paint(
        model_of("sdxl"),
        Painting(picture=None, size=(50, 33), prompt=prompt("x"), settings=QUICK, seed=1, frame=0),
    )
    assert result.shape == (1, 3, 33, 50)


def test_steps_are_told_and_may_stop(sd: Model, picture: torch.Tensor) -> None:
    told: list[tuple[int, int]] = []
    given = {"picture": picture, "size": (64, 64), "prompt": prompt("x"), "seed": 1, "frame": 0}
    paint(sd, Painting(settings=QUICK, **given), lambda *step: told.append(step))  # type: ignore[arg-type]
    assert told == [(1, 2), (2, 2)]

    def stop(done: int, count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        paint(sd, Painting(settings=QUICK, **given), stop)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shape", "size"),
    [((1, 3, 64, 64), (64, 32)), ((2, 3, 64, 64), (64, 64)), ((1, 4, 64, 64), (64, 64)),
     ((1, 3, 64, 64), (0, 64))],
)  # fmt: skip
def test_shapes_that_do_not_fit(shape: tuple[int, ...], size: tuple[int, int], sd: Model) -> None:
    with pytest.raises(ValueError, match=r"expected is|allowed is"):
        paint(sd, Painting(picture=torch.zeros(shape), size=size, prompt=prompt("x"), settings=QUICK, seed=1))


@pytest.mark.parametrize(("part", "culprit"), [("denoiser", "denoiser"), ("vae", "decoder")])
def test_damaged_weights_give_no_picture(part: str, culprit: str, sd: Model) -> None:
    damaged = copy.deepcopy(getattr(sd, part))
    with torch.no_grad():
        (damaged.conv_out if part == "denoiser" else damaged.decoder.conv_out).weight.fill_(float("nan"))
    with pytest.raises(RenderError, match=f"frame 7: the {culprit} of .* not finite"):
        painted(replace(sd, **{part: damaged}), None)


def test_overflow_in_half_precision_is_painted_again(sd: Model, picture: torch.Tensor) -> None:
    """Where half precision overflows, the frame is what float32 gives; the model stays in half precision."""
    half = replace(
        sd,
        vae=copy.deepcopy(sd.vae).to(torch.bfloat16),
        denoiser=copy.deepcopy(sd.denoiser).to(torch.bfloat16),
    )
    expected = replace(sd, vae=copy.deepcopy(half.vae).float(), denoiser=copy.deepcopy(half.denoiser).float())

    def overflow(module: torch.nn.Module, inputs: object, output: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        half_now = next(module.parameters()).dtype == torch.bfloat16
        return (output[0] * float("inf"),) if half_now else output

    half.denoiser.register_forward_hook(overflow)
    torch.testing.assert_close(painted(half, picture), painted(expected, picture), rtol=0, atol=0)
    assert half.denoiser.dtype == half.vae.dtype == torch.bfloat16


def test_overflow_of_the_decoder_alone(sd: Model, picture: torch.Tensor) -> None:
    half = replace(sd, vae=copy.deepcopy(sd.vae).to(torch.bfloat16))
    calls: list[torch.dtype] = []

    def overflow(module: torch.nn.Module, inputs: object, output: torch.Tensor) -> torch.Tensor:
        calls.append(next(module.parameters()).dtype)
        return output * float("inf") if calls[-1] == torch.bfloat16 else output

    half.vae.decoder.register_forward_hook(overflow)
    assert bool(torch.isfinite(painted(half, picture)).all())
    assert calls == [torch.bfloat16, torch.float32]


def test_memory_that_runs_out(sd: Model) -> None:
    def allocate(done: int, count: int) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    with pytest.raises(RenderError, match="frame 3: cpu ran out of memory painting 64x32"):
        paint(
            sd,
            Painting(picture=None, size=(64, 32), prompt=prompt("x"), settings=QUICK, seed=1, frame=3),
            allocate,
        )


def test_in_float32_gives_the_same_weights_back(sd: Model) -> None:
    module = copy.deepcopy(sd.vae).to(torch.bfloat16)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with in_float32(module):
        assert module.dtype == torch.float32
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
