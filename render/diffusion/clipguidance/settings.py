"""How one frame is guided by CLIP models.

Importable without torch.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CutoutSchedule:
    """A value that changes while one picture is painted. runs: (value, number of noise levels), from the noisy end."""

    runs: tuple[tuple[float, int], ...]

    def at(self, level: float) -> float:
        """Return the value at a noise level: 1 is noise alone, 0 the clean picture."""
        total = sum(count for _, count in self.runs)
        left = min(max(int(total * (1.0 - level) + 1e-6), 0), total - 1)
        for value, count in self.runs:
            if left < count:
                return value
            left -= count
        raise ValueError("a schedule over noise levels needs at least one of them")


def constant(value: float) -> CutoutSchedule:
    """Return a schedule of one value."""
    return CutoutSchedule(runs=((value, 1),))


_OVERVIEW, _INNER, _POWER, _GRAY = (constant(value) for value in (4.0, 8.0, 1.0, 0.0))


@dataclass(frozen=True, kw_only=True)
class ClipGuidance:
    """How one picture is guided.

    `scale`, `tv`, `range`, `saturation` and `init` are the weights of the losses; 0 leaves one out. `clamp` limits the
    pull (in deviations of the latents). `start` and `end` are shares of the steps. Each step cuts out `batches` times
    `overview` windows of the whole picture and `inner` ones from within (see cutouts.Cuts).
    """

    scale: float = 0.0
    tv: float = 0.0
    range: float = 0.0
    saturation: float = 0.0
    init: float = 0.0
    clamp: float = 0.2
    batches: int = 1
    start: float = 0.0
    end: float = 1.0
    overview: CutoutSchedule = _OVERVIEW
    inner: CutoutSchedule = _INNER
    power: CutoutSchedule = _POWER
    gray: CutoutSchedule = _GRAY
    augmented: bool = True

    @property
    def on(self) -> bool:
        """Whether any loss has a weight."""
        return any((self.scale, self.tv, self.range, self.saturation, self.init))

    def works(self, index: int, count: int) -> bool:
        """Tell whether the step `index` of `count` is guided."""
        return self.start <= index / count < self.end
