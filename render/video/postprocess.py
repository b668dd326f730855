"""Loop, interpolation and size: what happens to the stored pictures on their way into the film.

    stored frames -> loop: the end dissolves into the beginning -> frames between, by optical flow
      -> upscaled (Lanczos, or a network) -> the film

Two pictures are held at a time, and the beginning of a loop. The frames in the take stay as they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from projects.png import Picture

if TYPE_CHECKING:
    from torch import Tensor

Upscale = Callable[[Picture], Picture]


@dataclass(frozen=True, kw_only=True)
class Postprocess:
    """How stored frames become the film's. fps_in, fps_out: frames per second. upscale: factor on both sides.

    loop: this many frames at the end dissolve into those at the beginning, which are left out there.
    """

    fps_in: Fraction
    fps_out: Fraction
    upscale: int = 1
    loop: int = 0

    @property
    def starts_at(self) -> float:
        """Seconds of the stored frames that come before the film's first."""
        return float(self.loop / self.fps_in)

    def count(self, frames: int) -> int:
        """How many frames the film has for `frames` stored ones: as many as fill the same time."""
        return max(round(frames * self.fps_out / self.fps_in), 1) if frames else 0

    def pictures(self, stored: Iterable[Picture], upscaler: Upscale | None = None) -> Iterator[Picture]:
        """The film's frames from the stored ones, in order. upscaler: enlarges a picture; by default Lanczos."""
        shown = looped(stored, self.loop) if self.loop else stored
        between = shown if self.fps_out == self.fps_in else self._between(shown)
        return (upscaler(picture) if upscaler else enlarged(picture, self.upscale) for picture in between)

    def _between(self, stored: Iterable[Picture]) -> Iterator[Picture]:
        """Frame j of the film shows the time j / fps_out; the last stored frame stays to the end of its time."""
        step, made = self.fps_in / self.fps_out, 0
        before: Picture | None = None
        seen = 0
        for picture in stored:
            if before is not None:
                shares = []
                while (place := made * step) < seen:
                    shares.append(float(place - (seen - 1)))
                    made += 1
                yield from pictures_between(before, picture, shares)
            before, seen = picture, seen + 1
        if before is not None:
            for _ in range(self.count(seen) - made):
                yield before


def enlarged(picture: Picture, factor: int) -> Picture:
    """A picture `factor` times as wide and high, by Lanczos' kernel (8 x 8 pixels)."""
    if factor == 1:
        return picture
    import cv2

    height, width = picture.shape[:2]
    large = cv2.resize(picture, (width * factor, height * factor), interpolation=cv2.INTER_LANCZOS4)
    return np.asarray(large, dtype=np.uint8)


def looped(stored: Iterable[Picture], loop: int) -> Iterator[Picture]:
    """The pictures without the first `loop`, whose last `loop` dissolve into those.

        stored   0 1 2 | 3 4 5 6 | 7 8 9      loop = 3
        film             3 4 5 6   7 8 9      7, 8, 9 dissolve into 0, 1, 2, and 2 is followed by 3

    There must be at least 2 * loop pictures; with fewer, or with loop 0, all come as they are.
    """
    pictures = iter(stored)
    opening = list(islice(pictures, loop))  # held back until the end: these alone are in memory
    waiting: deque[Picture] = deque()
    for picture in pictures:
        waiting.append(picture)
        if len(waiting) > loop:
            yield waiting.popleft()
    if len(waiting) < loop:
        yield from (*opening, *waiting)
        return
    for index, (end, start) in enumerate(zip(waiting, opening, strict=True)):
        yield dissolved(end, start, (index + 1) / (loop + 1))


def dissolved(first: Picture, second: Picture, share: float) -> Picture:
    """A mix of two pictures, uint8 (H, W, 3): (1 - share) * first + share * second, rounded."""
    mixed = first + share * (second.astype(np.float32) - first)
    return np.rint(mixed).astype(np.uint8)


def pictures_between(first: Picture, second: Picture, shares: list[float]) -> Iterator[Picture]:
    """The pictures at `shares` (0 to 1) of the way from `first` to `second`, uint8 (H, W, 3).

    What both show moves along its flow; what only one of them shows is taken from that one. The flow as seen from
    between is put together from the flows there and back: Jiang et al., "Super SloMo" (CVPR 2018), eq. 4.
    """
    inner = [share for share in shares if share > 0]
    if not inner or (first == second).all():
        yield from (first for _ in shares)
        return
    import torch

    from motion.optical_flow import SMALLEST, consistent, optical_flow

    from ..tensors import to_picture, to_tensor

    device = torch.device("cpu")
    a, b = to_tensor(first, device), to_tensor(second, device)
    if min(a.shape[-2:]) < SMALLEST:  # too small for a search
        yield from (first if share == 0 else to_picture(a + (b - a) * share) for share in shares)
        return
    with torch.inference_mode():
        there, back = optical_flow(a, b), optical_flow(b, a)
        trusted = consistent(there, back, blur=1), consistent(back, there, blur=1)
        for share in shares:
            if share == 0:
                yield first
            else:
                yield to_picture(_mixed((a, b), (there, back), trusted, share))


def _mixed(
    ends: tuple[Tensor, Tensor], flows: tuple[Tensor, Tensor], trusted: tuple[Tensor, Tensor], share: float
) -> Tensor:
    """(1, 3, H, W): both ends, moved to the moment `share` and mixed by how near and how trusted they are."""
    import torch

    from motion.optical_flow import along

    rest, (there, back) = 1.0 - share, flows
    paths = (
        share * share * back - rest * share * there,  # from the moment back to the first
        rest * rest * there - share * rest * back,  # and on to the second
    )
    total, weights = torch.zeros_like(ends[0]), torch.full_like(trusted[0], 1e-6)
    for end, path, trust, near in zip(ends, paths, trusted, (rest, share), strict=True):
        weight = near * (0.05 + along(trust, path).picture)
        total += weight * along(end, path).picture
        weights += weight
    return total / weights
