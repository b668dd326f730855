"""Loading a denoiser from its file: diffusers converts the names and keeps GGUF's numbers in their blocks."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from render.assets.files import CONFIG, read_json
from render.assets.loading import loading
from render.diffusion.denoisers.denoiser_file import DenoiserFile
from render.diffusion.denoisers.layouts import PREFIX, own_names

_OF_UNETS = "input_blocks."


def load_denoiser(denoiser: DenoiserFile, folder: Path, dtype: torch.dtype) -> Any:
    """Return diffusers' module of a denoiser's file; `folder` holds its config.

    GGUF's weights stay in their blocks; each linear layer is dequantised to `dtype` when it is used. Raises
    EnvironmentFault for a file that diffusers cannot read, or that lacks weights.
    """
    what = f'denoiser "{denoiser.name}" ({denoiser.path})'
    with loading(what, "It may be incomplete: fetch it again."):
        try:
            module = _read(denoiser, folder, dtype)
        except NotImplementedError as error:  # torch's, for what is still without data
            raise ValueError("weights are missing") from error
    _dequantise_small(module, dtype)
    return module


def _read(denoiser: DenoiserFile, folder: Path, dtype: torch.dtype) -> Any:
    diffusers = import_module("diffusers")
    kind = getattr(diffusers, str(read_json(folder / CONFIG).get("_class_name")))
    stored = import_module("diffusers.loaders.single_file_utils").load_single_file_checkpoint(
        str(denoiser.path), local_files_only=True
    )
    start = PREFIX if any(name.startswith(_OF_UNETS) for name in denoiser.shapes) else ""  # UNets' is wanted
    return kind.from_single_file(
        {start + name: stored[given] for name, given in own_names(stored).items()},
        config=str(folder),
        dtype=dtype,
        quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=dtype)
        if denoiser.is_gguf
        else None,
        local_files_only=True,
    )


def _dequantise_small(module: torch.nn.Module, dtype: torch.dtype) -> None:
    """Dequantise the weights of all but linear layers: diffusers does that itself for linear layers alone."""
    for part in module.modules():
        if type(part).__name__ == "GGUFLinear":
            continue
        for name, weight in part.named_parameters(recurse=False):
            if getattr(weight, "quant_type", None) is not None:
                plain = import_module("diffusers.quantizers.gguf.utils").dequantize_gguf_tensor(weight)
                part._parameters[name] = torch.nn.Parameter(plain.to(dtype), requires_grad=False)
