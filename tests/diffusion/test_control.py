"""ControlNets: given the same noise, our loop paints what the diffusers pipelines paint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from keyframes.errors import EnvironmentFault
from render.assets.find import find_asset
from render.assets.kinds import CONTROL
from render.diffusion import Control, Sampling, check_control, find_model
from render.diffusion.control import load_controls
from render.diffusion.families.flow import pack
from render.diffusion.job import Mode
from render.diffusion.latents import start_noise, step_generator
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import drawing, prompt
from tests.tiny_control import tiny_control

ModelOf = Callable[[str], Model]
NetOf = Callable[..., Path]
TEXT, NEGATIVE, SEED = "a cat, Dog", "blue fog", 3


@pytest.fixture(scope="module")
def net_of(tmp_path_factory: pytest.TempPathFactory) -> NetOf:
    """The folder of a tiny ControlNet by its kind and seed."""
    return cache(lambda kind, seed=0: tiny_control(tmp_path_factory.mktemp("nets") / kind, kind, seed=seed))


@pytest.fixture(scope="module")
def hints() -> list[Tensor]:
    """Two pictures (1, 3, 64, 64) to be steered by."""
    maker = torch.Generator().manual_seed(5)
    return [torch.rand(1, 3, 64, 64, generator=maker) for _ in range(2)]


def with_nets(model: Model, folders: Sequence[Path]) -> Model:
    """The model with ControlNets, loaded as any are."""
    files = [find_asset(CONTROL, str(folder)) for folder in folders]
    for file in files:
        check_control(file, model.source)
    nets = load_controls(files, denoiser=model.denoiser, device=model.device, dtype=model.dtype)
    return replace(model, controls=nets)


def ours(model: Model, settings: Sampling, picture: Tensor | None, controls: Sequence[Control]) -> Tensor:
    return paint(
        model,
        Painting(
            picture=picture,
            size=(64, 64),
            prompt=prompt(TEXT, NEGATIVE),
            settings=settings,
            seed=SEED,
            frame=0,
            controls=controls,
        ),
    )


def noise_of(model: Model) -> Tensor:
    return start_noise(SEED, (model.channels, 8, 8))


def pipeline(
    name: str, folder: Path, nets: Sequence[Any], monkeypatch: pytest.MonkeyPatch, noise: Tensor
) -> Any:
    """diffusers' own, with our noise and the mode of the VAE's posterior, from which it would sample."""
    kind = getattr(import_module("diffusers"), name)
    absent = {"safety_checker": None} if name.startswith("StableDiffusionControl") else {}
    net = nets[0] if len(nets) == 1 else list(nets)
    pipe = kind.from_pretrained(str(folder), controlnet=net, **absent)
    pipe.set_progress_bar_config(disable=True)
    drawing(monkeypatch, kind, lambda: noise)
    return pipe


def asked(controls: Sequence[Control], *, picture: bool) -> dict[str, Any]:
    """The pipelines' arguments for the controls."""
    first = controls[0]
    one = len(controls) == 1
    shown = first.picture if one else [control.picture for control in controls]
    return {
        "control_image" if picture else "image": shown,
        "controlnet_conditioning_scale": first.weight if one else [c.weight for c in controls],
        "control_guidance_start": first.start if one else [c.start for c in controls],
        "control_guidance_end": first.end if one else [c.end for c in controls],
    }


UNETS = [
    ("sd", "StableDiffusionControlNet", 1, True),
    ("sd", "StableDiffusionControlNet", 2, False),
    ("sdxl", "StableDiffusionXLControlNet", 1, False),
    ("sdxl", "StableDiffusionXLControlNet", 2, True),
]


