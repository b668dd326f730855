"""What a project's IP-Adapters are shown at a frame: pictures seen once, their embeddings mixed between keys."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

import torch
from torch import Tensor

from keyframes import Row

from ..diffusion.adapters.attach import Look
from ..diffusion.parts import Model
from ..pictures import read_picture
from ..setup import Setup
from ..tensors import to_tensor


class Looks:
    """The looks of one project, with its model's picture encoders."""

    def __init__(self, setup: Setup, model: Model) -> None:
        self._adapters, self._model = setup.adapters, model
        self._seen: dict[tuple[int, Path], Tensor] = {}

    def of(self, row: Row) -> list[Look]:
        """The adapters that have weight at a frame, with what they are shown."""
        return [
            Look(
                number=adapter.number,
                embedding=self._mixed(adapter.number, row, index),
                weight=adapter.weight(row),
            )
            for index, adapter in enumerate(self._adapters)
            if adapter.weight(row) != 0
        ]

    def _mixed(self, number: int, row: Row, index: int) -> Tensor:
        parts = [share * self._look(number, path) for path, _, share in self._adapters[index].mix(row.frame)]
        return reduce(torch.add, parts)

    def _look(self, number: int, path: Path) -> Tensor:
        """A picture's embedding, float32. It is scaled to cover the encoder's square, and cropped about its middle."""
        if (number, path) not in self._seen:
            eyes = self._model.adapters.eyes[number]
            picture = read_picture(path, (eyes.side, eyes.side), where="ip_adapter")
            self._seen[number, path] = eyes.look(to_tensor(picture, self._model.device)).float()
        return self._seen[number, path]
