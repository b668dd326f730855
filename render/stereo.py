"""Films for two eyes: each painted frame becomes a pair while the film is made. The frames themselves stay as they are.

Always on the CPU, so that the film has the same bytes whatever painted its frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from projects import Picture

from .depth import DepthReader
from .resolve import ResolvedProject
from .stages.picture_reader import DepthInputs, Pictures

View = Callable[[int, Picture], Picture]


def pair_settings(film: ResolvedProject, frames: Sequence[int]) -> dict[str, object]:
    """What the pairs of a film for two eyes are made from, for the film's key; nothing for any other film."""
    output, motion = film.project.file.output, film.project.file.motion
    if output.vr == "none":
        return {}
    depth = DepthInputs(film.depth, motion, film.clips)
    rows = [film.rows[frame] for frame in frames]
    each = [(depth.distances(row, row.frame), row.motion.fov, row.motion.aspect) for row in rows]
    given = {"vr": output.vr, "vr_eyes": output.vr_eyes, "vr_screen": output.vr_screen}
    return {**given, "sampling": motion.sampling, "pairs": each}


@contextmanager
def viewer(film: ResolvedProject) -> Iterator[View]:
    """(frame, picture as painted) -> picture of the film: the same, or what both eyes see of it."""
    if film.project.file.output.vr == "none":
        yield lambda frame, picture: picture
        return
    eyes = _Eyes(film)
    try:
        yield eyes
    finally:
        eyes.pictures.close()  # a depth video is read by a process


class _Eyes:
    """The eyes of one film. The depth network, if there is one, is loaded at the first frame."""

    def __init__(self, film: ResolvedProject) -> None:
        import torch

        self._film, self._device = film, torch.device("cpu")
        self._inputs = DepthInputs(film.depth, film.project.file.motion, film.clips)
        self.pictures = Pictures(film.size, film.clips, self._device)
        self._depth = DepthReader(film.depth.path, self._device, self.pictures.grey)

    def __call__(self, frame: int, picture: Picture) -> Picture:
        import torch

        from motion.pose import UNITS
        from motion.stereo import eye, half_sphere

        from .tensors import to_picture, to_tensor

        output, sampling = self._film.project.file.output, self._film.project.file.motion.sampling
        row = self._film.rows[frame]
        fov, aspect = row.motion.fov, row.motion.aspect
        with torch.inference_mode():
            given, wanted = to_tensor(picture, self._device), self._inputs.distances(row, frame)
            depth = self._depth.distances(given, wanted)
            depth = torch.ones_like(given[:, :1]) if depth is None else depth
            half, screen = output.vr_eyes / UNITS / 2, output.vr_screen / UNITS or math.inf
            look = partial(eye, given, depth, screen=screen, sampling=sampling, fov=fov, aspect=aspect)
            soft = self._depth.soft_edges(wanted.map)
            pair = [look(offset=side * half, soft_edges=soft) for side in (-1, 1)]
            if output.vr == "equirect-180":
                pair = [half_sphere(seen, fov=fov, aspect=aspect) for seen in pair]
            return to_picture(torch.cat(pair, dim=2 if output.vr == "over-under" else 3))
