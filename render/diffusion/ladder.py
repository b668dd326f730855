"""A painting that runs out of memory is begun again on the next rung of the economy, until it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from keyframes.errors import RenderError
from render.diffusion.economy import CACHE, ROWS, STREAM
from render.diffusion.moving import release
from render.diffusion.parts import Model


def within_memory(model: Model, work: Callable[[], Tensor], *, frame: int, size: tuple[int, int]) -> Tensor:
    """Return what `work` paints, on the first rung from the model's present one where memory suffices.

    Raises RenderError where the last rung does not help.
    """
    began = model.economy.level
    while True:
        try:
            return work()
        except torch.OutOfMemoryError as error:
            failed = error.with_traceback(None)  # it would keep the tensors of the attempt
        rung = model.economy.climb()
        if rung is None:
            model.economy.level = max(began, min(model.economy.level, STREAM))  # its parts are where they are
            raise RenderError(
                f"frame {frame}: {model.device} ran out of memory painting {size[0]}x{size[1]}, whatever was moved "
                "off it. Use a smaller size or model, or end other programs that use the device."
            ) from failed
        release(model.device, cycles=model.economy.level == CACHE)
        model.notice(f"Frame {frame}: {model.device} ran out of memory; from here on {rung.told}.")


def answers_of(model: Model, given: Tensor, moment: Tensor, conditions: Mapping[str, Any]) -> Tensor:
    """Ask the denoiser about latents (N, C, h, w): all at once or, on the last rung, one after the other."""
    rows = len(given)
    if model.economy.level < ROWS or rows == 1:
        return model.family.answer(model, given, moment, conditions)
    return torch.cat(
        [
            model.family.answer(model, given[row : row + 1], moment, _row(conditions, row, rows))
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
