"""Colours and detail brought to those of a reference, before painting and after: a film neither drifts nor fades."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from keyframes import FramePrompt, Timeline
from projects import Row, Rows

from .picture_reader import PictureFile
from .stage import Canvas, Frame

if TYPE_CHECKING:
    from torch import Tensor

    from ..color import Method, Palette, Space
    from .paint import PaintInputs


@dataclass(frozen=True, kw_only=True)
class ColorChoice:
    """Whose colours frames get. space: None where nothing is matched. source: "frame" (`frame`), "previous", "prompt",
    or a picture. pictures: how many are painted of a prompt.
    """

    space: Space | None = None
    method: Method = "mean"
    source: Literal["frame", "previous", "prompt"] | PictureFile = "frame"
    frame: int = 0
    pictures: int = 1

    @property
    def uses_frame(self) -> bool:
        """Whether frames are matched to `frame`."""
        return self.space is not None and self.source == "frame"

    @property
    def first(self) -> int:
        """The first frame that can be matched is the one after this."""
        return self.frame if self.source == "frame" else 0


class OfFrame(NamedTuple):
    """The reference is a frame of the film, or the one before (None)."""

    frame: int | None


class OfPrompt(NamedTuple):
    """The reference is painted from a prompt alone, `pictures` times."""

    work: PaintInputs
    pictures: int


Reference = OfFrame | OfPrompt | PictureFile


class MatchInputs(NamedTuple):
    """references: with their shares, which sum to 1. color, detail: how much of each is matched."""

    space: Space
    method: Method
    references: tuple[tuple[Reference, float], ...]
    color: float
    detail: float

    @property
    def uses(self) -> tuple[int, ...]:
        """The frames whose keys are part of this frame's key."""
        frames = (one.frame for one, _ in self.references if isinstance(one, OfFrame))
        return tuple(at for at in frames if at is not None)


@dataclass(eq=False)
class Match:
    """choice: whose colours. painting: gives what painting a row from a prompt alone depends on."""

    choice: ColorChoice
    timeline: Timeline
    rows: Rows
    painting: Callable[[Row, FramePrompt], PaintInputs]
    _known: dict[int, OfPrompt] = field(default_factory=dict, init=False)
    name = "match"

    def inputs(self, frame: Frame) -> MatchInputs | None:
        choice, lanes = self.choice, frame.row.coherence
        if choice.space is None or frame.number <= choice.first:
            return None
        if lanes.color_amount == 0 and lanes.detail_amount == 0:
            return None
        references = self._references(frame)
        return MatchInputs(choice.space, choice.method, references, lanes.color_amount, lanes.detail_amount)

    def _references(self, frame: Frame) -> tuple[tuple[Reference, float], ...]:
        match self.choice.source:
            case "frame":
                return ((OfFrame(self.choice.frame), 1.0),)
            case "previous":
                return ((OfFrame(None), 1.0),)
            case "prompt":
                return tuple(self._of_prompts(frame.number))
            case picture:
                return ((picture, 1.0),)

    def _of_prompts(self, frame: int) -> Iterator[tuple[OfPrompt, float]]:
        """The key of a frame's prompt, and while two blend, the next one, with their shares, which sum to 1.

        What is painted has the frame and the lanes of the key, so that all frames of a prompt share their references,
        and the words that the key has at this frame (a prompt whose words move has one picture for every wording).
        """
        last = len(self.timeline) - 1
        for key in self.timeline.prompts.unmixed(frame):
            at = min(max(math.ceil(key.position), 0), last)
            known = self._known.get(at)
            if known is None or known.work.job.prompt is not key.prompt:
                pictures = self.choice.pictures if key.fixed else 1
                known = OfPrompt(self.painting(self.rows[at], key.prompt), pictures)
                self._known = {**dict(list(self._known.items())[-1:]), at: known}
            yield known, key.share

    @staticmethod
    def apply(canvas: Canvas, inputs: MatchInputs) -> Canvas:
        import torch

        from ..color import match_color, match_detail

        goals = [(_measured(canvas, one, inputs), share) for one, share in inputs.references]
        picture, matched, mixed = canvas.given, canvas.given, 0.0
        for goal, share in goals:
            toward = match_color(
                picture, goal.palette, space=inputs.space, method=inputs.method, amount=inputs.color
            )
            mixed += share
            matched = toward if mixed == share else torch.lerp(matched, toward, share / mixed)
        sizes = [goal.detail * share for goal, share in goals if goal.detail is not None]
        if sizes:
            matched = match_detail(matched, torch.stack(sizes).sum(0), amount=inputs.detail)
        return canvas.showing(matched)


class _Measured(NamedTuple):
    """A reference as far as matching needs it. detail: the size (1, 3) of its bands; None where none is matched."""

    palette: Palette
    detail: Tensor | None


def _measured(canvas: Canvas, reference: Reference, inputs: MatchInputs) -> _Measured:
    space, method, detailed = inputs.space, inputs.method, inputs.detail > 0

    def measure() -> _Measured:
        import torch

        from ..color import detail_of, palette

        shown = _shown(canvas, reference)
        colors = palette(torch.cat(shown, 3), space=space, method=method)
        if not detailed:
            return _Measured(colors, None)
        detail = detail_of(torch.cat(shown)).square().mean(0, keepdim=True).sqrt()
        return _Measured(colors, detail)

    if reference == OfFrame(None):
        return measure()
    return canvas.tools.once((reference, space, method, detailed), measure)


def _shown(canvas: Canvas, reference: Reference) -> list[Tensor]:
    """The pictures of a reference, (1, 3, H, W) each."""
    tools = canvas.tools
    if isinstance(reference, PictureFile):
        return [tools.pictures.read(reference)]
    if isinstance(reference, OfPrompt):
        from ..diffusion import Canvas as PaintCanvas

        return [
            tools.paint(PaintCanvas(version=version), reference.work.job)
            for version in range(reference.pictures)
        ]
    if reference.frame is not None:
        return [tools.frame(reference.frame)]
    assert canvas.before is not None
    return [canvas.before]
