"""LoRAs in every family: the right amount of change, per frame, and none where the weight is 0."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from keyframes import EnvironmentFault
from render.diffusion import Sampling, check_fit, describe_lora, find_model
from render.diffusion.loras.lora import LoraFile
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import prompt
from tests.lora_files import ATTENTION, ENCODER, kohya_state, merged, pairs_for, peft_state
from tests.models import load_model

FAMILIES = {
    "sd": ("unet", ATTENTION),
    "sdxl": ("unet", ATTENTION),
    "kolors": ("unet", ATTENTION),
    "sd3": ("transformer", (*ATTENTION, "add_q_proj", "add_k_proj")),
    "flux-dev": ("transformer", (*ATTENTION, "proj_mlp")),
    "chroma": ("transformer", ATTENTION),
    "qwen-image": ("transformer", (*ATTENTION, "add_v_proj")),
    "z-image": ("transformer", ATTENTION),
    "sana-sprint": ("transformer", ATTENTION),
}
FolderOf = Callable[[str], Path]
ModelOf = Callable[[str], Model]


def painted(model: Model, weights: list[float], *, frame: int = 0, picture: Tensor | None = None) -> Tensor:
    model.loras.use(weights)
    return paint(
        model,
        Painting(
            picture=picture,
            size=(64, 64),
            prompt=prompt("a cat", "fog"),
            settings=Sampling(steps=2, strength=1.0, cfg_scale=3.0),
            seed=frame,
            frame=frame,
        ),
    )


def with_lora(folder: Path, *files: LoraFile) -> Model:
    return load_model(find_model(str(folder)), device="cpu", loras=files)


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_ramp_changes_the_film_from_its_key_on_by_the_right_amount(
    kind: str, folder_of: FolderOf, model_of: ModelOf, tmp_path: Path
) -> None:
    prefix, ends = FAMILIES[kind]
    plain = model_of(kind)
    pairs = pairs_for(plain.denoiser, ends)
    save_file(peft_state(prefix, pairs), tmp_path / "style.safetensors")
    file = describe_lora(tmp_path / "style.safetensors", alpha=2.0)
    assert check_fit(file, plain.source) == 0
    model = with_lora(folder_of(kind), file)
    assert model.denoiser is not plain.denoiser

    picture = without = None
    for frame, weight in enumerate([0.0, 0.0, 0.5, 1.0]):
        picture = painted(model, [weight], frame=frame, picture=picture)
        without = painted(plain, [], frame=frame, picture=without)
        assert torch.equal(picture, without) == (weight == 0), frame

    hand = deepcopy(plain.denoiser)
    merged(hand, pairs, 0.7 * 2.0 / 4)
    oracle = painted(Model(**{**vars_of(plain), "denoiser": hand}), [])
    ours = painted(model, [0.7])
    assert (oracle - painted(plain, [])).abs().max() > 1e-3
    torch.testing.assert_close(ours, oracle, atol=2e-5, rtol=0)
    assert torch.equal(painted(model, [0.0]), painted(plain, [])), "nothing stays behind"


def vars_of(model: Model) -> dict[str, object]:
    names = type(model).__dataclass_fields__
    return {name: getattr(model, name) for name in names}


def test_two_loras_add_up_and_each_has_its_own_weight(
    folder_of: FolderOf, model_of: ModelOf, tmp_path: Path
) -> None:
    plain = model_of("sd")
    one = pairs_for(plain.denoiser, ("to_q", "to_v"), seed=1)
    two = pairs_for(plain.denoiser, ("to_v", "to_out.0"), seed=2, rank=3)
    for name, pairs in (("one", one), ("two", two)):
        save_file(peft_state("unet", pairs), tmp_path / f"{name}.safetensors")
    files = [describe_lora(tmp_path / f"{name}.safetensors") for name in ("one", "two")]
    model = with_lora(folder_of("sd"), *files)
    hand = deepcopy(plain.denoiser)
    merged(hand, one, 0.3)
    only_one = painted(Model(**{**vars_of(plain), "denoiser": hand}), [])
    merged(hand, two, -0.8)
    both = painted(Model(**{**vars_of(plain), "denoiser": hand}), [])
    torch.testing.assert_close(painted(model, [0.3, -0.8]), both, atol=2e-5, rtol=0)
    torch.testing.assert_close(painted(model, [0.3, 0.0]), only_one, atol=2e-5, rtol=0)
    again = painted(model, [0.3, -0.8])
    painted(model, [1.0, 1.0])
    assert torch.equal(painted(model, [0.3, -0.8]), again), "a frame depends on its own weights only"
    with pytest.raises(ValueError, match="1 weights for 2"):
        model.loras.use([1.0])


@pytest.mark.parametrize("kind", ["sd", "sdxl"])
def test_texts_are_read_anew_where_a_lora_changes_the_encoder(
    kind: str, folder_of: FolderOf, model_of: ModelOf, tmp_path: Path
) -> None:
    plain = model_of(kind)
    prefixes = ["lora_te_text_model"] if kind == "sd" else ["lora_te1_text_model", "lora_te2_text_model"]
    state: dict[str, Tensor] = {}
    found = []
    for prefix, part in zip(prefixes, plain.encoders, strict=True):
        pairs = pairs_for(part.encoder, ENCODER)
        state |= kohya_state(prefix, pairs, alpha=8.0)
        found.append(pairs)
    save_file(state, tmp_path / "words.safetensors")
    file = describe_lora(tmp_path / "words.safetensors")
    assert (file.form, file.alpha_known) == ("kohya", True)
    assert "scale 2 (alpha / rank)" in file.describe()
    assert check_fit(file, plain.source) == 0
    model = with_lora(folder_of(kind), file)
    before = painted(model, [0.0])
    assert torch.equal(before, painted(plain, []))
    changed = painted(model, [0.5])
    assert not torch.equal(changed, before)
    assert torch.equal(painted(model, [0.0]), before)

    hand = load_model(find_model(str(folder_of(kind))), device="cpu")
    for part, pairs in zip(hand.encoders, found, strict=True):
        merged(part.encoder, pairs, 0.5 * 2.0)
    torch.testing.assert_close(changed, painted(hand, []), atol=2e-5, rtol=0)


def test_flux_loras_with_kohyas_names_are_what_diffusers_makes_of_them(
    folder_of: FolderOf, model_of: ModelOf, tmp_path: Path
) -> None:
    from diffusers import FluxPipeline

    width = model_of("flux-dev").denoiser.inner_dim
    generator = torch.Generator().manual_seed(3)
    state = {}
    for stem, out in (("double_blocks_0_img_attn_qkv", 3 * width), ("double_blocks_0_txt_attn_proj", width)):
        state[f"lora_unet_{stem}.lora_down.weight"] = torch.randn(4, width, generator=generator) * 0.3
        state[f"lora_unet_{stem}.lora_up.weight"] = torch.randn(out, 4, generator=generator) * 0.3
        state[f"lora_unet_{stem}.alpha"] = torch.tensor(2.0)
    save_file(state, tmp_path / "flux.safetensors")
    file = describe_lora(tmp_path / "flux.safetensors")
    check_fit(file, find_model(str(folder_of("flux-dev"))))
    model = with_lora(folder_of("flux-dev"), file)
    pipe = FluxPipeline.from_pretrained(str(folder_of("flux-dev")))
    pipe.load_lora_weights(dict(state))
    theirs = Model(**{**vars_of(model_of("flux-dev")), "denoiser": pipe.transformer})
    ours = painted(model, [1.0])
    assert not torch.equal(ours, painted(model, [0.0]))
    torch.testing.assert_close(ours, painted(theirs, []), atol=2e-5, rtol=0)


def test_a_lora_that_touches_nothing_is_refused_when_it_is_attached(
    folder_of: FolderOf, tmp_path: Path
) -> None:
    """Where the plan cannot know: a family whose LoRAs have many names."""
    state = {
        "layers.9.nothing.lora_A.weight": torch.zeros(4, 8),
        "layers.9.nothing.lora_B.weight": torch.zeros(8, 4),
    }
    save_file({f"transformer.{name}": value for name, value in state.items()}, tmp_path / "x.safetensors")
    file = describe_lora(tmp_path / "x.safetensors")
    with pytest.raises(
        EnvironmentFault, match=r"x.safetensors changes nothing in this sd3 model.*layers.9.nothing"
    ):
        with_lora(folder_of("sd3"), file)
