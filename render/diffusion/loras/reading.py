"""Reading a LoRA file: its header alone (for a plan), or its tensors by part and module, whatever names it has.

Importable without torch. A pickle is read by torch's reader of tensors, which runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any
from zipfile import is_zipfile

from keyframes.errors import EnvironmentFault
from render.assets.files import WEIGHTS, read_header
from render.assets.loading import loading
from render.diffusion.loras.names import read_name

if TYPE_CHECKING:
    from torch import Tensor

_NUMPY = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U8")  # types that need no torch
_HINT = "Save it as .safetensors, or fetch it again."


@dataclass(frozen=True, kw_only=True)
class Header:
    """Tensor name -> shape; `scalars` are the values of the alphas; `metadata` what the file says of itself."""

    shapes: Mapping[str, tuple[int, ...]]
    scalars: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One module's change: up @ down * scale. `down` (rank, in, ...), `up` (out, rank, ...)."""

    down: Tensor
    up: Tensor
    scale: float

    def scaled_up(self) -> Tensor:
        """Return `up` with the scale in it, float32."""
        return self.up.float() * self.scale


Key = tuple[str, str]  # part and module
Pairs = Mapping[Key, Pair]


def read_lora_header(path: Path) -> Header:
    """Read a LoRA file's header. Raises EnvironmentFault for a file that is damaged, or a pickle that holds more than
    tensors.
    """
    if path.suffix.lower() != WEIGHTS:
        shapes = {name: tuple(tensor.shape) for name, tensor in _read_pickle(path, "meta").items()}
        return Header(shapes=shapes)
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


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors by their names in it, on the CPU. Raises EnvironmentFault for one that cannot be read."""
    if path.suffix.lower() != WEIGHTS:
        return _read_pickle(path, "cpu")
    from safetensors.torch import load_file

    with loading(f"LoRA {path}"):
        return load_file(path)


def read_pairs(path: Path, scales: Mapping[Key, float], *, layers: int = 2) -> Pairs:
    """Return a file's pairs, with scales that its description says."""
    return _pairs(read_tensors(path), scales, layers)


def converted_pairs(path: Path, scales: Mapping[Key, float], alpha: float | None, pipeline: Any) -> Pairs:
    """Return a file's pairs with the names that a diffusers pipeline class gives them: the LoRAs of Flux, Qwen-Image
    and others have many namings, which diffusers knows.

    Where diffusers leaves the scale to the caller it is that of `scales`; `alpha` is for files that do not say theirs.
    """
    given = read_tensors(path)
    returned = pipeline.lora_state_dict(dict(given))
    state: dict[str, Tensor] = returned[0] if isinstance(returned, tuple) else returned
    if state.keys() == given.keys():
        return _pairs(state, scales, 2)
    return _pairs({name: value for name, value in state.items() if value.ndim > 1}, {}, 2, alpha)


def _read_pickle(path: Path, device: str) -> dict[str, Tensor]:
    """Read a dict of tensors that torch saved; on the device "meta" their numbers are not read."""
    import torch

    with loading(f"LoRA {path}", _HINT):
        if not is_zipfile(path):
            raise ValueError("not a file of tensors in torch's format")
        try:
            found = torch.load(path, map_location=device, weights_only=True)
        except UnpicklingError as error:
            asked = re.search(r"GLOBAL (\S+)", str(error))
            if asked is None:
                raise
            raise EnvironmentFault(
                f"{path} asks to run {asked[1]} when it is opened. A file of weights needs no such thing, so it is not "
                "opened. Use a .safetensors file."
            ) from error
    if not isinstance(found, dict):
        raise EnvironmentFault(f"{path}: holds a {type(found).__name__}, not tensors by name. {_HINT}")
    return {str(name): value for name, value in found.items() if isinstance(value, torch.Tensor)}


def _pairs(
    tensors: Mapping[str, Tensor], scales: Mapping[Key, float], layers: int, alpha: float | None = None
) -> Pairs:
    halves: dict[Key, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        spot = read_name(name, layers=layers)
        if spot.role in ("down", "up"):
            halves.setdefault((spot.part, spot.module), {})[spot.role] = tensor
    found = {}
    for key, half in halves.items():
        if len(half) == 2:
            usual = 1.0 if alpha is None else alpha / len(half["down"])
            found[key] = Pair(down=half["down"], up=half["up"], scale=scales.get(key, usual))
    return found
