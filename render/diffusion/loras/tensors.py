"""The tensors of a LoRA file, by part and module, whatever naming they have in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from render.assets.files import WEIGHTS
from render.assets.loading import loading
from render.diffusion.loras.lora import LoraFile
from render.diffusion.loras.names import read_name


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One module's change: up @ down * scale. `down` (rank, in, ...), `up` (out, rank, ...)."""

    down: Tensor
    up: Tensor
    scale: float

    def scaled_up(self) -> Tensor:
        """Return `up` with the scale in it, float32."""
        return self.up.float() * self.scale


Pairs = Mapping[tuple[str, str], Pair]


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors by their names in it, on the CPU. A pickle is read by torch's reader of tensors
    alone. Raises EnvironmentFault for a file that cannot be read.
    """
    with loading(f"LoRA {path}"):
        if path.suffix.lower() == WEIGHTS:
            from safetensors.torch import load_file

            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    return {str(name): value for name, value in found.items() if isinstance(value, Tensor)}


def read_pairs(file: LoraFile, *, layers: int = 2) -> Pairs:
    """Return a described file's pairs, with the scales of its description."""
    return _pairs(read_tensors(file.path), {key: layer.scale for key, layer in file.layers.items()}, layers)


def converted_pairs(file: LoraFile, pipeline: Any) -> Pairs:
    """Return a file's pairs with the names that a diffusers pipeline class gives them: those of Flux, Qwen-Image
    and others have been trained under many, which diffusers knows.

    Where diffusers leaves the scale to the caller it is the description's.
    """
    given = read_tensors(file.path)
    returned = pipeline.lora_state_dict(dict(given))
    state: dict[str, Tensor] = returned[0] if isinstance(returned, tuple) else returned
    if state.keys() == given.keys():
        return _pairs(state, {key: layer.scale for key, layer in file.layers.items()}, 2)
    extra = {} if file.alpha is None else {"alpha": file.alpha}
    return _pairs({name: value for name, value in state.items() if value.ndim > 1}, {}, 2, **extra)


def _pairs(
    tensors: Mapping[str, Tensor],
    scales: Mapping[tuple[str, str], float],
    layers: int,
    alpha: float | None = None,
) -> Pairs:
    halves: dict[tuple[str, str], dict[str, Tensor]] = {}
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
