"""How one frame is guided by a picture-text model.

Importable without torch.
"""

from __future__ import annotations

from dataclasses import dataclass

from projects.schema.cutouts import ByNoise

_ONE = ByNoise(runs=((1.0, 1),))
_NO = ByNoise(runs=((0.0, 1),))
_FOUR, _EIGHT = ByNoise(runs=((4.0, 1),)), ByNoise(runs=((8.0, 1),))


@dataclass(frozen=True, kw_only=True)
class ClipGuidance:
    """The weights of what pulls (0: it does not), the most it may pull (deviation of latents), in which share of the
    steps, and the cut-outs, by noise; `batches` times as many in `batches` turns.
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
    overview: ByNoise = _FOUR
    inner: ByNoise = _EIGHT
    power: ByNoise = _ONE
    gray: ByNoise = _NO
    augmented: bool = True

    @property
    def on(self) -> bool:
        """Whether anything pulls."""
        return any((self.scale, self.tv, self.range, self.saturation, self.init))

    def works(self, index: int, count: int) -> bool:
        """Whether the step `index` of `count` lies in the share that is guided."""
        return self.start <= index / count < self.end
