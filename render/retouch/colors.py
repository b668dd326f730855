"""Whose colours and detail frames are given: a frame's, those of the frame before, a picture's, or their prompts'."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from keyframes import FramePrompt, Row
from projects import Picture

from ..coherence import Palette, detail_of, match_color, match_detail, palette
from ..painter import Canvas, OnStep, Painter
from ..pictures import read_picture
from ..setup import Setup
from ..tensors import to_tensor
from .freshness import Fresh, fresh_rows
from .keys import has_reference


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A picture as far as matching needs it. detail: the size (1, 3) of its bands, where frames are given any."""

    palette: Palette
    detail: Tensor | None


Goals = Sequence[tuple[Reference, float]]


class Colors:
    """The colour references of one project, each measured once.

    anchor: gives the stored picture of a frame, which is asked for `color_frame`.
    """

    def __init__(self, setup: Setup, painter: Painter, anchor: Callable[[int], Picture]) -> None:
        self._setup, self._painter, self._anchor = setup, painter, anchor
        self._given = setup.colors
        self._with_detail = bool((setup.timeline.numbers["detail_amount"] > 0).any())
        self._fixed: Reference | None = None
        self._fresh: dict[tuple[int, FramePrompt], Reference] = {}

    def goals(self, row: Row, before: Picture, on_step: OnStep) -> Goals:
        """Whose colours and detail a frame is to have, with their shares; none where nothing is matched."""
        if not has_reference(self._setup, row):
            return ()
        if self._given.source == "prompt":
            fresh = fresh_rows(self._setup, row)
            return [(self._of_prompt(one, on_step), one.share) for one in fresh]
        if self._given.source == "previous":
            return ((self._measured(self._on_device(before)), 1.0),)
        if self._fixed is None:
            self._fixed = self._measured(self._named())
        return ((self._fixed, 1.0),)

    def match(self, row: Row, picture: Tensor, goals: Goals) -> Tensor:
        """The picture (1, 3, H, W) with the colours of its goals, mixed by their shares, as `color_amount` says."""
        matched, mixed = None, 0.0
        for goal, share in goals:
            colors, amount = goal.palette, row.numbers["color_amount"]
            toward = match_color(picture, colors, space=colors.space, method=colors.method, amount=amount)
            mixed += share
            matched = toward if matched is None else torch.lerp(matched, toward, share / mixed)
        return picture if matched is None else matched

    def match_detail(self, row: Row, picture: Tensor, goals: Goals) -> Tensor:
        """The picture (1, 3, H, W) with as much detail as its goals have by their shares, as `detail_amount` says."""
        sizes = [goal.detail * share for goal, share in goals if goal.detail is not None]
        if not sizes:
            return picture
        return match_detail(picture, torch.stack(sizes).sum(0), amount=row.numbers["detail_amount"])

    def _of_prompt(self, fresh: Fresh, on_step: OnStep) -> Reference:
        row = fresh.row
        known = (row.frame, row.prompt)
        if known not in self._fresh:
            made = [
                self._painter.paint(Canvas(version=version), row, on_step)
                for version in range(fresh.pictures)
            ]
            self._fresh[known] = self._measured(*made)
        return self._fresh[known]

    def _named(self) -> Tensor:
        """The picture of the project that is named: a frame's or a file's."""
        if self._given.source == "frame":
            return self._on_device(self._anchor(self._given.frame))
        path = self._setup.project.pictures["coherence.color_from"][0]
        return self._on_device(read_picture(path, self._setup.size, where="coherence.color_from"))

    def _on_device(self, picture: Picture) -> Tensor:
        return to_tensor(picture, self._painter.device)

    def _measured(self, *shown: Tensor) -> Reference:
        """What pictures (1, 3, H, W) show, all of them together."""
        space = self._given.space
        assert space != "none"  # else nothing is matched
        colors = palette(torch.cat(shown, 3), space=space, method=self._given.method)
        if not self._with_detail:
            return Reference(palette=colors, detail=None)
        detail = detail_of(torch.cat(shown)).square().mean(0, keepdim=True).sqrt()
        return Reference(palette=colors, detail=detail)
