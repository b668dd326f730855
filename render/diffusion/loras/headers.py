"""What is in a LoRA file: tensor names, shapes, alphas, metadata. No other tensor is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from pickle import UnpicklingError
from zipfile import is_zipfile

from keyframes.errors import EnvironmentFault
from render.assets.files import WEIGHTS, read_header
from render.assets.loading import loading

_NUMPY = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U8")  # numbers that need no torch


@dataclass(frozen=True, kw_only=True)
class Header:
    """Tensor name -> shape; `scalars` are the values of the alphas; `metadata` what the file says of itself."""

    shapes: Mapping[str, tuple[int, ...]]
    scalars: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_lora_header(path: Path) -> Header:
    """Read a LoRA file's header. Raises EnvironmentFault for a file that is damaged, or a pickle that holds more than
    tensors.
    """
    return _safetensors(path) if path.suffix.lower() == WEIGHTS else _pickle(path)


def _safetensors(path: Path) -> Header:
    from safetensors import safe_open

    tensors = read_header(path)
    alphas = [name for name, stored in tensors.items() if name.endswith("alpha") and prod(stored.shape) == 1]
    plain = all(tensors[name].dtype in _NUMPY for name in alphas)
    with safe_open(path, framework="numpy" if plain else "pt") as file:
        return Header(
            shapes={name: stored.shape for name, stored in tensors.items()},
            scalars={name: float(file.get_tensor(name).item()) for name in alphas},
            metadata=file.metadata() or {},
        )


def _pickle(path: Path) -> Header:
    """Read the names and shapes of a dict of tensors that torch saved, by torch's reader that knows tensors alone."""
    import torch

    with loading(f"LoRA {path}", "Save it as .safetensors, or fetch it again."):
        if not is_zipfile(path):
            raise ValueError("not a file of tensors in torch's format")
        try:
            found = torch.load(path, map_location="meta", weights_only=True)
        except UnpicklingError as error:
            asked = re.search(r"GLOBAL (\S+)", str(error))
            if asked is None:
                raise
            raise EnvironmentFault(
                f"{path} asks to run {asked[1]} when it is opened. A file of weights needs no such thing, so it is not "
                "opened. Use a .safetensors file."
            ) from error
    if not isinstance(found, dict):
        raise EnvironmentFault(f"{path}: holds a {type(found).__name__}, not tensors by name.")
    shapes = {str(n): tuple(value.shape) for n, value in found.items() if isinstance(value, torch.Tensor)}
    return Header(shapes=shapes)
