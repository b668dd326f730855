"""Pictures of the project: the one that the first frame is painted over, and guides, which draw the film to them.

Guides stand at keys; they are mixed in before painting, and their colours are matched after.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .picture_reader import AnyPicture, PictureFile
from .stage import Canvas, Frame

# Deforum's: the interval after the last key, and the share when nothing tweens
_INTERVAL, _RESTING = 25, 0.07


Keys = Sequence[tuple[int, PictureFile]]  # (frame, picture), by frame


@dataclass(frozen=True, eq=False)
class Start:
    """The init image, or the clip's first picture. picture: None where the first frame is painted from the prompt."""

    picture: AnyPicture | None
    name = "start"

    def inputs(self, frame: Frame) -> AnyPicture | None:
        return self.picture if frame.first else None

    @staticmethod
    def apply(canvas: Canvas, inputs: AnyPicture) -> Canvas:
        return canvas.showing(canvas.tools.pictures.read(inputs))


class GuideInputs(NamedTuple):
    """share: of the guide, in the picture or in the colours to match."""

    picture: PictureFile
    share: float


@dataclass(frozen=True, eq=False)
class Guide:
    """Mixes the guide of a frame into the picture that is painted over."""

    keys: Keys
    name = "guide"

    def inputs(self, frame: Frame) -> GuideInputs | None:
        """See Stage. None before the first key.

        Deforum's formula, for an interval of n frames to the next key (25 after the last one) and a tween of k frames:
        where frame mod n <= k, the share is max - slope cos(2 (frame mod k) / k), cut to [0, 1]; else 0.07.
        """
        picture = guide_at(self.keys, frame)
        if picture is None:
            return None
        start, shown = picture
        after = [key for key, _ in self.keys if key > frame.number]
        interval = max(after[0] - start, 1) if after else _INTERVAL
        row = frame.row.guide
        share, tween = _RESTING, row.guide_tween
        if tween > 0 and frame.number % interval <= tween:
            swing = math.cos((frame.number % tween) / (tween / 2))
            share = min(max(row.guide_max - row.guide_slope * swing, 0.0), 1.0)
        return GuideInputs(shown, share) if share > 0 else None

    @staticmethod
    def apply(canvas: Canvas, inputs: GuideInputs) -> Canvas:
        import torch

        guide = canvas.tools.pictures.read(inputs.picture)
        return canvas.showing(torch.lerp(canvas.given, guide, inputs.share))


@dataclass(frozen=True, eq=False)
class GuideColors:
    """Gives the painted picture colours between the moved picture's and the guide's."""

    keys: Keys
    name = "guide colors"

    def inputs(self, frame: Frame) -> GuideInputs | None:
        picture, share = guide_at(self.keys, frame), frame.row.guide.guide_color
        return None if picture is None or share == 0 else GuideInputs(picture[1], share)

    @staticmethod
    def apply(canvas: Canvas, inputs: GuideInputs) -> Canvas:
        import torch

        from ..color import match_color

        assert canvas.moved is not None
        goal = torch.lerp(canvas.moved, canvas.tools.pictures.read(inputs.picture), inputs.share)
        return canvas.showing(match_color(canvas.given, goal, space="lab", method="histogram"))


def guide_at(keys: Keys, frame: Frame) -> tuple[int, PictureFile] | None:
    """The key and the picture of the guide of a frame; None for the first frame and before the first key."""
    past = [key for key in keys if key[0] <= frame.number]
    return past[-1] if past and not frame.first else None
