"""What is done to a frame's picture beside the camera, colours, grain and sharpness: symmetry, guides, echo, masks."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from keyframes import Row

from ..coherence import match_color, saturate, symmetric
from ..pictures import read_picture
from ..setup import Setup
from ..space.depths import Depths
from ..tensors import to_tensor
from ..video.sources import SourceReader
from .keys import guide_at
from .masking import Masks, masked_strength


class Retouch:
    """The retouching of one project. Pictures are (1, 3, H, W), RGB in [0, 1], on the painter's device."""

    def __init__(self, setup: Setup, device: torch.device, depths: Depths, projector: SourceReader) -> None:
        self._setup, self._device = setup, device
        self._masks = Masks(setup, depths, projector)
        self._shown: tuple[Path, Tensor] | None = None

    def before(self, row: Row, moved: Tensor) -> Tensor:
        """The moved picture made symmetric, with the guide's share mixed in, as colourful as the lane says."""
        picture = self.mirrored(row, moved)
        guide = guide_at(self._setup, row)
        if guide is not None and guide.share > 0:
            picture = torch.lerp(picture, self._guide(guide.path), guide.share)
        return saturate(picture, row.numbers["saturation"])

    def after(self, row: Row, moved: Tensor, painted: Tensor) -> Tensor:
        """The painted picture with the guide's colours, its echo, and its symmetry."""
        guide = guide_at(self._setup, row)
        if guide is not None and guide.color > 0:
            goal = torch.lerp(moved, self._guide(guide.path), guide.color)
            painted = match_color(painted, goal, space="lab", method="histogram")
        echo = row.numbers["echo"]
        return self.mirrored(row, painted if echo == 0 else torch.lerp(painted, moved, echo))

    def mirrored(self, row: Row, picture: Tensor) -> Tensor:
        """The picture with the project's symmetry."""
        given, numbers = self._setup.project.file.coherence, row.numbers
        folds, amount, angle = given.symmetry_folds, numbers["symmetry_amount"], numbers["symmetry_angle"]
        return symmetric(picture, given.symmetry, amount=amount, folds=folds, angle=angle)

    def noisy(self, row: Row, clean: Tensor, noised: Tensor) -> Tensor:
        """The noised picture where `noise_mask` is 1, the clean one where it is 0."""
        mask = None if noised is clean else self._masks.of("noise_mask", clean, row)
        return noised if mask is None else torch.lerp(clean, noised, mask)

    def masked(self, row: Row, moved: Tensor, hole: Tensor | None) -> tuple[Row, Tensor | None]:
        """The row and the hole for the painter: where `mask` is 0 the picture is kept as `mask_strength` says."""
        mask = self._masks.of("mask", moved, row)
        return (row, hole) if mask is None else masked_strength(row, mask, hole)

    def _guide(self, path: Path) -> Tensor:
        """The guide's picture, kept until another one comes."""
        if self._shown is None or self._shown[0] != path:
            shown = read_picture(path, self._setup.size, where="guide")
            self._shown = (path, to_tensor(shown, self._device))
        return self._shown[1]
