"""Frames between frames, and larger ones: what is done to the stored pictures on their way into the film.

stored frames -> the end into the beginning -> frames between, by optical flow -> larger (Lanczos, or a network) -> the
film

Two pictures are held at a time, and the beginning of a loop. The frames in the take stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from projects import Picture
from projects.schema import Output

from .containers import exact_rate
from .seam import looped
from .upscaler import Upscaler

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Finish:
    """How stored frames become the film's. fps_in, fps_out: frames per second. upscale: factor on both sides.

    loop: so many frames at the end dissolve into those at the beginning, which are left out there.
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
        """How many frames the film has for so many stored ones: as many as fill the same time."""
        return max(round(frames * self.fps_out / self.fps_in), 1) if frames else 0

    def pictures(
        self, stored: Iterable[Picture], larger: Callable[[Picture], Picture] | None = None
    ) -> Iterator[Picture]:
        """The film's frames, from the stored ones in their order. larger: what makes them so, in place of Lanczos."""
        shown = looped(stored, self.loop) if self.loop else stored
        between = shown if self.fps_out == self.fps_in else self._between(shown)
        return (larger(picture) if larger else enlarged(picture, self.upscale) for picture in between)

    def _between(self, stored: Iterable[Picture]) -> Iterator[Picture]:
        """Frame j of the film is what there is at the time j / fps_out; the last stored frame stays to its end."""
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


def finish_of(output: Output, fps: float, *, whole: bool = True) -> Finish:
    """What a project's [output] says of the film, at `fps` stored frames per second.

    whole: whether it has all of the project's frames; a part of a film does not go round.
    """
    rate = exact_rate(fps)
    wanted = exact_rate(output.fps_out) if output.fps_out is not None else rate * output.interpolate
    loop = output.loop if whole else 0
    return Finish(fps_in=rate, fps_out=wanted, upscale=output.upscale, loop=loop)


def enlarger(upscaler: Upscaler | None, upscale: int, device: str) -> Callable[[Picture], Picture] | None:
    """What makes pictures larger by a network on a device, "auto" or its name; None without a network."""
    if upscaler is None:
        return None
    from ..diffusion.devices import find_device
    from .enlarge import Enlarger

    return Enlarger(upscaler, upscale, find_device(device))


def enlarged(picture: Picture, factor: int) -> Picture:
    """A picture `factor` times as wide and high, by Lanczos' kernel (8 x 8 pixels)."""
    if factor == 1:
        return picture
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    large = cv2.resize(picture, (width * factor, height * factor), interpolation=cv2.INTER_LANCZOS4)
    return np.asarray(large, dtype=np.uint8)


def pictures_between(first: Picture, second: Picture, shares: list[float]) -> Iterator[Picture]:
    """The pictures at `shares` (0 to 1) of the way from `first` to `second`, uint8 (H, W, 3).

    What is seen in both moves along its flow; what only one of them shows is taken from that one. The flow as seen
    from between is put together from those there and back: Jiang et al., "Super SloMo" (CVPR 2018), eq. 4.
    """
    inner = [share for share in shares if share > 0]
    if not inner or (first == second).all():
        yield from (first for _ in shares)
        return
    import torch

    from motion.opticalflow import SMALLEST, consistent, optical_flow

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
    """(1, 3, H, W): both ends, brought to the moment `share` and mixed by how near and how trusted they are."""
    import torch

    from motion.opticalflow import along

    rest, (there, back) = 1.0 - share, flows
    ways = (
        share * share * back - rest * share * there,  # from the moment back to the first
        rest * rest * there - share * rest * back,  # and on to the second
    )
    total, weights = torch.zeros_like(ends[0]), torch.full_like(trusted[0], 1e-6)
    for end, way, trust, near in zip(ends, ways, trusted, (rest, share), strict=True):
        weight = near * (0.05 + along(trust, way).picture)
        total += weight * along(end, way).picture
        weights += weight
    return total / weights
