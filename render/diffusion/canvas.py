"""What a picture is painted on. Importable without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

OnStep = Callable[
    [int, int], None
]  # is called with (steps done, number of steps); what it raises ends the painting
Mode = Literal["balanced", "prompt", "control"]


@dataclass(frozen=True, kw_only=True)
class Control:
    """One ControlNet in one painting.

    `number` is its place among the model's. `picture` (1, 3, H, W) RGB in [0, 1] is its input. It acts with `weight` in
    the steps between the shares `start` and `end` of all. `mode` "prompt" weakens its outer layers; "control" does that
    too, and leaves the negative prompt alone, so that guidance strengthens it. Both are for UNets.
    """

    number: int
    picture: Tensor
    weight: float = 1.0
    start: float = 0.0
    end: float = 1.0
    mode: Mode = "balanced"

    def acts(self, index: int, count: int) -> bool:
        """Tell whether it acts in step `index` of `count`."""
        outside = index / count < self.start or (index + 1) / count > self.end
        return self.weight != 0 and not outside


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """What a frame is painted on.

    `picture` is (1, 3, H, W) RGB in [0, 1], None for a frame from noise alone. `hole` (1, 1, H, W) in [0, 1] says how
    much of the reveal strength each pixel gets in place of the strength. `controls` are the inputs of ControlNets.
    `version` tells several pictures of one frame apart: each has its own noise, 0 the frame's.
    """

    picture: Tensor | None = None
    hole: Tensor | None = None
    controls: Sequence[Control] = ()
    version: int = 0
