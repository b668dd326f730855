"""IP-Adapters: given the same noise and embeddings, our loop paints what the diffusers pipelines paint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from keyframes.errors import EnvironmentFault
from render.diffusion import Sampling, check_adapter, find_adapter, find_model
from render.diffusion.ip_adapters import AdapterInput
from render.diffusion.latents import start_noise, step_generator
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import drawing, prompt
from tests.models import load_model
from tests.tiny_adapter import SIDE, tiny_adapter

ModelOf = Callable[[str], Model]
TEXT, NEGATIVE, SEED = "a cat, Dog", "blue fog", 3
PIPELINES = {"sd": "StableDiffusion", "sdxl": "StableDiffusionXL", "kolors": "Kolors"}
NEEDS = pytest.mark.skipif(util.find_spec("sentencepiece") is None, reason="needs sentencepiece")
KOLORS_ON_A_PICTURE = pytest.param("kolors", True, marks=NEEDS)


@pytest.fixture(scope="module")
def adapted(
    tmp_path_factory: pytest.TempPathFactory, model_of: ModelOf
) -> Callable[[str], tuple[Model, list[Path]]]:
    """A model of its own with two adapters, a plain one and one that reads parts, and their files."""

    def load(kind: str) -> tuple[Model, list[Path]]:
        plain, folder = model_of(kind), tmp_path_factory.mktemp("adapters") / kind
        files = [
            tiny_adapter(folder, plain.denoiser, name="plain.safetensors"),
            tiny_adapter(folder, plain.denoiser, parts=True, seed=1, name="plus.safetensors"),
        ]
        found = [find_adapter(str(file)) for file in files]
        for file in found:
            check_adapter(file, plain.source)
        return load_model(plain.source, device="cpu", adapters=found), files

    return cache(load)


def ours(model: Model, settings: Sampling, picture: Tensor | None, shown: Sequence[AdapterInput]) -> Tensor:
    return paint(
        model,
        Painting(
            picture=picture,
            size=(64, 64),
            prompt=prompt(TEXT, NEGATIVE),
            settings=settings,
            seed=SEED,
            frame=0,
            shown=shown,
        ),
    )


def pictures(count: int) -> list[Tensor]:
    maker = torch.Generator().manual_seed(8)
    return [torch.rand(1, 3, SIDE, SIDE, generator=maker) for _ in range(count)]


def states(file: Path) -> dict[str, dict[str, Tensor]]:
    """An adapter's tensors as diffusers' loader takes them in a dictionary."""
    tensors = load_file(file)
    return {
        group: {name.partition(".")[2]: one for name, one in tensors.items() if name.startswith(f"{group}.")}
        for group in ("image_proj", "ip_adapter")
    }


@pytest.mark.parametrize(("kind", "pictured"), [("sd", True), ("sdxl", False), KOLORS_ON_A_PICTURE])
def test_both_kinds_together(
    kind: str,
    pictured: bool,
    adapted: Callable[[str], tuple[Model, list[Path]]],
    folder_of: Callable[[str], Path],
    picture: Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Against the pipeline with the same embeddings, loaded by diffusers' own loader."""
    (model, files), settings = adapted(kind), Sampling(steps=4, strength=0.75, cfg_scale=4.0)
    seen = [encoder.embed(one) for encoder, one in zip(model.adapters.encoders, pictures(2), strict=True)]
    shown = [
        AdapterInput(number=0, embedding=seen[0], weight=0.7),
        AdapterInput(number=1, embedding=seen[1], weight=0.4),
    ]
    found = ours(model, settings, picture if pictured else None, shown)
    kind_of = getattr(import_module("diffusers"), f"{PIPELINES[kind]}{'Img2Img' if pictured else ''}Pipeline")
    pipe = kind_of.from_pretrained(str(folder_of(kind)), **({"safety_checker": None} if kind == "sd" else {}))
    pipe.unet._load_ip_adapter_weights([states(file) for file in files], low_cpu_mem_usage=False)
    pipe.set_ip_adapter_scale([0.7, 0.4])
    pipe.set_progress_bar_config(disable=True)
    noise = start_noise(SEED, (model.channels, 8, 8))
    more: dict[str, Any] = {"height": 64, "width": 64, "latents": noise}
    if pictured:
        drawing(monkeypatch, kind_of, lambda: noise)
        more = {"image": picture.contiguous(memory_format=torch.channels_last), "strength": 0.75}
    embeds = [
        torch.cat([encoder.blank(), one]) for encoder, one in zip(model.adapters.encoders, seen, strict=True)
    ]
    expected = pipe(
        TEXT,
        negative_prompt=NEGATIVE,
        num_inference_steps=4,
        guidance_scale=4.0,
        generator=step_generator(SEED),
        output_type="pt",
        ip_adapter_image_embeds=embeds,
        **more,
    ).images
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["sd", "sdxl", pytest.param("kolors", marks=NEEDS)])
def test_weight_0_is_the_model_alone_and_more_is_more(
    kind: str, adapted: Callable[[str], tuple[Model, list[Path]]], model_of: ModelOf, picture: Tensor
) -> None:
    (model, _), settings = adapted(kind), Sampling(steps=4, cfg_scale=3.0)
    plain = ours(model_of(kind), settings, picture, [])
    seen = model.adapters.encoders[0].embed(pictures(1)[0])

    def painted(weight: float) -> Tensor:
        return ours(model, settings, picture, [AdapterInput(number=0, embedding=seen, weight=weight)])

    apart = [float((painted(weight) - plain).abs().mean()) for weight in (0.1, 0.3, 1.0)]
    assert 0 < apart[0] < apart[1] < apart[2]
    assert torch.equal(ours(model, settings, picture, []), plain), "the weights of before are forgotten"
    assert torch.equal(painted(0.0), plain)


