"""The models that are measured: one that is on disk, or one of a real architecture with random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch

from render.diffusion import ModelDefaults, ModelSpec, find_model
from render.diffusion.model import Model
from render.diffusion.pipeline import load_model as load_spec
from render.diffusion.samplers import make_scheduler

_PIPELINES = {"sd": "StableDiffusionImg2ImgPipeline", "sdxl": "StableDiffusionXLImg2ImgPipeline"}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A loaded model, with the name that a project finds it by and the settings it is measured with."""

    name: str
    model: Model
    defaults: ModelDefaults

    def parts(self) -> dict[str, Any]:
        """What counts as the model: its methods that do the work, by their name in the report."""
        texts = {
            f"text encoder {index + 1}.forward": part.encoder
            for index, part in enumerate(self.model.encoders)
        }
        vae, denoiser = self.model.vae, self.model.denoiser
        return {**texts, "vae.encode": vae, "denoiser.forward": denoiser, "vae.decode": vae}

    def pipeline(self) -> Any:
        """diffusers' img2img pipeline over the very same modules, with the same scheduler."""
        model = self.model
        extra: dict[str, Any] = {}
        for index, part in enumerate(model.encoders):
            end = "" if index == 0 else f"_{index + 1}"
            extra |= {f"text_encoder{end}": part.encoder, f"tokenizer{end}": part.tokenizer}
        if model.source.family == "sd":
            extra |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
        pipe = getattr(import_module("diffusers"), _PIPELINES[model.source.family])(
            vae=model.vae,
            unet=model.denoiser,
            scheduler=make_scheduler(
                self.defaults.sampler, own=model.scheduler, config=model.scheduler_config
            ),
            **extra,
        )
        pipe.set_progress_bar_config(disable=True)
        return pipe


def load(name: str, device: str) -> Candidate:
    """A model by its name, as a project names it. Raises EnvironmentFault if it is not here."""
    source = find_model(name)
    model = load_spec(ModelSpec(source=source, device=device))
    found = name if source.path is None or source.kind == "hub" else str(source.path.resolve())
    return Candidate(name=found, model=model, defaults=source.defaults)


def waiter(device: torch.device) -> Callable[[], None]:
    """A function that waits until the device has finished."""
    if device.type == "cuda":
        return lambda: torch.cuda.synchronize(device)
    if device.type == "mps":
        return torch.mps.synchronize
    return _nothing


def _nothing() -> None:
    """The CPU is done when it returns."""
