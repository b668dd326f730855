"""DiffSynth's Kolors LoRA: its 1,120 tensors become diffusers' and kohya's, and change a Kolors by the right amount."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from keyframes import EnvironmentFault
from render import api
from render.diffusion import LoraNaming, Sampling, check_fit, describe_lora, find_model
from render.diffusion.loras.attach import read_pairs
from render.diffusion.loras.lora import LoraFile
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import prompt
from tests.lora_files import (
    ATTENTION,
    ENCODER,
    diffsynth_state,
    kohya_state,
    merged,
    pairs_for,
    peft_state,
    sdxl_unet,
)
from tests.models import load_model

RANK, ALPHA = 4, 1.0


def convert(source: Path, out: Path, *, to: LoraNaming = "diffusers", alpha: float | None = None) -> LoraFile:
    """Convert a file, and describe what was written."""
    line = api.convert_lora(source, out, to=to, alpha=alpha)
    assert line == describe_lora(out).describe()
    return describe_lora(out)


@pytest.fixture(scope="module")
def kolors(folder_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Kolors with as many blocks and layers as the real one."""
    from diffusers import KolorsPipeline

    pipe = KolorsPipeline.from_pretrained(str(folder_of("kolors")))
    torch.manual_seed(5)
    unet = sdxl_unet(
        cross_attention_dim=24,
        encoder_hid_dim=32,
        encoder_hid_dim_type="text_proj",
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=32 + 6 * 8,
    )
    folder = tmp_path_factory.mktemp("real") / "kolors"
    KolorsPipeline(**{**pipe.components, "unet": unet}).save_pretrained(str(folder))
    return folder


def painted(model: Model) -> Tensor:
    settings = Sampling(steps=1, cfg_scale=1.0)
    return paint(
        model,
        Painting(picture=None, size=(64, 64), prompt=prompt("一只猫"), settings=settings, seed=1, frame=0),
    )


def test_a_checkpoint_of_diffsynth_does_the_same_under_all_names(kolors: Path, tmp_path: Path) -> None:
    source = find_model(str(kolors))
    plain = load_model(source, device="cpu")
    pairs = {name: (down * 2, up * 2) for name, (down, up) in pairs_for(plain.denoiser, ATTENTION).items()}
    state = diffsynth_state(pairs)
    assert len(state) == 1120
    torch.save(state, tmp_path / "style.ckpt")

    original = describe_lora(tmp_path / "style.ckpt", alpha=ALPHA)
    as_diffusers = convert(tmp_path / "style.ckpt", tmp_path / "a.safetensors", alpha=ALPHA)
    as_kohya = convert(tmp_path / "style.ckpt", tmp_path / "b.safetensors", to="kohya", alpha=ALPHA)
    assert (len(as_diffusers.layers), as_diffusers.form, as_kohya.form) == (560, "diffusers", "kohya")
    assert len(load_file(tmp_path / "a.safetensors")) == 1120
    assert len(load_file(tmp_path / "b.safetensors")) == 1680, "and an alpha for each module"
    assert all("scale 0.25 (alpha / rank)" in file.describe() for file in (original, as_diffusers, as_kohya))

    before = painted(plain)
    hand = deepcopy(plain.denoiser)
    merged(hand, pairs, ALPHA / RANK)
    oracle = painted(_with(plain, hand))
    assert (oracle - before).abs().max() > 1e-3
    same = read_pairs(original)
    for file in (as_diffusers, as_kohya):
        assert check_fit(file, source) == 0
        pairs_there = read_pairs(file)
        assert pairs_there.keys() == same.keys()
        for key, pair in pairs_there.items():
            assert torch.equal(pair.scaled_up() @ pair.down, same[key].scaled_up() @ same[key].down)
    model = load_model(source, device="cpu", loras=[original])
    model.loras.use([1.0])
    torch.testing.assert_close(painted(model), oracle, atol=2e-5, rtol=0)
    for name in ("a", "b"):
        theirs = _by_diffusers(kolors, tmp_path / f"{name}.safetensors")
        torch.testing.assert_close(painted(_with(plain, theirs)), oracle, atol=2e-5, rtol=0)


def _with(model: Model, denoiser: object) -> Model:
    fields = {name: getattr(model, name) for name in type(model).__dataclass_fields__}
    return Model(**{**fields, "denoiser": denoiser})


def _by_diffusers(folder: Path, file: Path) -> object:
    """The UNet with a LoRA that diffusers' own loader put in."""
    from diffusers import KolorsPipeline

    pipe = KolorsPipeline.from_pretrained(str(folder))
    pipe.load_lora_weights(str(file.parent), weight_name=file.name)
    return pipe.unet.eval()


def test_every_number_survives_a_way_through_all_names(
    folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    """kohya -> diffusers -> kohya, with text encoders, mixed ranks and mixed alphas."""
    model = load_model(find_model(str(folder_of("sdxl"))), device="cpu")
    state = kohya_state("lora_unet", pairs_for(model.denoiser, ("to_q",), rank=4), alpha=2.0)
    state |= kohya_state("lora_unet", pairs_for(model.denoiser, ("to_v",), rank=3), alpha=1.5)
    for name, part in zip(("lora_te1_text_model", "lora_te2_text_model"), model.encoders, strict=True):
        state |= kohya_state(name, pairs_for(part.encoder, ENCODER, rank=2), alpha=1.0)
    state = {name: tensor.half() for name, tensor in state.items()}
    save_file(state, tmp_path / "a.safetensors")
    convert(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    convert(tmp_path / "b.safetensors", tmp_path / "c.safetensors", to="kohya")
    back = load_file(tmp_path / "c.safetensors")
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in state.items())
    assert (
        describe_lora(tmp_path / "b.safetensors").layers == describe_lora(tmp_path / "a.safetensors").layers
    )


def test_a_pickle_of_another_program_is_converted(tmp_path: Path) -> None:
    """As the message says that refuses it in a project."""
    pairs = {
        "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q": (torch.ones(4, 8), torch.ones(8, 4))
    }
    state = peft_state("unet", pairs)
    torch.save(state, tmp_path / "x.pt")
    with pytest.raises(EnvironmentFault, match=r"reverie convert-lora x.pt x.safetensors"):
        describe_lora(tmp_path / "x.pt")
    convert(tmp_path / "x.pt", tmp_path / "x.safetensors")
    written = load_file(tmp_path / "x.safetensors")
    assert written.keys() == state.keys()
    assert all(torch.equal(written[name], tensor) for name, tensor in state.items())


def test_loras_of_other_families_are_not_converted(tmp_path: Path) -> None:
    pairs = {"single_transformer_blocks.0.attn.to_q": (torch.zeros(4, 8), torch.zeros(8, 4))}
    save_file(peft_state("transformer", pairs), tmp_path / "a.safetensors")
    with pytest.raises(
        EnvironmentFault, match=r"a.safetensors is for flux or chroma; only LoRAs for sd, sdxl and kolors"
    ):
        convert(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    assert not (tmp_path / "b.safetensors").exists()
