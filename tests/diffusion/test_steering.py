"""Guidance for a part of the steps, and layers of CLIP that are left out."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.callbacks import SDCFGCutoffCallback
from torch import Tensor

from keyframes import ProjectError
from projects import read_project
from render.diffusion import Sampling
from render.diffusion.embeddings import TextEncoder
from render.diffusion.latents import start_noise
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from render.resolve import resolve
from tests.diffusion.conftest import prompt
from tests.fakes import keys_of

ModelOf = Callable[[str], Model]
SETTINGS = Sampling(steps=4, cfg_scale=5.0)


def painted(model: Model, negative: str = "fog", **settings: Any) -> Tensor:
    return paint(
        model,
        Painting(
            picture=None,
            size=(64, 64),
            prompt=prompt("a cat", negative),
            settings=replace(SETTINGS, **settings),
            seed=3,
            frame=0,
        ),
    )


def diffusers_paints(pipe: Any, model: Model, **options: Any) -> Tensor:
    noise = start_noise(3, (4, 8, 8))
    given = {
        "negative_prompt": "fog",
        "height": 64,
        "width": 64,
        "latents": noise,
        "output_type": "pt",
        **options,
    }
    found: Tensor = pipe("a cat", num_inference_steps=4, guidance_scale=5.0, **given).images
    return found


def test_guidance_ends_where_diffusers_cutoff_ends_it(sd: Model, pipeline_of: Callable[..., Any]) -> None:
    """Their step of the cutoff is the last one that is guided."""
    pipe = pipeline_of("sd", image=False)
    callback = SDCFGCutoffCallback(cutoff_step_ratio=0.25)
    theirs = diffusers_paints(
        pipe, sd, callback_on_step_end=callback, callback_on_step_end_tensor_inputs=["prompt_embeds"]
    )
    ours = painted(sd, cfg_end=0.5)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
    assert not torch.equal(ours, painted(sd))


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [
        (0.0, 1.0, [2, 2, 2, 2]),
        (0.0, 0.5, [2, 2, 1, 1]),
        (0.25, 0.75, [1, 2, 2, 1]),
        (0.5, 0.5, [1, 1, 1, 1]),
    ],
)
def test_steps_outside_the_interval_take_half_the_work(
    sd: Model, start: float, end: float, rows: list[int]
) -> None:
    asked: list[int] = []
    handle = sd.denoiser.register_forward_pre_hook(lambda _, given: asked.append(len(given[0])))
    try:
        picture = painted(sd, cfg_start=start, cfg_end=end)
    finally:
        handle.remove()
    assert asked == rows
    assert torch.equal(picture, painted(sd)) == (rows == [2, 2, 2, 2])
    assert torch.equal(picture, painted(sd, cfg_scale=1.0)) == (rows == [1, 1, 1, 1])


@pytest.mark.parametrize("kind", ["qwen-image", "chroma", "z-image", "sd3", "sdxl", "kolors"])
def test_the_interval_works_in_the_families_with_guidance(model_of: ModelOf, kind: str) -> None:
    model = model_of(kind)
    off, on, half = (painted(model, steps=2, cfg_end=end) for end in (0.0, 1.0, 0.5))
    torch.testing.assert_close(off, painted(model, steps=2, cfg_scale=1.0), atol=1e-6, rtol=0)
    assert not torch.equal(half, on)
    assert not torch.equal(half, off)


def test_parts_that_push_away_are_left_out_without_guidance(sd: Model) -> None:
    def parts(**settings: Any) -> Tensor:
        given = prompt("", **{"a cat": 1.0, "a dog": -0.5})
        told = replace(SETTINGS, **settings)
        return paint(sd, Painting(picture=None, size=(64, 64), prompt=given, settings=told, seed=3, frame=0))

    torch.testing.assert_close(parts(cfg_end=0.0), parts(cfg_scale=1.0), atol=1e-6, rtol=0)


def test_clipskip_on_sdxl_is_diffusers_clip_skip(model_of: ModelOf, pipeline_of: Callable[..., Any]) -> None:
    """diffusers leaves negative prompts as they are; the empty one is zeros."""
    model, pipe = model_of("sdxl"), pipeline_of("sdxl", image=False)
    theirs = diffusers_paints(pipe, model, clip_skip=1, negative_prompt=None)
    ours = painted(model, "", clipskip=2)
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)
    assert not torch.equal(ours, painted(model, ""))


def test_clipskip_on_sd_is_an_encoder_without_its_last_layers(sd: Model) -> None:
    (part,) = sd.encoders
    short = deepcopy(part.encoder)
    inner = getattr(short, "text_model", short)
    inner.encoder.layers = inner.encoder.layers[:-1]
    fields = {name: getattr(sd, name) for name in type(sd).__dataclass_fields__}
    cut = Model(**{**fields, "encoders": (TextEncoder(tokenizer=part.tokenizer, encoder=short),)})
    before = painted(sd)
    torch.testing.assert_close(painted(sd, clipskip=2), painted(cut), atol=1e-6, rtol=0)
    assert not torch.equal(before, painted(cut))
    assert torch.equal(painted(sd), before), "texts are remembered by layer"


TEXT = 'model = "MODEL"\nframes = 4\nprompts = "0: a cat"\n[diffusion]\n'


def keys(folder: Path, lines: str) -> list[str]:
    text = TEXT.replace("MODEL", folder.name) + lines
    return keys_of(resolve(read_project(text, name="dream.toml", folder=folder.parent)))


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ("cfg_start = 0\ncfg_end = 1\nclipskip = 1", None),
        ("cfg_end = '0: (1) hold, 2: (0.5)'", 2),
        ("cfg_start = 0.1", 0),
        ("clipskip = '0: (1), 3: (2)'", 3),
    ],
)
def test_they_are_in_the_key_from_where_they_do_something(
    folder_of: Callable[[str], Path], lines: str, first: int | None
) -> None:
    pairs = list(zip(keys(folder_of("sd"), ""), keys(folder_of("sd"), lines), strict=True))
    assert next((frame for frame, (a, b) in enumerate(pairs) if a != b), None) == first


@pytest.mark.parametrize(
    ("kind", "skip", "said"),
    [
        ("sd", "4", "dream.toml:5 diffusion.clipskip, frame 0: 4 is more than 3, the layers"),
        ("sdxl", "'0: (2), 2: (3)'", "3 is more than 2"),
        ("kolors", "2", "kolors models have no layers of CLIP to skip"),
    ],
)
def test_layers_that_are_not_there_are_found_by_the_plan(
    folder_of: Callable[[str], Path], kind: str, skip: str, said: str
) -> None:
    with pytest.raises(ProjectError) as error:
        keys(folder_of(kind), f"clipskip = {skip}")
    assert said in str(error.value), str(error.value)