@pytest.mark.parametrize(("kind", "name", "count", "pictured"), UNETS)
def test_unets_with_one_and_two(
    kind: str,
    name: str,
    count: int,
    pictured: bool,
    model_of: ModelOf,
    net_of: NetOf,
    folder_of: Callable[[str], Path],
    picture: Tensor,
    hints: list[Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second one acts in the middle of the steps only."""
    model = with_nets(model_of(kind), [net_of(kind, seed) for seed in range(count)])
    settings = Sampling(steps=8, strength=0.75, cfg_scale=5.3)
    controls = [Control(number=0, picture=hints[0], weight=0.8)]
    if count == 2:
        controls.append(Control(number=1, picture=hints[1], weight=1.3, start=0.2, end=0.7))
    found = ours(model, settings, picture if pictured else None, controls)
    pipe = pipeline(
        f"{name}{'Img2Img' if pictured else ''}Pipeline",
        folder_of(kind),
        model.controls,
        monkeypatch,
        noise_of(model),
    )
    more: dict[str, Any] = {"height": 64, "width": 64}
    if pictured:
        more = {"image": picture.contiguous(memory_format=torch.channels_last), "strength": 0.75}
    expected = pipe(
        TEXT,
        negative_prompt=NEGATIVE,
        num_inference_steps=8,
        guidance_scale=5.3,
        generator=step_generator(SEED),
        output_type="pt",
        **asked(controls, picture=pictured),
        **more,
    ).images
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    plain = ours(model, settings, picture if pictured else None, [])
    assert (found - plain).abs().max() > 1e-3, "it says something"


@pytest.mark.parametrize(("kind", "mode"), [("sd", "control"), ("sd-pooled", "control")])
def test_guess_mode(
    kind: str,
    mode: Mode,
    sd: Model,
    net_of: NetOf,
    folder_of: Callable[[str], Path],
    picture: Tensor,
    hints: list[Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """ "control" is what diffusers calls guess mode."""
    model, settings = with_nets(sd, [net_of(kind)]), Sampling(steps=4, strength=0.75, cfg_scale=4.0)
    control = Control(number=0, picture=hints[0], weight=0.9, mode=mode)
    pipe = pipeline(
        "StableDiffusionControlNetImg2ImgPipeline",
        folder_of("sd"),
        model.controls,
        monkeypatch,
        noise_of(model),
    )
    expected = pipe(
        TEXT,
        negative_prompt=NEGATIVE,
        num_inference_steps=4,
        guidance_scale=4.0,
        guess_mode=kind == "sd",
        image=picture.contiguous(memory_format=torch.channels_last),
        strength=0.75,
        generator=step_generator(SEED),
        output_type="pt",
        **asked([control], picture=True),
    ).images
    torch.testing.assert_close(ours(model, settings, picture, [control]), expected, rtol=0, atol=0)


def test_modes_differ_and_speak_to_different_rows(
    sd: Model, net_of: NetOf, picture: Tensor, hints: list[Tensor]
) -> None:
    """Without guidance there is no negative prompt, so "prompt" and "control" are the same there."""
    model = with_nets(sd, [net_of("sd")])

    def painted(mode: Mode, scale: float) -> Tensor:
        control = Control(number=0, picture=hints[0], mode=mode)
        return ours(model, Sampling(steps=4, cfg_scale=scale), picture, [control])

    guided = [painted(mode, 4.0) for mode in ("balanced", "prompt", "control")]
    assert not any(torch.equal(guided[a], guided[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert torch.equal(painted("prompt", 1.0), painted("control", 1.0))
    assert not torch.equal(painted("prompt", 1.0), painted("balanced", 1.0))


@pytest.mark.skipif(util.find_spec("sentencepiece") is None, reason="needs sentencepiece")
def test_kolors(
    model_of: ModelOf,
    net_of: NetOf,
    picture: Tensor,
    hints: list[Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Against SDXL's pipeline over Kolors' parts and texts; its ControlNet is told projected texts by hand."""
    model = with_nets(model_of("kolors"), [net_of("kolors")])
    settings = Sampling(steps=4, strength=0.75, cfg_scale=4.0)
    control = Control(number=0, picture=hints[0], weight=0.7)
    found = ours(model, settings, picture, [control])

    def projected(net: Any, given: Any, named: dict[str, Any]) -> Any:
        return given, {**named, "encoder_hidden_states": net.encoder_hid_proj(named["encoder_hidden_states"])}

    (net,) = model.controls
    diffusers = import_module("diffusers")
    kind = diffusers.StableDiffusionXLControlNetImg2ImgPipeline
    scheduler = getattr(diffusers, model.scheduler).from_config(dict(model.scheduler_config))
    pipe = kind(
        vae=model.vae,
        text_encoder=None,
        text_encoder_2=None,
        tokenizer=None,
        tokenizer_2=None,
        unet=model.denoiser,
        controlnet=net,
        scheduler=scheduler,
        add_watermarker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    drawing(monkeypatch, kind, lambda: noise_of(model))
    with torch.inference_mode():
        texts, negative = (model.encoder.text(text) for text in (TEXT, NEGATIVE))
    hook = net.register_forward_pre_hook(projected, with_kwargs=True)
    try:
        expected = pipe(
            prompt_embeds=texts.tokens,
            pooled_prompt_embeds=texts.pooled,
            negative_prompt_embeds=negative.tokens,
            negative_pooled_prompt_embeds=negative.pooled,
            num_inference_steps=4,
            guidance_scale=4.0,
            generator=step_generator(SEED),
            output_type="pt",
            image=_last(picture),
            strength=0.75,
            **asked([control], picture=True),
        ).images
    finally:
        hook.remove()
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["sd3", "sd3-pooled", "sd3-without-places"])
def test_sd3(
    kind: str,
    model_of: ModelOf,
    net_of: NetOf,
    folder_of: Callable[[str], Path],
    hints: list[Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Text to image: diffusers has no other. It samples from the VAE's posterior, and takes tensors in
    [-1, 1]. It encodes the control picture once for each row, in one call, which rounds differently: up to 3e-6.
    """
    model = with_nets(model_of("sd3"), [net_of(kind)])
    settings = Sampling(steps=4, cfg_scale=4.5)
    control = Control(number=0, picture=hints[0], weight=0.7, end=0.8)
    pipe = pipeline(
        "StableDiffusion3ControlNetPipeline", folder_of("sd3"), model.controls, monkeypatch, noise_of(model)
    )
    distribution = import_module("diffusers.models.autoencoders.vae").DiagonalGaussianDistribution
    monkeypatch.setattr(distribution, "sample", lambda posterior, **_: posterior.mode())
    expected = pipe(
        TEXT,
        negative_prompt=NEGATIVE,
        num_inference_steps=4,
        guidance_scale=4.5,
        height=64,
        width=64,
        latents=noise_of(model),
        output_type="pt",
        **asked([replace(control, picture=2 * hints[0] - 1)], picture=True),
    ).images
    found = ours(model, settings, None, [control])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    assert (found - ours(model, settings, None, [])).abs().max() > 1e-3


def _last(picture: Tensor) -> Tensor:
    return picture.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("model_kind", "kind", "pictured"), [("flux-dev", "flux-told", True), ("flux-schnell", "flux", False)]
)
def test_flux(
    model_kind: str,
    kind: str,
    pictured: bool,
    model_of: ModelOf,
    net_of: NetOf,
    folder_of: Callable[[str], Path],
    picture: Tensor,
    hints: list[Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = with_nets(model_of(model_kind), [net_of(kind)])
    settings = Sampling(steps=4, strength=0.5, cfg_scale=3.5 if model_kind == "flux-dev" else 1.0)
    control = Control(number=0, picture=hints[0], weight=0.7, start=0.1)
    noise = noise_of(model)
    pipe = pipeline(
        f"FluxControlNet{'Img2Img' if pictured else ''}Pipeline",
        folder_of(model_kind),
        model.controls,
        monkeypatch,
        noise,
    )
    more: dict[str, Any] = {"latents": pack(noise)}
    if pictured:
        more = {"image": _last(picture), "strength": 0.5}
    expected = pipe(
        TEXT,
        num_inference_steps=4,
        guidance_scale=settings.cfg_scale,
        height=64,
        width=64,
        generator=step_generator(SEED),
        output_type="pt",
        **asked([replace(control, picture=2 * hints[0] - 1)], picture=True),
        **more,
    ).images
    found = ours(model, settings, picture if pictured else None, [control])
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    assert (found - ours(model, settings, picture if pictured else None, [])).abs().max() > 1e-4


@pytest.mark.parametrize("kind", ["sd", "sd3", "flux-dev"])
def test_weight_0_is_without_it_and_more_weight_is_more(
    kind: str, model_of: ModelOf, net_of: NetOf, picture: Tensor, hints: list[Tensor]
) -> None:
    net = {"flux-dev": "flux"}.get(kind, kind)
    model, settings = (
        with_nets(model_of(kind), [net_of(net), net_of(net, 1)]),
        Sampling(steps=4, cfg_scale=2.0),
    )
    plain = ours(model, settings, picture, [])

    def steered(weight: float, **when: float) -> Tensor:
        return ours(model, settings, picture, [Control(number=0, picture=hints[0], weight=weight, **when)])

    assert torch.equal(steered(0.0), plain)
    assert torch.equal(steered(1.0, start=0.6, end=0.5), plain), "no step lies there"
    differences = [float((steered(weight) - plain).abs().mean()) for weight in (0.1, 0.3, 0.6)]
    assert 0 < differences[0] < differences[1] < differences[2]
    both = [Control(number=0, picture=hints[0]), Control(number=1, picture=hints[1], weight=0.0)]
    assert torch.equal(ours(model, settings, picture, both), steered(1.0))


def test_start_and_end_are_shares_of_the_steps() -> None:
    control = Control(number=0, picture=torch.zeros(1), start=0.25, end=0.75)
    assert [control.acts(step, 8) for step in range(8)] == [False] * 2 + [True] * 4 + [False] * 2
    assert [replace(control, start=0, end=1).acts(step, 3) for step in range(3)] == [True] * 3
    assert [replace(control, start=0, end=0.9).acts(step, 4) for step in range(4)] == [True] * 3 + [False]


def test_all_parts_of_a_prompt_are_controlled(
    sd: Model, net_of: NetOf, picture: Tensor, hints: list[Tensor]
) -> None:
    """A part beside another one of next to no weight is painted as alone."""
    model = with_nets(sd, [net_of("sd")])

    def painted(mode: Mode, **weights: float) -> Tensor:
        return paint(
            model,
            Painting(
                picture=picture,
                size=(64, 64),
                prompt=prompt("", "fog", **weights),
                settings=Sampling(steps=3, cfg_scale=4.0),
                seed=7,
                controls=[Control(number=0, picture=hints[0], mode=mode)],
            ),
        )

    modes: tuple[Mode, ...] = ("balanced", "control")
    for mode in modes:
        alone = painted(mode, cat=1.0)
        torch.testing.assert_close(painted(mode, cat=1.0, dog=1e-9), alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["sd", "sd3", "flux-schnell"])
def test_any_size_and_what_is_revealed(kind: str, model_of: ModelOf, net_of: NetOf) -> None:
    """Control pictures are padded as pictures are; where nothing is painted anew, nothing changes."""
    model = with_nets(model_of(kind), [net_of(kind.partition("-")[0])])
    picture, hint = (torch.rand(1, 3, 52, 60, generator=torch.Generator().manual_seed(n)) for n in (1, 2))
    strengths = torch.zeros(1, 1, 52, 60)
    strengths[..., :8] = 1

    def painted(weight: float) -> Tensor:
        return paint(
            model,
            Painting(
                picture=picture,
                size=(60, 52),
                prompt=prompt(TEXT),
                settings=Sampling(steps=3, strength=0.0, cfg_scale=1.0),
                seed=SEED,
                frame=0,
                strengths=strengths,
                controls=[Control(number=0, picture=hint, weight=weight)],
            ),
        )

    plain, steered = painted(0.0), painted(1.0)
    assert not torch.equal(plain[..., :8], steered[..., :8])
    assert torch.equal(steered[..., 32:], picture[..., 32:])


def test_shapes_are_checked(sd: Model, net_of: NetOf, picture: Tensor) -> None:
    model = with_nets(sd, [net_of("sd")])
    with pytest.raises(ValueError, match=r"control picture has the shape \(1, 3, 32, 64\)"):
        ours(model, Sampling(steps=1), picture, [Control(number=0, picture=picture[..., :32, :])])
    with pytest.raises(ValueError, match="control 1; the model has 1 ControlNets"):
        ours(model, Sampling(steps=1), picture, [Control(number=1, picture=picture)])


def test_half_precision_and_the_same_file_twice(
    folder_of: Callable[[str], Path], net_of: NetOf, picture: Tensor, hints: list[Tensor]
) -> None:
    """A ControlNet has its model's precision, and is in memory once."""
    from tests.models import load_model

    file = find_asset(CONTROL, str(net_of("sd")))
    model = load_model(
        find_model(str(folder_of("sd"))), device="cpu", dtype="bfloat16", controls=[file, file]
    )
    assert model.controls[0] is model.controls[1]
    assert model.controls[0].dtype == torch.bfloat16
    assert not any(weight.requires_grad for weight in model.controls[0].parameters())
    painted = ours(model, Sampling(steps=2), picture, [Control(number=0, picture=hints[0])])
    assert bool(torch.isfinite(painted).all())


@pytest.mark.parametrize(
    ("net", "model", "config", "said"),
    [
        (
            "sdxl",
            "sd",
            {},
            ["does not fit", "family sd)", "cross_attention_dim 72, and the model 32"],
        ),
        ("flux", "sd", {}, ["is made for flux models", "trained on this family"]),
        ("sd", "sdxl", {}, ["cross_attention_dim 32, and the model 72"]),
        ("sd", "sd", {"block_out_channels": (16, 16)}, ["block_out_channels"]),
        ("sdxl", "sdxl", {"projection_class_embeddings_input_dim": 80}, ["input_dim 80, and the model 64"]),
        (
            "sd",
            "chroma",
            {},
            ["ControlNet is for sdxl, sd, kolors, sd3, flux models here", "is of the family chroma"],
        ),
        ("flux", "flux-dev", {"num_mode": 4}, ["is a union of several"]),
        ("sd3", "sd3", {"extra_conditioning_channels": 1}, ["is for inpainting"]),
        ("sd3", "sd3", {"num_attention_heads": 2, "caption_projection_dim": 16}, ["num_attention_heads 2"]),
    ],
)
def test_one_for_other_models_is_refused(
    net: str,
    model: str,
    config: dict[str, Any],
    said: list[str],
    folder_of: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    file = find_asset(CONTROL, str(tiny_control(tmp_path / "net", net, **config)))
    with pytest.raises(EnvironmentFault) as error:
        check_control(file, find_model(str(folder_of(model))))
    told = str(error.value)
    assert all(any(words in told for words in each.split("|")) for each in said), told


def test_what_is_no_controlnet_is_refused(tmp_path: Path, folder_of: Callable[[str], Path]) -> None:
    folder = tiny_control(tmp_path / "net", "sd")
    weights = next(folder.glob("*.safetensors"))

    def refused(name: str) -> str:
        with pytest.raises(EnvironmentFault) as error:
            find_asset(CONTROL, name, folder=tmp_path)
        return str(error.value)

    assert "was not found" in refused("nothing")
    assert "hf download some/net" in refused("some/net")
    assert "is a single file" in refused("x.safetensors")
    assert 'is a "UNet2DConditionModel"' in refused(str(folder_of("sd") / "unet"))
    weights.rename(folder / "diffusion_pytorch_model.bin")
    assert "only pickles" in refused("net")
    (folder / "diffusion_pytorch_model.bin").rename(weights)
    weights.write_bytes(weights.read_bytes()[:-10])
    assert "damaged" in refused("net")


def test_the_digest_is_of_the_files(tmp_path: Path) -> None:
    one, two, other = (
        tiny_control(tmp_path / name, "sd", seed=seed) for name, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    digests = [find_asset(CONTROL, str(folder)).digest for folder in (one, two, other)]
    assert digests[0] == digests[1] != digests[2]
