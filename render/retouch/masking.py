"""A mask's text evaluated on a frame: what is painted anew, and where noise is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from kornia.filters import box_blur
from torch import Tensor

from keyframes import Row
from motion import UNITS
from projects.masks import Mask

from ..pictures import read_picture
from ..setup import Setup
from ..space.depths import Depths
from ..video.sources import SourceReader
from .keys import mask_of, mask_path


class Masks:
    """The masks of one project, frame after frame, on one device."""

    def __init__(self, setup: Setup, depths: Depths, projector: SourceReader) -> None:
        self._setup, self._depths, self._projector = setup, depths, projector

    def of(self, name: str, picture: Tensor, row: Row) -> Tensor | None:
        """The mask given as `mask` or `noise_mask`, (1, 1, H, W) in [0, 1]; None where there is none.

        picture: (1, 3, H, W), whose colours and depths the mask looks at.
        """
        mask = mask_of(self._setup, name)
        if mask is None:
            return None
        feather = self._setup.project.file.coherence.mask_feather
        return feathered(self._value(mask, picture, row), feather)

    def _value(self, mask: Mask, picture: Tensor, row: Row) -> Tensor:
        """One step of a mask; see `projects.masks` for what each means."""
        shape = (1, 1, *picture.shape[-2:])
        match mask.kind:
            case "picture":
                return self._shown(mask.name, picture, row)
            case "everywhere":
                return picture.new_ones(shape)
            case "depth":
                found = self._depths.of(picture, row)
                away = picture.new_ones(shape) if found is None else found
                return _between(away * UNITS, mask.numbers).to(picture.dtype)
            case "light":
                return _between(picture.mean(1, keepdim=True) * 255, mask.numbers).to(picture.dtype)
            case "color":
                goal = picture.new_tensor([int(mask.name[i : i + 2], 16) for i in (1, 3, 5)]).view(3, 1, 1)
                apart = (picture * 255 - goal).square().sum(1, keepdim=True).sqrt()
                return (apart <= mask.numbers[0]).to(picture.dtype)
        parts = [self._value(part, picture, row) for part in mask.parts]
        return combined(mask.kind, parts)

    def _shown(self, name: str, picture: Tensor, row: Row) -> Tensor:
        size, where = (picture.shape[-1], picture.shape[-2]), f"masks.{name}"
        if where in self._setup.reels:
            shown = self._projector.picture(where, row.frame)
        else:
            shown = read_picture(mask_path(self._setup, name, row.frame), size, where=where)
        grey = shown.mean(2)
        return (torch.from_numpy(grey).to(picture.device, picture.dtype) / 255)[None, None]


def combined(sign: str, parts: list[Tensor]) -> Tensor:
    """What a sign makes of masks in [0, 1]."""
    if sign == "!":
        return 1 - parts[0]
    first, second = parts
    ways: Mapping[str, Tensor] = {
        "&": torch.minimum(first, second),
        "|": torch.maximum(first, second),
        "^": (first - second).abs(),
        "\\": torch.minimum(first, 1 - second),
    }
    return ways[sign]


def feathered(mask: Tensor, pixels: int) -> Tensor:
    """The mask with edges `pixels` wide: two means over windows of half that, beyond the picture its edge goes on."""
    side = 2 * (pixels // 4) + 1
    if side == 1:
        return mask
    for _ in range(2):
        mask = box_blur(mask, (side, side), border_type="replicate")
    return mask.clamp_(0, 1)


def masked_strength(row: Row, mask: Tensor, hole: Tensor | None) -> tuple[Row, Tensor]:
    """A row and a hole that make the painter paint with the frame's strength where the mask is 1, and with
    `mask_strength` where it is 0. What the camera uncovered is painted with `reveal_strength` all the same.
    """
    strength, kept = row.numbers["strength"], row.numbers["mask_strength"]
    wanted = torch.lerp(torch.full_like(mask, kept), torch.full_like(mask, strength), mask)
    if hole is not None:
        wanted = torch.maximum(wanted, wanted + (row.numbers["reveal_strength"] - wanted) * hole)
    low = float(wanted.min())
    most = float(wanted.max()) - low
    numbers = {**row.numbers, "strength": low, "reveal_strength": low + most}
    share = (wanted - low) / most if most > 0 else torch.zeros_like(wanted)
    return replace(row, numbers=numbers), share


def _between(values: Tensor, ends: tuple[float, ...]) -> Tensor:
    return (values >= ends[0]) & (values <= ends[1])
