"""Every family, whole: it paints what its diffusers pipelines paint, and a short film with blended prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module, util
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from keyframes.prompts import FramePrompt, PromptPart, TextShare
from render.diffusion import Sampling
from render.diffusion.families.flow import pack
from render.diffusion.latents import start_noise, step_generator
from render.diffusion.model import Model
from render.diffusion.samplers import make_scheduler
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import drawing, prompt

ModelOf = Callable[[str], Model]
TEXT, OTHER, NEGATIVE = "a cat, Dog", "the sea at night", "blue fog"
SEED = 3


@dataclass(frozen=True, kw_only=True)
class Case:
    """A tiny model's pipelines, and how they are asked for what `Sampling` says.

    `scale` is the argument that takes cfg_scale, `off` what is taken from it. `reads`: it takes a negative
    prompt. `packed`: the pipeline takes noise in tokens. `within`: how far from the pipeline, where the maths
    is not in the same order.
    """

    pipelines: tuple[str, str]
    scale: str = "guidance_scale"
    off: float = 0.0
    reads: bool = True
    packed: bool = False
    within: float = 0.0
    steps: int = 4
    cfg_scale: float = 4.5
    extra: Mapping[str, Any] = field(default_factory=dict)


CASES: Mapping[str, Case] = {
    "kolors": Case(pipelines=("KolorsPipeline", "KolorsImg2ImgPipeline")),
    "sd3": Case(pipelines=("StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline")),
    "sd3-without-t5": Case(pipelines=("StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline")),
    "chroma": Case(pipelines=("ChromaPipeline", "ChromaImg2ImgPipeline"), packed=True, within=1e-5),
    "qwen-image": Case(
        pipelines=("QwenImagePipeline", "QwenImageImg2ImgPipeline"),
        scale="true_cfg_scale",
        packed=True,
        within=1e-5,
    ),
    "z-image": Case(pipelines=("ZImagePipeline", "ZImageImg2ImgPipeline"), off=1.0, within=1e-5),
    "z-image-turbo": Case(pipelines=("ZImagePipeline", "ZImageImg2ImgPipeline"), off=1.0, cfg_scale=1.0),
    "sana-sprint": Case(
        pipelines=("SanaSprintPipeline", "SanaSprintImg2ImgPipeline"),
        reads=False,
        steps=2,
        extra={"use_resolution_binning": False},
    ),
    "flux-dev": Case(pipelines=("FluxPipeline", "FluxImg2ImgPipeline"), reads=False, packed=True),
    "flux-schnell": Case(
        pipelines=("FluxPipeline", "FluxImg2ImgPipeline"), reads=False, packed=True, cfg_scale=1.0
    ),
    "flux-undistilled": Case(
        pipelines=("FluxPipeline", "FluxImg2ImgPipeline"), scale="true_cfg_scale", packed=True, within=1e-5
    ),
}


def given(kind: str) -> Any:
    """A kind as a parameter; Kolors' tokenizer is a package of its own."""
    missing = kind == "kolors" and util.find_spec("sentencepiece") is None
    return pytest.param(kind, marks=pytest.mark.skipif(missing, reason="needs sentencepiece"))


KINDS = [given(kind) for kind in CASES]


@pytest.fixture(scope="module")
def pipes(folder_of: Callable[[str], Path]) -> Callable[[str], tuple[Any, Any]]:
    """diffusers' pipelines over a tiny model's files: for text to image, and for image to image."""

    def load(kind: str) -> tuple[Any, Any]:
        diffusers = import_module("diffusers")
        first, second = (getattr(diffusers, name) for name in CASES[kind].pipelines)
        without = {"text_encoder_3": None, "tokenizer_3": None} if kind == "sd3-without-t5" else {}
        pipe = first.from_pretrained(str(folder_of(kind)), **without)
        other = second(**pipe.components)
        for made in (pipe, other):
            made.set_progress_bar_config(disable=True)
        return pipe, other

    return cache(load)


def ours(model: Model, settings: Sampling, picture: torch.Tensor | None, given: FramePrompt) -> torch.Tensor:
    """What we paint."""
    return paint(
        model, Painting(picture=picture, size=(64, 64), prompt=given, settings=settings, seed=SEED, frame=0)
    )


