"""What every training here shares: a clock, a checkpoint that survives a kill, an average of weights."""

import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn


class Average(nn.Module):
    """Exponential moving average of a model's weights, with a warm-up so that early noise is forgotten."""

    def __init__(self, model: nn.Module, decay: float = 0.999) -> None:
        super().__init__()
        self.decay = decay
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move the average a little towards the model; step counts from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                self.weights[name].lerp_(value, 1.0 - decay)
            else:
                self.weights[name].copy_(value)


def save(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint beside and rename it, so that a kill leaves the old one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".tmp-{os.getpid()}")
    torch.save(dict(state), beside)
    os.replace(beside, path)


def load(path: Path) -> dict[str, Any] | None:
    """The checkpoint, or None at the first start."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


class Budget:
    """How far a training is: by minutes of work, counted across restarts."""

    def __init__(self, minutes: float, spent: float = 0.0) -> None:
        self.seconds, self.before, self.start = minutes * 60.0, spent, time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds worked so far, earlier runs included."""
        return self.before + time.monotonic() - self.start

    @property
    def share(self) -> float:
        """0 at the start, 1 when the time is used up."""
        return min(1.0, self.spent / self.seconds)


def rate(share: float, step: int, peak: float, floor: float = 0.03, warm: int = 200) -> float:
    """Learning rate: a linear warm-up over `warm` steps, and a cosine over the time down to floor * peak."""
    bend = 0.5 * (1.0 + math.cos(math.pi * share))
    return peak * (floor + (1.0 - floor) * bend) * min(1.0, (step + 1) / warm)
