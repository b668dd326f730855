"""Masks: where the picture is painted again and where it is kept; and where noise is added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from projects import masks as language

from ..depth import Distances
from .picture_reader import AnyPicture, DepthInputs
from .stage import Canvas, Frame
from .uncovered import HoleEstimate

if TYPE_CHECKING:
    from torch import Tensor


class MaskStep(NamedTuple):
    """One step of a mask, as in `projects.masks`, with what it looks at. color: (red, green, blue) levels."""

    kind: str
    numbers: tuple[float, ...] = ()
    color: tuple[int, ...] = ()
    picture: AnyPicture | None = None
    distances: Distances | None = None
    parts: tuple[MaskStep, ...] = ()


class MaskInputs(NamedTuple):
    """feather: how wide its edges are, in pixels."""

    step: MaskStep
    feather: int


@dataclass(frozen=True, eq=False)
class MaskReader:
    """What a mask of a film looks at. picture: gives that of a name in [masks] at a frame."""

    mask: language.Mask
    feather: int
    picture: Callable[[str, int], AnyPicture]
    depth: DepthInputs

    def inputs(self, frame: Frame) -> MaskInputs:
        """The mask at a frame."""
        feather = self.feather - self.feather % 4  # it is made of means over a quarter of it to each side
        return MaskInputs(self._step(self.mask, frame), feather)

    def _step(self, mask: language.Mask, frame: Frame) -> MaskStep:
        if mask.kind == "picture":
            return MaskStep("picture", picture=self.picture(mask.name, frame.number))
        if mask.kind == "depth":
            distances = self.depth.distances(frame.row, frame.number)
            return MaskStep("depth", mask.numbers, distances=distances)
        color = tuple(int(mask.name[i : i + 2], 16) for i in (1, 3, 5)) if mask.kind == "color" else ()
        parts = tuple(self._step(part, frame) for part in mask.parts)
        return MaskStep(mask.kind, mask.numbers, color, parts=parts)


class StrengthInputs(NamedTuple):
    """strength: share of the noise schedule that is run; where there is a mask, where it is 1. revealed: the same for
    what the camera uncovered. kept: the same where the mask is 0."""

    strength: float
    revealed: float
    mask: MaskInputs | None
    kept: float


@dataclass(frozen=True, eq=False)
class Strength:
    """How much of each pixel is painted again. mask: reads `mask`, where the project has one."""

    mask: MaskReader | None
    hole: HoleEstimate
    name = "strength"

    def inputs(self, frame: Frame) -> StrengthInputs | None:
        """See Stage. None for a frame that is painted from nothing."""
        if not frame.pictured:
            return None
        row = frame.row
        strength, kept = row.diffusion.strength, row.coherence.mask_strength
        revealed = row.diffusion.reveal_strength if self.hole.any(frame) else strength
        if self.mask is None or kept == strength:
            return StrengthInputs(strength, max(revealed, strength), None, strength)
        return StrengthInputs(strength, revealed, self.mask.inputs(frame), kept)

    @staticmethod
    def apply(canvas: Canvas, inputs: StrengthInputs) -> Canvas:
        """See Stage. The mask looks at the moved picture."""
        import torch

        canvas = replace(canvas, strength=inputs.strength, reveal_strength=inputs.revealed)
        if inputs.mask is None:
            return canvas
        assert canvas.moved is not None
        mask, hole = mask_of(canvas, canvas.moved, inputs.mask), canvas.hole
        wanted = torch.lerp(torch.full_like(mask, inputs.kept), torch.full_like(mask, inputs.strength), mask)
        if hole is not None:
            wanted = torch.maximum(wanted, wanted + (inputs.revealed - wanted) * hole)
        low = float(wanted.min())
        most = float(wanted.max()) - low
        share = (wanted - low) / most if most > 0 else torch.zeros_like(wanted)
        return replace(canvas, strength=low, reveal_strength=low + most, hole=share)


def mask_of(canvas: Canvas, picture: Tensor, wanted: MaskInputs) -> Tensor:
    """A mask, (1, 1, H, W) in [0, 1]. picture: (1, 3, H, W), whose colours and depths it looks at."""
    return feathered(_value(canvas, picture, wanted.step), wanted.feather)


def _value(canvas: Canvas, picture: Tensor, step: MaskStep) -> Tensor:
    """One step of a mask; see `projects.masks` for what each means."""
    from motion import UNITS

    match step.kind:
        case "picture":
            assert step.picture is not None
            return canvas.tools.pictures.grey(step.picture)
        case "everywhere":
            return picture.new_ones((1, 1, *picture.shape[-2:]))
        case "depth":
            assert step.distances is not None
            found = canvas.tools.depth.distances(picture, step.distances)
            away = picture.new_ones((1, 1, *picture.shape[-2:])) if found is None else found
            return _between(away * UNITS, step.numbers).to(picture.dtype)
        case "light":
            return _between(picture.mean(1, keepdim=True) * 255, step.numbers).to(picture.dtype)
        case "color":
            goal = picture.new_tensor(step.color).view(3, 1, 1)
            apart = (picture * 255 - goal).square().sum(1, keepdim=True).sqrt()
            return (apart <= step.numbers[0]).to(picture.dtype)
    return combined(step.kind, [_value(canvas, picture, part) for part in step.parts])


def combined(sign: str, parts: list[Tensor]) -> Tensor:
    """What a sign makes of masks in [0, 1]."""
    import torch

    if sign == "!":
        return 1 - parts[0]
    first, second = parts
    match sign:
        case "&":
            return torch.minimum(first, second)
        case "|":
            return torch.maximum(first, second)
        case "^":
            return (first - second).abs()
    return torch.minimum(first, 1 - second)  # "\", without


def feathered(mask: Tensor, pixels: int) -> Tensor:
    """The mask with edges `pixels` wide: two means over windows of half that; beyond the picture its edge continues."""
    from kornia.filters import box_blur

    side = 2 * (pixels // 4) + 1
    if side == 1:
        return mask
    for _ in range(2):
        mask = box_blur(mask, (side, side), border_type="replicate")
    return mask.clamp_(0, 1)


def _between(values: Tensor, ends: tuple[float, ...]) -> Tensor:
    return (values >= ends[0]) & (values <= ends[1])