def test_the_encoder_sees_what_clips_own_processor_shows(
    adapted: Callable[[str], tuple[Model, list[Path]]],
) -> None:
    """Pictures of its own size: the same as through transformers' processor. Nothing is black there, not zeros."""
    from transformers import CLIPImageProcessorPil

    model, _ = adapted("sd")
    whole, parts = model.adapters.encoders
    (shown,) = pictures(1)
    levels = (shown * 255).round()
    size = {"shortest_edge": SIDE}
    processor = CLIPImageProcessorPil(size=size, crop_size={"height": SIDE, "width": SIDE})
    array = levels[0].permute(1, 2, 0).to(torch.uint8).numpy()
    pixels = processor(array, return_tensors="pt").pixel_values
    with torch.inference_mode():
        expected = whole.encoder(pixels, output_hidden_states=True)
    torch.testing.assert_close(whole.embed(levels / 255)[:, 0], expected.image_embeds, rtol=0, atol=1e-5)
    torch.testing.assert_close(parts.embed(levels / 255)[:, 0], expected.hidden_states[-2], rtol=0, atol=1e-5)
    assert not whole.blank().any()
    assert parts.blank().any()


def test_all_parts_of_a_prompt_see_the_picture(
    adapted: Callable[[str], tuple[Model, list[Path]]], picture: Tensor
) -> None:
    """A part beside another one of next to no weight is painted as alone."""
    model, _ = adapted("sd")
    seen = [model.adapters.encoders[0].embed(one) for one in pictures(2)]

    def painted(**weights: float) -> Tensor:
        return paint(
            model,
            Painting(
                picture=picture,
                size=(64, 64),
                prompt=prompt("", "fog", **weights),
                settings=Sampling(steps=3, cfg_scale=4.0),
                seed=7,
                shown=[AdapterInput(number=0, embedding=seen[0])],
            ),
        )

    torch.testing.assert_close(painted(cat=1.0, dog=1e-9), painted(cat=1.0), rtol=0, atol=1e-4)
    with pytest.raises(ValueError, match="2 IP-Adapters"):
        ours(model, Sampling(steps=2), picture, [AdapterInput(number=2, embedding=seen[0])])


def test_what_is_refused(tmp_path: Path, model_of: ModelOf, folder_of: Callable[[str], Path]) -> None:
    sd, sdxl = model_of("sd"), model_of("sdxl")
    file = tiny_adapter(tmp_path, sd.denoiser)

    def refused(name: str, encoder: str = "", source: Any = None) -> str:
        with pytest.raises(EnvironmentFault) as error:
            check_adapter(find_adapter(name, encoder, folder=tmp_path), source or sd.source)
        return str(error.value)

    assert "is a pickle" in refused("ip-adapter.bin")
    assert "hf download h94/IP-Adapter" in refused("gone.safetensors")
    assert "hf download some/thing" in refused("some/thing/models/x.safetensors")
    assert "width 32, and the model's are 72 wide" in refused(file.name, source=sdxl.source)
    assert "are for sdxl, sd, kolors models" in refused(
        file.name, source=find_model(str(folder_of("chroma")))
    )
    assert "encoder is not in elsewhere" in refused(file.name, "elsewhere")
    state = load_file(file)
    face = {name.replace("proj.weight", "proj.0.weight"): one for name, one in state.items()}
    save_file(face, tmp_path / "face.safetensors")
    assert "is for faces" in refused("face.safetensors")
    save_file({"unet.x": torch.zeros(1)}, tmp_path / "x.safetensors")
    assert "is another kind of file" in refused("x.safetensors")
    narrow = {**state, "image_proj.proj.weight": torch.zeros(128, 5)}
    save_file(narrow, tmp_path / "narrow.safetensors")
    assert "reads 5 numbers of a picture" in refused("narrow.safetensors")
    short = {name: one for name, one in state.items() if ".3." not in name}
    save_file(short, tmp_path / "short.safetensors")
    with pytest.raises(EnvironmentFault, match=r"could not be loaded: .*one that was trained on this family"):
        load_model(sd.source, device="cpu", adapters=[find_adapter("short.safetensors", folder=tmp_path)])
