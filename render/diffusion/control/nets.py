"""Loading ControlNets: diffusers reads the files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import torch

from render.assets.files import weights_variant
from render.assets.find import Asset
from render.assets.loading import loading


def load_controls(
    files: Sequence[Asset], *, denoiser: Any, device: torch.device, dtype: torch.dtype
) -> tuple[Any, ...]:
    """Load ControlNets on a device, one for each file; the same file twice is loaded once.

    Raises EnvironmentFault where the files cannot be read.
    """
    loaded: dict[str, Any] = {}
    for file in files:
        if file.digest not in loaded:
            net = _read(file, dtype)
            if net.config.get("use_pos_embed") is False:  # Stable Diffusion 3.5's own read the model's places
                net.pos_embed = net._get_pos_embed_from_transformer(denoiser).to(dtype)
            loaded[file.digest] = net.to(device).eval().requires_grad_(False)
    return tuple(loaded[file.digest] for file in files)


def _read(file: Asset, dtype: torch.dtype) -> Any:
    with loading(str(file)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the age of config files, which nobody here can change
        return getattr(import_module("diffusers"), file.class_name).from_pretrained(
            str(file.path),
            dtype=dtype,
            variant=weights_variant(file.path, half=dtype == torch.float16),
            use_safetensors=True,
            local_files_only=True,
        )
