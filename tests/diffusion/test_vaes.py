"""Another VAE in a model's place: found by the plan, checked against the latents, painted with, in the key."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from keyframes import ProjectError
from projects import read_project
from render.assets.find import find_asset
from render.assets.kinds import VAE
from render.diffusion import Sampling, find_model
from render.diffusion.latents import start_noise
from render.diffusion.sampling import Painting, paint
from render.resolve import resolve
from tests.diffusion.conftest import prompt
from tests.fakes import keys_of
from tests.models import load_model
from tests.tiny import _vae

FolderOf = Callable[[str], Path]
SETTINGS = Sampling(steps=2, cfg_scale=4.0)


@pytest.fixture(scope="module")
def home(folder_of: FolderOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models and VAEs beside them."""
    folder = tmp_path_factory.mktemp("films")
    for kind in ("sd", "sdxl", "flux-schnell", "qwen-image"):
        shutil.copytree(folder_of(kind), folder / kind)
    torch.manual_seed(9)
    diffusers = import_module("diffusers")
    widths = {f"{side}_block_out_channels": (8, 8, 8, 8) for side in ("encoder", "decoder")}
    blocks = {"num_encoder_blocks": (1, 1, 1, 1), "num_decoder_blocks": (1, 1, 1, 1)}
    diffusers.AutoencoderTiny(**widths, **blocks).save_pretrained(str(folder / "taesd"))
    diffusers.AutoencoderTiny(**widths, **blocks, latent_channels=16).save_pretrained(str(folder / "taef1"))
    _vae(scaling_factor=0.5).save_pretrained(str(folder / "other"))
    return folder


def painted(home: Path, kind: str, vae: str, picture: Tensor | None = None) -> Tensor:
    model = load_model(find_model(str(home / kind)), device="cpu", vae=find_asset(VAE, vae, folder=home))
    return paint(
        model,
        Painting(
            picture=picture, size=(64, 64), prompt=prompt("a cat", "fog"), settings=SETTINGS, seed=3, frame=0
        ),
    )


@pytest.mark.parametrize(("kind", "vae"), [("sd", "taesd"), ("sd", "other"), ("sdxl", "taesd")])
def test_it_paints_what_diffusers_paints_with_it(
    kind: str, vae: str, home: Path, pipeline_of: Callable[..., Any]
) -> None:
    pipe = pipeline_of(kind, image=False)
    own, diffusers = pipe.vae, import_module("diffusers")
    cls = diffusers.AutoencoderTiny if vae == "taesd" else diffusers.AutoencoderKL
    pipe.vae = cls.from_pretrained(str(home / vae))
    try:
        theirs = pipe(
            "a cat",
            negative_prompt="fog",
            num_inference_steps=2,
            guidance_scale=4.0,
            height=64,
            width=64,
            latents=start_noise(3, (4, 8, 8)),
            output_type="pt",
        ).images
    finally:
        pipe.vae = own
    assert torch.equal(painted(home, kind, vae), theirs)


@pytest.mark.parametrize(("kind", "vae"), [("sd", "taesd"), ("flux-schnell", "other")])
def test_pictures_go_in_and_come_out_through_it(kind: str, vae: str, home: Path, picture: Tensor) -> None:
    found = painted(home, kind, vae, picture)
    assert found.shape == picture.shape
    assert bool(torch.isfinite(found).all())
    assert not torch.equal(found, painted(home, kind, kind, picture))


def test_a_models_folder_stands_for_its_vae(home: Path) -> None:
    assert find_asset(VAE, "sdxl", folder=home).digest == find_asset(VAE, "sdxl/vae", folder=home).digest


TEXT = 'model = "KIND"\nframes = 3\nprompts = "0: a cat"\n[diffusion]\n'


def keys(home: Path, vae: str, kind: str = "sd") -> list[str]:
    line = f'vae = "{vae}"\n' if vae else ""
    text = TEXT.replace("KIND", kind) + line
    return keys_of(resolve(read_project(text, name="dream.toml", folder=home)))


def test_it_is_in_the_key(home: Path) -> None:
    found = [keys(home, vae) for vae in ("", "taesd", "other", "other")]
    assert found[2] == found[3]
    assert len({key[0] for key in found}) == 3
    assert all(a != b for a, b in zip(found[0], found[1], strict=True))


@pytest.mark.parametrize(
    ("kind", "vae", "said"),
    [
        ("sd", "taef1", 'vae "taef1" does not fit "sd": 16 channels in its latents, and the model has 4.'),
        ("qwen-image", "taesd", "this model uses AutoencoderKLQwenImage, and its VAE cannot be replaced"),
        ("sd", "teasd", 'vae "teasd" was not found. Looked for'),
        ("sd", "some/taesd", "Fetch it with: hf download some/taesd"),
        (
            "sd",
            "sd/unet",
            'vae "sd/unet" is a "UNet2DConditionModel". Allowed: AutoencoderKL, AutoencoderTiny (TAESD).',
        ),
        ("sd", "vae.pt", "is a single file. Here it must be a diffusers folder"),
    ],
)
def test_mistakes_are_found_by_the_plan(home: Path, kind: str, vae: str, said: str) -> None:
    with pytest.raises(ProjectError) as error:
        keys(home, vae, kind)
    assert said in str(error.value), str(error.value)
    assert "dream.toml:5 diffusion.vae" in str(error.value)


def test_latents_shifted_by_channel_need_a_vae_that_knows(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "films")
    path = tmp_path / "films" / "sd" / "vae" / "config.json"
    config = {**json.loads(path.read_text()), "latents_mean": [0.0] * 4, "latents_std": [1.0] * 4}
    path.write_text(json.dumps(config))
    with pytest.raises(ProjectError, match="shifted by channel"):
        keys(tmp_path / "films", "taesd")