@pytest.mark.parametrize("sampler", ["heun", "lcm"])
@pytest.mark.parametrize("kind", ["sd3", "flux-schnell"])
def test_other_flow_samplers(
    kind: str,
    sampler: str,
    model_of: ModelOf,
    pipes: Callable[[str], tuple[Any, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Against the pipelines where they know the sampler: Heun there has neither Flux' times nor its shift.

    The pipelines draw LCM's noise from nowhere in particular, so it is the same at each step here.
    """
    model, case = model_of(kind), CASES[kind]
    same = noise_of(model)
    lcm = import_module("diffusers.schedulers.scheduling_flow_match_lcm")
    monkeypatch.setattr(lcm, "randn_tensor", lambda shape, **_: same if len(shape) == 4 else pack(same))
    settings = Sampling(steps=4, cfg_scale=case.cfg_scale, sampler=sampler)
    found = ours(model, settings, None, prompt(TEXT, NEGATIVE))
    on_it = ours(model, replace(settings, strength=0.5), found, prompt(TEXT, NEGATIVE))
    assert bool(torch.isfinite(on_it).all())
    if (kind, sampler) == ("flux-schnell", "heun"):
        return
    noise = pack(noise_of(model)) if case.packed else noise_of(model)
    expected = theirs(pipes(kind)[0], case, model, settings, latents=noise, height=64, width=64)
    close(found, expected, case)


def theirs(pipe: Any, case: Case, model: Model, settings: Sampling, **extra: Any) -> torch.Tensor:
    """What the pipeline paints with the same settings."""
    pipe.scheduler = make_scheduler(
        settings.sampler, own=model.scheduler, config=model.scheduler_config, kind=model.family.row.samplers
    )
    if case.reads:
        extra["negative_prompt"] = NEGATIVE
    painted: torch.Tensor = pipe(
        prompt=TEXT,
        num_inference_steps=settings.steps,
        generator=step_generator(SEED),
        output_type="pt",
        **{case.scale: settings.cfg_scale - case.off},
        **case.extra,
        **extra,
    ).images
    return painted


def noise_of(model: Model) -> torch.Tensor:
    side = 64 // model.factor
    return start_noise(SEED, (model.channels, side, side))


def close(found: torch.Tensor, expected: torch.Tensor, case: Case) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=case.within)


@pytest.mark.parametrize("kind", KINDS)
def test_text_to_image(kind: str, model_of: ModelOf, pipes: Callable[[str], tuple[Any, Any]]) -> None:
    model, case = model_of(kind), CASES[kind]
    settings, noise = Sampling(steps=case.steps, cfg_scale=case.cfg_scale), noise_of(model)
    if case.packed:
        noise = pack(noise)
    expected = theirs(pipes(kind)[0], case, model, settings, latents=noise, height=64, width=64)
    close(ours(model, settings, None, prompt(TEXT, NEGATIVE)), expected, case)


@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize("kind", KINDS)
def test_image_to_image(
    kind: str,
    strength: float,
    model_of: ModelOf,
    pipes: Callable[[str], tuple[Any, Any]],
    picture: torch.Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With our noise, and the mode of the VAE's posterior; the picture in memory as PIL pictures lie there."""
    model, case, pipe = model_of(kind), CASES[kind], pipes(kind)[1]
    settings = Sampling(steps=case.steps, cfg_scale=case.cfg_scale, strength=strength)
    noise = noise_of(model)
    drawing(monkeypatch, type(pipe), lambda: noise)
    picture = picture.contiguous(memory_format=torch.channels_last)
    expected = theirs(pipe, case, model, settings, image=picture, strength=strength, height=64, width=64)
    close(ours(model, settings, picture, prompt(TEXT, NEGATIVE)), expected, case)


@pytest.mark.parametrize("kind", KINDS)
def test_a_film_with_blended_prompts(kind: str, model_of: ModelOf) -> None:
    """Frame 0 from noise, then three on the frame before, from one prompt to the other."""
    model, settings = (
        model_of(kind),
        Sampling(steps=2, strength=0.5, cfg_scale=CASES[kind].cfg_scale),
    )
    frames: list[torch.Tensor] = []
    for share in (0.0, 0.25, 0.5, 1.0):
        before = frames[-1] if frames else None
        frames.append(ours(model, settings, before, blended(share)))
    assert all(bool(torch.isfinite(frame).all()) for frame in frames)
    assert all(not torch.equal(*pair) for pair in pairwise(frames))
    alone = [ours(model, settings, frames[1], blended(share)) for share in (0.0, 1.0)]
    assert not torch.equal(frames[2], alone[0])
    assert not torch.equal(frames[2], alone[1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_hole_is_painted_and_the_rest_is_kept(kind: str, model_of: ModelOf, picture: torch.Tensor) -> None:
    """Per-pixel strength: 1 in a strip, 0 beside it. Far from the strip not a bit changes."""
    model = model_of(kind)
    strengths = torch.zeros(1, 1, 64, 64)
    strengths[..., : model.factor] = 1
    settings = Sampling(steps=4, strength=0.0, cfg_scale=CASES[kind].cfg_scale)
    found = paint(
        model,
        Painting(
            picture=picture,
            size=(64, 64),
            prompt=prompt(TEXT),
            settings=settings,
            seed=SEED,
            frame=1,
            strengths=strengths,
        ),
    )
    assert bool(torch.isfinite(found).all())
    assert torch.equal(found[..., -8:], picture[..., -8:])
    assert not torch.allclose(found[..., :4], picture[..., :4], atol=1e-3)


def blended(share: float) -> FramePrompt:
    """From one text to a longer one."""
    mix = (TextShare(text=TEXT, share=1 - share), TextShare(text=OTHER, share=share))
    return FramePrompt(
        parts=(PromptPart(mix=tuple(text for text in mix if text.share)),), negative=(TextShare(text=""),)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_parts_and_sizes(kind: str, model_of: ModelOf) -> None:
    """A part beside a longer one of next to no weight is painted as alone, at a size to be padded."""
    model = model_of(kind)

    def painted(*parts: tuple[str, float]) -> torch.Tensor:
        mixed = tuple(PromptPart(weight=weight, mix=(TextShare(text=text),)) for text, weight in parts)
        return paint(
            model,
            Painting(
                size=(50, 41),
                prompt=FramePrompt(parts=mixed),
                settings=Sampling(steps=2, cfg_scale=CASES[kind].cfg_scale),
                seed=1,
            ),
        )

    alone, beside = painted(("x", 1.0)), painted(("x", 1.0), ("a (cat:1.3) in the fog by the sea", 1e-9))
    assert alone.shape == (1, 3, 41, 50)
    torch.testing.assert_close(beside, alone, atol=1e-4, rtol=0)
