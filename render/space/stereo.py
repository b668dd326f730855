"""Films for two eyes: each painted frame becomes a pair while the film is made. The frames themselves stay as they are.

Always on the CPU, so that the film has the same bytes whatever painted its frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from keyframes import Problem, ProjectError
from projects import Picture, Project

if TYPE_CHECKING:
    from ..setup import Setup

View = Callable[[int, Picture], Picture]
_LANES = ("near", "far", "fov", "aspect")


def check_stereo(project: Project) -> None:
    """Raise ProjectError for a film for two eyes without depth, or with a screen where there is none."""
    output, motion = project.file.output, project.file.motion
    if output.vr == "none":
        return
    if motion.mode != "3d":
        raise _wrong(
            project,
            "vr",
            "two eyes need depth, which a 2D film has none of.",
            'Write mode = "3d" in [motion].',
        )
    if output.vr == "equirect-180" and output.vr_screen:
        raise _wrong(
            project,
            "vr_screen",
            "half a sphere has no screen: its eyes look straight on.",
            "Take vr_screen out.",
        )


def pair_settings(setup: Setup, frames: Sequence[int]) -> dict[str, object]:
    """What the pairs of a film for two eyes are made from, for the film's key; nothing for any other film."""
    output = setup.project.file.output
    if output.vr == "none":
        return {}
    given = {"vr": output.vr, "vr_eyes": output.vr_eyes, "vr_screen": output.vr_screen}
    lanes = {lane: [float(setup.timeline.numbers[lane][frame]) for frame in frames] for lane in _LANES}
    depth = (setup.depth.kind, setup.depth.digest or setup.depth.name)
    motion = setup.project.file.motion
    return {**given, "depth": depth, "compat": motion.compat, "sampling": motion.sampling, **lanes}


def viewer(setup: Setup) -> View:
    """(frame, picture as painted) -> picture of the film: the same, or what both eyes see of it."""
    if setup.project.file.output.vr == "none":
        return lambda frame, picture: picture
    return _Eyes(setup)


class _Eyes:
    """The eyes of one film. The depth network, if there is one, is loaded at the first frame."""

    def __init__(self, setup: Setup) -> None:
        import torch

        from ..video.sources import SourceReader
        from .depths import Depths

        self._setup, self._device = setup, torch.device("cpu")
        self._depths = Depths(setup, self._device, SourceReader(setup.reels))

    def __call__(self, frame: int, picture: Picture) -> Picture:
        import torch

        from motion.pose import UNITS
        from motion.stereo import eye, half_sphere

        from ..tensors import to_picture, to_tensor

        output, sampling = self._setup.project.file.output, self._setup.project.file.motion.sampling
        row = self._setup.timeline.row(frame)
        fov, aspect = row.numbers["fov"], row.numbers["aspect"]
        with torch.inference_mode():
            given = to_tensor(picture, self._device)
            depth = self._depths.of(given, row)
            depth = torch.ones_like(given[:, :1]) if depth is None else depth
            half, screen = output.vr_eyes / UNITS / 2, output.vr_screen / UNITS or math.inf
            look = partial(eye, given, depth, screen=screen, sampling=sampling, fov=fov, aspect=aspect)
            pair = [look(offset=side * half, soft_edges=self._depths.soft_edges) for side in (-1, 1)]
            if output.vr == "equirect-180":
                pair = [half_sphere(seen, fov=fov, aspect=aspect) for seen in pair]
            return to_picture(torch.cat(pair, dim=2 if output.vr == "over-under" else 3))


def _wrong(project: Project, name: str, what: str, hint: str) -> ProjectError:
    where = f"output.{name}"
    line = project.lines.get(where)
    return ProjectError(Problem(what=what, where=where, hint=hint, file=project.file_name, line=line))
