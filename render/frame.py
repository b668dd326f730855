"""One frame: the order of operations, from the picture before it to the picture that is stored.

    frame n-1 (8 bit, as stored) -> warp, holes filled -> symmetry, guide, saturation -> match colours, detail
      -> contrast -> anti-blur -> noise -> paint, masked, holes anew -> match colours -> guide's colours, echo, symmetry
      -> frame n (8 bit)

The picture carried forward is the stored 8-bit one, rounded to the nearest level: so a render that was stopped
anywhere and goes on from the disk makes the same bytes as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from keyframes import Row
from motion import hole_depth, warp
from projects import Picture

from .coherence import add_noise, adjust_contrast, unsharp
from .footage.hybrid import Hybrid
from .painter import Canvas, OnStep, Painter
from .retouch.colors import Colors, Goals
from .retouch.retouch import Retouch
from .setup import Setup
from .space.camera import move_of
from .space.depths import Depths
from .space.steady import SteadyDepth
from .space.uncovered import reach
from .steering.controlpictures import ControlPictures
from .tensors import levels_of, to_memory, to_tensor
from .video.sources import SourceReader


class FramePainter:
    """Paints the frames of one project, one after the other.

    anchor: gives the stored picture of the frame whose colours are kept; asked once, when it is first needed.
    original: gives the painted picture of an earlier frame, as it is stored; by default `anchor` does.
    """

    def __init__(
        self,
        setup: Setup,
        painter: Painter,
        anchor: Callable[[int], Picture],
        original: Callable[[int], Picture] | None = None,
    ) -> None:
        self._setup, self._painter = setup, painter
        # the last two painted frames: as stored, and the same on the device
        self._last: list[tuple[Picture, Tensor]] = []
        device, self._projector = painter.device, SourceReader(setup.reels)
        self._depths = Depths(setup, device, self._projector)
        self._steady = SteadyDepth(setup, self._depths, lambda at: self.on_device((original or anchor)(at)))
        has_clip = bool(setup.project.file.video.input)
        self._hybrid = Hybrid(setup, device, self._depths, self._projector) if has_clip else None
        self._colors = Colors(setup, painter, anchor)
        self._retouch = Retouch(setup, device, self._depths, self._projector)
        self._controls = ControlPictures(setup, device, self._depths, self._projector)

    def close(self) -> None:
        """End what clips are read with."""
        self._projector.close()

    def first(self, row: Row, init: Picture | None, on_step: OnStep) -> Picture:
        """Frame 0: from the prompt alone, or painted over the init image or the clip's first picture."""
        if init is None and self._hybrid is not None:
            init = self._hybrid.first()
        given = None if init is None else to_tensor(init, self._painter.device)
        with torch.inference_mode():
            if given is None:
                controls = self._controls.of(row, None)
                painted = self._painter.paint(Canvas(controls=controls), row, on_step)
                return self._stored(self._finished(row, painted))
            masked, hole = self._retouch.masked(row, given, None)
            given = self._retouch.mirrored(row, given)
            controls = self._controls.of(row, given)
            canvas = Canvas(picture=given, hole=hole, controls=controls)
            painted = self._painter.paint(canvas, masked, on_step)
            return self._stored(self._finished(row, painted))

    def next(self, row: Row, before: Picture, on_step: OnStep, way: Sequence[Row] = ()) -> Picture:
        """Frame n from the stored frame n - 1, or from the last painted one and the `way` from there to n."""
        with torch.inference_mode():
            moved, hole = self.moved(way or (row,), self.on_device(before))
            # OpenCV leaves channels last in memory; networks round differently then
            retouched = self._retouch.before(row, moved)
            controls = self._controls.of(row, retouched)
            goals = self._colors.goals(row, before, on_step)
            given = self._cohere(row, retouched, goals).contiguous()
            masked, hole = self._retouch.masked(row, moved, hole)
            canvas = Canvas(picture=given, hole=hole, controls=controls)
            painted = self._laid_over(row, self._painter.paint(canvas, masked, on_step))
            painted = self._colors.match_detail(row, self._colors.match(row, painted, goals), goals)
            return self._stored(self._retouch.after(row, moved, painted))

    def _finished(self, row: Row, painted: Tensor) -> Tensor:
        return self._retouch.mirrored(row, self._laid_over(row, painted))

    def _laid_over(self, row: Row, painted: Tensor) -> Tensor:
        return painted if self._hybrid is None else self._hybrid.painted(row, painted)

    def _stored(self, painted: Tensor) -> Picture:
        """The picture to store. It stays on the device too: the next frame starts from it, without a way back."""
        levels = levels_of(painted)
        picture = to_memory(levels)
        self._last = [*self._last[-1:], (picture, levels / 255.0)]
        return picture

    def on_device(self, before: Picture) -> Tensor:
        """A stored picture, (1, 3, H, W) in [0, 1]."""
        for picture, known in self._last:
            if picture is before:
                return known
        return to_tensor(before, self._painter.device)

    def moved(
        self, way: Sequence[Row], picture: Tensor, seen: Tensor | None = None, *, laid: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """The picture, moved, and how deep each pixel lies in what is to be revealed (None: nothing is).

        way: the frames it is moved to, one after another. seen: the picture whose depth it has, if not its own.
        laid: whether a clip is laid over it too.
        """
        motion = self._setup.project.file.motion
        moved = warp(
            picture,
            [[move_of(self._setup, row) for row in way]],
            border=motion.border,
            sampling=motion.sampling,
            mode=motion.mode,
            depth=None if motion.mode == "2d" else self._steady.of(picture if seen is None else seen, way[0]),
            soft_edges=self._depths.soft_edges,
            compat=motion.compat,
        )
        hole = share = None
        if self._hybrid is not None:
            moved, share = self._hybrid.moved(way, moved, laid=laid)
        if motion.border == "reveal" and bool((moved.coverage < 1).any()):
            size = self._setup.size
            hole = hole_depth(moved.coverage, reach=reach(size), feather=reach(size))
            hole = hole if share is None else hole * (1 - share)
        return moved.picture.clamp(0.0, 1.0), hole  # bicubic overshoots

    def _cohere(self, row: Row, picture: Tensor, goals: Goals) -> Tensor:
        file, lanes = self._setup.project.file, row.numbers
        picture = self._colors.match_detail(row, self._colors.match(row, picture, goals), goals)
        picture = adjust_contrast(picture, lanes["contrast"])
        picture = unsharp(
            picture,
            amount=lanes["antiblur_amount"],
            kernel=int(lanes["antiblur_kernel"]),
            sigma=lanes["antiblur_sigma"],
            threshold=lanes["antiblur_threshold"],
        )
        kind = file.coherence.noise_type
        noised = add_noise(picture, kind=kind, amount=lanes["noise"], seeds=[file.seed], frame=row.frame)
        return self._retouch.noisy(row, picture, noised)
