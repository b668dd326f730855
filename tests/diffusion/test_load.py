"""Loading: devices, precision, damaged files, silence."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from keyframes.errors import EnvironmentFault
from render.devices import find_device, find_dtype
from render.diffusion import ModelSource, Sampling, find_model
from render.diffusion.families.table import family_named
from render.diffusion.model import Model
from render.diffusion.pipeline import _vae_dtype
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import prompt
from tests.models import load_model

FolderOf = Callable[[str], Path]


@pytest.fixture
def folder(folder_of: FolderOf, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder_of("sd"), tmp_path / "dream"))


def test_parts(model_of: Callable[[str], Model]) -> None:
    model = model_of("sdxl")
    assert (len(model.encoders), model.factor, model.channels) == (2, 8, 4)
    assert (model.device, model.dtype, model.scheduler) == (
        torch.device("cpu"),
        torch.float32,
        "DDIMScheduler",
    )
    assert not any(weight.requires_grad for weight in model.denoiser.parameters())
    assert not model.denoiser.training


def test_bfloat16(folder: Path) -> None:
    model = load_model(find_model(str(folder)), device="cpu", dtype="bfloat16")
    assert model.denoiser.dtype == model.vae.dtype == torch.bfloat16
    given: dict[str, Any] = {
        "picture": None,
        "size": (64, 64),
        "prompt": prompt("x"),
        "seed": 1,
        "frame": 0,
    }
    exact = load_model(find_model(str(folder)), device="cpu")
    half, whole = (paint(m, Painting(settings=Sampling(steps=3), **given)) for m in (model, exact))
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, whole, atol=0.05, rtol=0)


@pytest.mark.parametrize(
    ("family", "config", "dtype", "expected"),
    [
        ("sdxl", {}, torch.float16, torch.float32),
        ("sdxl", {"force_upcast": True}, torch.float16, torch.float32),
        ("sdxl", {"force_upcast": False}, torch.float16, torch.float16),
        ("sdxl", {}, torch.bfloat16, torch.bfloat16),
        ("sd", {}, torch.float16, torch.float16),
    ],
)
def test_precision_of_the_vae(
    family: str, config: dict[str, bool], dtype: torch.dtype, expected: torch.dtype
) -> None:
    assert _vae_dtype(family_named(family), config, dtype) == expected


def test_half_precision_files(folder: Path) -> None:
    """A folder that has its weights as fp16 files only is loaded from those."""
    for path in folder.rglob("*.safetensors"):
        path.rename(path.with_name(path.name.replace(".safetensors", ".fp16.safetensors")))
    assert load_model(find_model(str(folder)), device="cpu").denoiser.dtype == torch.float32


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_missing_gpu() -> None:
    with pytest.raises(EnvironmentFault, match='device = "cpu"'):
        find_device("cuda")
    assert find_device("auto").type in ("cpu", "mps")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", "cpu:a"])
def test_unknown_device(name: str) -> None:
    with pytest.raises(EnvironmentFault, match='Allowed are "auto", "cpu"'):
        find_device(name)


def test_dtypes() -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert find_dtype("auto", cpu) == torch.float32
    assert find_dtype("auto", gpu) == torch.float16
    assert find_dtype("bf16", cpu) == torch.bfloat16
    with pytest.raises(EnvironmentFault, match="not for the CPU"):
        find_dtype("float16", cpu)
    with pytest.raises(EnvironmentFault, match="Allowed are"):
        find_dtype("int8", cpu)


def test_weights_that_do_not_fit(folder: Path) -> None:
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["conv_in.weight"] = weights["conv_in.weight"][:3].contiguous()
    save_file(weights, path, {"format": "pt"})
    with pytest.raises(EnvironmentFault, match=r"dream.*could not be loaded") as caught:
        load_model(find_model(str(folder)), device="cpu")
    assert "\n" not in str(caught.value)


def test_hub_model_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch, hub_cache: Path) -> None:
    def download(name: str, **_: object) -> str:
        raise OSError("no route to host\nand a long story")

    monkeypatch.setattr(import_module("diffusers").DiffusionPipeline, "download", download)
    with pytest.raises(
        EnvironmentFault, match=r'"some/dream" could not be fetched .* "no route to host"'
    ) as caught:
        load_model(find_model("some/dream"), device="cpu")
    assert "\n" not in str(caught.value)


def test_hub_model_is_fetched_when_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []

    def download(name: str, **options: object) -> str:
        asked.append((name, options["use_safetensors"]))
        return str(folder)

    monkeypatch.setattr(import_module("diffusers").DiffusionPipeline, "download", download)
    absent = ModelSource(
        name="some/dream",
        kind="hub",
        path=None,
        family="",
        fingerprint="",
        defaults=find_model(str(folder)).defaults,
    )
    model = load_model(absent, device="cpu")
    assert asked == [("some/dream", True)]
    assert model.source == replace(find_model(str(folder)), name="some/dream", kind="hub")


def test_silence(folder: Path) -> None:
    """Loading and painting print nothing, not even for a config that diffusers finds outdated."""
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "steps_offset": 0, "unheard_of": 1}))
    code = f"""
from render.diffusion import Sampling, find_model
from tests.models import load_model
from render.diffusion.sampling import Painting, paint
from tests.diffusion.conftest import prompt
model = load_model(find_model({str(folder)!r}), device="cpu")
paint(model, Painting(size=(64, 64), prompt=prompt("x" * 99), settings=Sampling(steps=2, sampler="euler"), seed=1))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
