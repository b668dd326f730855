"""Given the same noise, our loop paints what the diffusers pipelines paint, bit for bit (float32, CPU)."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
import torch

from render.diffusion import SAMPLER_NAMES, Sampling
from render.diffusion.latents import start_noise, step_generator
from render.diffusion.model import Model
from render.diffusion.samplers import make_scheduler
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import drawing, prompt

TEXT, NEGATIVE = "a cat, Dög", "blue"
SEED, FRAME = 3, 40
ModelOf = Callable[[str], Model]


def ours(
    model: Model, settings: Sampling, picture: torch.Tensor | None, negative: str = NEGATIVE
) -> torch.Tensor:
    return paint(
        model,
        Painting(
            picture=picture,
            size=(64, 64),
            prompt=prompt(TEXT, negative),
            settings=settings,
            seed=SEED,
            frame=FRAME,
        ),
    )


def theirs(pipe: Any, model: Model, settings: Sampling, negative: str | None, **extra: Any) -> torch.Tensor:
    pipe.scheduler = make_scheduler(settings.sampler, own=model.scheduler, config=model.scheduler_config)
    picture: torch.Tensor = pipe(
        TEXT,
        negative_prompt=negative,
        num_inference_steps=settings.steps,
        guidance_scale=settings.cfg_scale,
        generator=step_generator(SEED),
        eta=settings.eta,
        output_type="pt",
        **extra,
    ).images
    return picture


def text_to_image(
    pipe: Any, model: Model, settings: Sampling, negative: str | None = NEGATIVE
) -> torch.Tensor:
    noise = start_noise(SEED, (4, 8, 8))
    extra = {"height": 64, "width": 64, "latents": noise, "guidance_rescale": settings.guidance_rescale}
    return theirs(pipe, model, settings, negative, **extra)


def image_to_image(
    pipe: Any, model: Model, settings: Sampling, picture: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> torch.Tensor:
    """Run the pipeline with our noise, and the mode of the VAE's posterior, from which it would sample.

    The picture lies in memory as PIL pictures do after the pipeline's own preprocessing (channels last).
    """
    picture = picture.contiguous(memory_format=torch.channels_last)
    noise = start_noise(SEED, (4, 8, 8))
    drawing(monkeypatch, type(pipe), lambda: noise)
    return theirs(pipe, model, settings, NEGATIVE, image=picture, strength=settings.strength)


@pytest.mark.parametrize("sampler", SAMPLER_NAMES)
def test_every_sampler_from_noise(sampler: str, model_of: ModelOf, pipeline_of: Callable[..., Any]) -> None:
    model, settings = model_of("sd"), Sampling(steps=5, cfg_scale=5.3, sampler=sampler)
    expected = text_to_image(pipeline_of("sd", image=False), model, settings)
    torch.testing.assert_close(ours(model, settings, None), expected, rtol=0, atol=0)


@pytest.mark.parametrize("sampler", [name for name in SAMPLER_NAMES if name != "plms"])
def test_every_sampler_on_a_picture(
    sampler: str,
    model_of: ModelOf,
    pipeline_of: Callable[..., Any],
    picture: torch.Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, settings = model_of("sd"), Sampling(steps=8, strength=0.5, cfg_scale=5.3, sampler=sampler)
    expected = image_to_image(pipeline_of("sd", image=True), model, settings, picture, monkeypatch)
    torch.testing.assert_close(ours(model, settings, picture), expected, rtol=0, atol=0)


@pytest.mark.parametrize("sampler", ["default", "ddim", "euler a", "lcm", "dpm++ 2m"])
@pytest.mark.parametrize("kind", ["sd-plms", "sd-lcm"])
def test_samplers_of_models_saved_with_another(
    kind: str, sampler: str, model_of: ModelOf, pipeline_of: Callable[..., Any]
) -> None:
    """from_config hands settings of the model's own scheduler on to others, which must not be taken for
    theirs.
    """
    model, settings = model_of(kind), Sampling(steps=5, sampler=sampler)
    expected = text_to_image(pipeline_of(kind, image=False), model, settings)
    torch.testing.assert_close(ours(model, settings, None), expected, rtol=0, atol=0)


@pytest.mark.parametrize("strength", [0.2, 0.75, 1.0])
@pytest.mark.parametrize(
    ("kind", "steps", "scale"),
    [
        ("sd", 10, 7.0),
        ("sd-velocity", 10, 4.0),
        ("sd-lcm", 6, 8.5),
        ("sdxl", 10, 6.0),
        ("sdxl-turbo", 6, 0.0),
        ("sdxl-nonzero", 6, 3.0),
    ],
)
def test_every_family_on_a_picture(
    kind: str,
    steps: int,
    scale: float,
    strength: float,
    model_of: ModelOf,
    pipeline_of: Callable[..., Any],
    picture: torch.Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, settings = model_of(kind), Sampling(steps=steps, strength=strength, cfg_scale=scale)
    expected = image_to_image(pipeline_of(kind, image=True), model, settings, picture, monkeypatch)
    torch.testing.assert_close(ours(model, settings, picture), expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["sd-velocity", "sd-lcm", "sdxl", "sdxl-turbo"])
@pytest.mark.parametrize("scale", [1.0, 6.5])
def test_every_family_from_noise(
    kind: str, scale: float, model_of: ModelOf, pipeline_of: Callable[..., Any]
) -> None:
    model, settings = model_of(kind), Sampling(steps=4, cfg_scale=scale)
    expected = text_to_image(pipeline_of(kind, image=False), model, settings)
    torch.testing.assert_close(ours(model, settings, None), expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["sdxl", "sdxl-nonzero"])
def test_sdxl_without_a_negative_prompt(
    kind: str, model_of: ModelOf, pipeline_of: Callable[..., Any]
) -> None:
    """An empty negative prompt is zeros where the model's pipeline says so, and the encoded empty text
    elsewhere.
    """
    model, settings = model_of(kind), Sampling(steps=4, cfg_scale=6.0)
    expected = text_to_image(pipeline_of(kind, image=False), model, settings, negative=None)
    torch.testing.assert_close(ours(model, settings, None, negative=""), expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["sd", "sdxl"])
def test_guidance_rescale_and_eta(kind: str, model_of: ModelOf, pipeline_of: Callable[..., Any]) -> None:
    model = model_of(kind)
    settings = Sampling(steps=5, cfg_scale=9.0, guidance_rescale=0.7, eta=0.4, sampler="ddim")
    expected = text_to_image(pipeline_of(kind, image=False), model, settings)
    plain = ours(model, Sampling(steps=5, cfg_scale=9.0, sampler="ddim"), None)
    torch.testing.assert_close(ours(model, settings, None), expected, rtol=0, atol=0)
    assert not torch.equal(expected, plain)


def test_exact_steps_of_lcm_are_those_of_its_own_pipeline(
    model_of: ModelOf, folder_of: Callable[..., Any], picture: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LatentConsistencyModelImg2ImgPipeline runs all steps on the strength's part of the schedule."""
    model = model_of("sd-lcm")
    settings = Sampling(steps=4, strength=0.5, cfg_scale=8.5, steps_mode="exact")
    pipe = import_module("diffusers").LatentConsistencyModelImg2ImgPipeline.from_pretrained(
        str(folder_of("sd-lcm")), safety_checker=None
    )
    pipe.set_progress_bar_config(disable=True)
    draws = iter([start_noise(SEED, (4, 8, 8))])
    drawing(monkeypatch, type(pipe), lambda: next(draws))
    expected = pipe(
        TEXT,
        image=picture.contiguous(memory_format=torch.channels_last),
        num_inference_steps=4,
        strength=0.5,
        guidance_scale=8.5,
        generator=step_generator(SEED),
        output_type="pt",
    ).images
    torch.testing.assert_close(ours(model, settings, picture), expected, rtol=0, atol=0)
