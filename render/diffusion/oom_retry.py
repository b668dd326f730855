"""A painting that runs out of memory starts again at the next memory level, until it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from keyframes.errors import RenderError
from render.devices import release
from render.diffusion.memory_levels import CACHE, ROWS, STREAM
from render.diffusion.model import Model


def within_memory(model: Model, work: Callable[[], Tensor], *, frame: int, size: tuple[int, int]) -> Tensor:
    """Return what `work` paints, at the first level from the model's present one where memory suffices.

    Raises RenderError where the last level does not help.
    """
    began = model.memory.level
    while True:
        try:
            return work()
        except torch.OutOfMemoryError as error:
            failed = error.with_traceback(None)  # it would keep the tensors of the attempt
        level = model.memory.next_level()
        if level is None:
            model.memory.level = max(began, min(model.memory.level, STREAM))  # its parts are where they are
            raise RenderError(
                f"frame {frame}: {model.device} ran out of memory painting {size[0]}x{size[1]}, even with all parts "
                "moved off it. Use a smaller size or model, or end other programs that use the device."
            ) from failed
        release(model.device, cycles=model.memory.level == CACHE)
        model.notice(f"Frame {frame}: {model.device} ran out of memory; from here on {level.description}.")


def answers_of(model: Model, latents: Tensor, timestep: Tensor, conditions: Mapping[str, Any]) -> Tensor:
    """Ask the denoiser about latents (N, C, h, w): all at once or, at the last level, one after the other."""
    rows = len(latents)
    if model.memory.level < ROWS or rows == 1:
        return model.family.answer(model, latents, timestep, conditions)
    return torch.cat(
        [
            model.family.answer(model, latents[row : row + 1], timestep, _row(conditions, row, rows))
            for row in range(rows)
        ]
    )


def _row(value: Any, row: int, rows: int) -> Any:
    """Return what is of one row in the denoiser's arguments.

    Tensors have their rows first, or are of all of them (places of tokens, of which there are more than rows ever are);
    lists are of such tensors, or have an entry for each row.
    """
    if isinstance(value, Mapping):
        return {name: _row(part, row, rows) for name, part in value.items()}
    if isinstance(value, Tensor):
        return value[row : row + 1] if _has_rows(value, rows) else value
    if isinstance(value, list | tuple):
        if value and all(_has_rows(part, rows) for part in value):
            return type(value)(part[row : row + 1] for part in value)
        return value[row : row + 1] if len(value) == rows else value
    return value


def _has_rows(value: Any, rows: int) -> bool:
    return isinstance(value, Tensor) and value.ndim > 0 and len(value) == rows
