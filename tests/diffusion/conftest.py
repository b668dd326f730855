"""Tiny models, made once for the whole run, loaded by our loader and by diffusers itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from keyframes.prompts import FramePrompt, PromptPart, TextShare
from render.assets.loading import quiet_libraries
from render.diffusion import find_model
from render.diffusion.model import Model
from tests.models import load_model
from tests.tiny import LCM, PLMS, TURBO, VELOCITY, tiny_sd, tiny_sdxl
from tests.tiny_families import (
    FLOW,
    tiny_chroma,
    tiny_flux,
    tiny_kolors,
    tiny_qwen,
    tiny_sana,
    tiny_sd3,
    tiny_zimage,
)

KINDS: dict[str, Callable[[Path], Path]] = {
    "sd": tiny_sd,
    "sd-velocity": lambda folder: tiny_sd(folder, scheduler=VELOCITY),
    "sd-lcm": lambda folder: tiny_sd(folder, scheduler=LCM, guidance_dim=16),
    "sd-plms": lambda folder: tiny_sd(folder, scheduler=PLMS),
    "sdxl": tiny_sdxl,
    "sdxl-turbo": lambda folder: tiny_sdxl(folder, scheduler=TURBO),
    "sdxl-nonzero": lambda folder: tiny_sdxl(folder, zero_empty=False),
    "kolors": tiny_kolors,
    "sd3": tiny_sd3,
    "chroma": tiny_chroma,
    "qwen-image": tiny_qwen,
    "sana-sprint": tiny_sana,
    "z-image": tiny_zimage,
    "z-image-turbo": tiny_zimage,
    "sd3-without-t5": lambda folder: tiny_sd3(folder, t5=False),
    "flux-dev": tiny_flux,
    "flux-undistilled": lambda folder: tiny_flux(folder, told=False),
    "flux-schnell": lambda folder: tiny_flux(folder, told=False, scheduler=FLOW),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let diffusers' schedulers use torch tensors as NumPy arrays in the old way, and its Chroma its own
    deprecated names; all other warnings are errors.
    """
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore:`FluxPosEmbed` is:FutureWarning"))


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    quiet_libraries()


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model by its kind."""
    return cache(lambda kind: KINDS[kind](tmp_path_factory.mktemp("models") / kind))


@pytest.fixture(scope="session")
def model_of(folder_of: Callable[[str], Path]) -> Callable[[str], Model]:
    """A tiny model by its kind, loaded as any model is."""
    return cache(lambda kind: load_model(find_model(str(folder_of(kind))), device="cpu"))


@pytest.fixture(scope="session")
def pipeline_of(folder_of: Callable[[str], Path]) -> Callable[..., Any]:
    """diffusers' own pipeline over the same files: the oracle."""

    def load(kind: str, *, image: bool) -> Any:
        name = f"StableDiffusion{'XL' if 'xl' in kind else ''}{'Img2Img' if image else ''}Pipeline"
        extra = {} if "xl" in kind else {"safety_checker": None}
        pipe = getattr(import_module("diffusers"), name).from_pretrained(str(folder_of(kind)), **extra)
        pipe.set_progress_bar_config(disable=True)
        return pipe

    return cache(load)


@pytest.fixture(scope="session")
def sd(model_of: Callable[[str], Model]) -> Model:
    return model_of("sd")


@pytest.fixture(scope="session")
def picture() -> torch.Tensor:
    """A picture (1, 3, 64, 64): smooth colours with an edge."""
    y, x = torch.meshgrid(torch.linspace(0, 1, 64), torch.linspace(0, 1, 64), indexing="ij")
    return torch.stack([x, y, (x > 0.5).float() * 0.8])[None]


def prompt(text: str, negative: str = "", **parts: float) -> FramePrompt:
    """A prompt of one text, or of AND-parts with their weights."""
    given = tuple(
        PromptPart(weight=weight, mix=(TextShare(text=part),)) for part, weight in parts.items()
    ) or (PromptPart(mix=(TextShare(text=text),)),)
    return FramePrompt(parts=given, negative=(TextShare(text=negative),))


def drawing(monkeypatch: pytest.MonkeyPatch, kind: type, draw: Callable[[], torch.Tensor]) -> None:
    """Give a diffusers pipeline our noise, and the mode of the VAE's posterior, from which it would sample."""
    module = import_module(kind.__module__)
    monkeypatch.setattr(module, "randn_tensor", lambda *_, **__: draw())
    if hasattr(module, "retrieve_latents"):
        monkeypatch.setattr(module, "retrieve_latents", lambda encoded, **_: encoded.latent_dist.mode())
