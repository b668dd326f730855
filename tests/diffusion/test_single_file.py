"""Models in one .safetensors file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from keyframes.errors import EnvironmentFault
from render.diffusion import ModelDefaults, Sampling, find_model
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import prompt
from tests.diffusion.single_file import save_single_file
from tests.models import load_model

FolderOf = Callable[[str], Path]


@pytest.fixture
def project(folder_of: FolderOf, tmp_path: Path) -> Path:
    """A folder with dream.safetensors in it, and beside it dream/: the configs and the tokenizer."""
    save_single_file(folder_of("sd"), tmp_path / "dream.safetensors")
    shutil.copytree(folder_of("sd"), tmp_path / "dream", ignore=shutil.ignore_patterns("*.safetensors"))
    return tmp_path


def test_found(project: Path) -> None:
    source = find_model("dream.safetensors", folder=project)
    assert (source.kind, source.path, source.family) == ("single-file", project / "dream.safetensors", "sd")
    assert source.defaults == ModelDefaults(size=512)
    (project / "dream.safetensors").rename(project / "dream-turbo.safetensors")
    renamed = find_model("dream-turbo.safetensors", folder=project)
    assert (renamed.fingerprint, renamed.defaults.steps) == (source.fingerprint, 4)


def test_paints_what_the_folder_paints(project: Path, model_of: Callable[[str], Model]) -> None:
    model = load_model(find_model("dream.safetensors", folder=project), device="cpu")
    pictures = [
        paint(
            known,
            Painting(
                picture=None,
                size=(64, 64),
                prompt=prompt("a cat", "fog"),
                settings=Sampling(steps=3, sampler="ddim"),
                seed=1,
                frame=0,
            ),
        )
        for known in (model, model_of("sd"))
    ]
    torch.testing.assert_close(*pictures, atol=1e-6, rtol=0)


def test_configs_that_are_nowhere(project: Path, hub_cache: Path) -> None:
    """Without the network, and without a folder beside it, the message says how to get the configs."""
    shutil.rmtree(project / "dream")
    with pytest.raises(
        EnvironmentFault, match=r"hf download stable-diffusion-v1-5/.*beside it as dream/"
    ) as caught:
        load_model(find_model("dream.safetensors", folder=project), device="cpu")
    assert "\n" not in str(caught.value)


def test_inpainting_models_are_refused(project: Path) -> None:
    tensors = load_file(project / "dream.safetensors")
    first = "model.diffusion_model.input_blocks.0.0.weight"
    tensors[first] = torch.cat([tensors[first], tensors[first], tensors[first][:, :1]], dim=1)
    save_file(tensors, project / "inpaint.safetensors")
    with pytest.raises(EnvironmentFault, match="for inpainting"):
        find_model("inpaint.safetensors", folder=project)


def test_sdxl_is_known_by_its_tensors(project: Path) -> None:
    tensors = load_file(project / "dream.safetensors")
    renamed = {
        name.replace("cond_stage_model.", "conditioner.embedders.0."): value
        for name, value in tensors.items()
    }
    save_file(renamed, project / "xl.safetensors")
    source = find_model("xl.safetensors", folder=project)
    assert (source.family, source.defaults.size) == ("sdxl", 1024)
