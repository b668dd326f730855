"""What a stage is, and what stages hand on to each other.

A frame is made by a list of stages (`render.frame.stages_of`). Each says what its pixels depend on, its inputs, which
are its part of the frame's key; and what it does to the canvas, given nothing but those inputs. So a setting cannot
change a pixel without changing the key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from projects import Row

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..depth import DepthReader
    from ..diffusion import Canvas as PaintCanvas
    from ..diffusion import Control, OnStep, PaintJob
    from .picture_reader import Pictures

I = TypeVar("I")  # noqa: E741
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that is to be made, as stages see it.

    row: its values. path: the rows that the camera passes from the last painted frame, `before`, to this one, the last
    of them `row`; empty where nothing was painted before. pictured: whether there is a picture to paint over.
    """

    row: Row
    path: tuple[Row, ...] = ()
    before: int | None = None
    pictured: bool = True

    @property
    def number(self) -> int:
        """Its place in the film, from 0."""
        return self.row.frame

    @property
    def first(self) -> bool:
        """Whether no frame comes before it."""
        return self.before is None


class Stage(Protocol[I]):
    """One thing that is done to a frame: noise, a colour match, the camera's move, the painting."""

    name: str

    def inputs(self, frame: Frame) -> I | None:
        """All that its pixels depend on besides the canvas, in the fewest words; None: it does nothing here.

        Plain values, tuples and named tuples, equal where the pixels are; see `projects.canonical`. Called for every
        frame of a film before anything is loaded, so it imports no torch. A setting that does nothing stays out.
        """

    @staticmethod
    def apply(canvas: Canvas, inputs: I) -> Canvas:
        """The canvas after it. It has no access to the project: whatever it needs is in the inputs."""


Stages = tuple[Stage[Any], ...]
Parts = list[tuple[str, Any]]


class Painter(Protocol):
    """What paints: a diffusion model, or whatever stands in for it."""

    device: torch.device

    def paint(self, canvas: PaintCanvas, job: PaintJob, on_step: OnStep | None = None) -> Tensor:
        """The painted picture, (1, 3, H, W) in [0, 1]; `on_step(done, count)` after every step, and what it raises ends
        the painting."""
        ...


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """A frame while it is made. Tensors are float, (1, C, H, W), on the device; pictures RGB in [0, 1].

    picture: as it is now; None where a frame is painted from nothing. before: the frame that it is made from, as
    stored. seen: the picture whose depth it has, if not its own. moved: the picture after the camera's move.
    coverage, trust, clip_share, hole: (1, 1, H, W): what was seen before the move; where the clip's motion can be
    trusted; how much of the clip there is; how far each pixel gets `reveal_strength` in place of `strength`.
    controls: what ControlNets see.
    """

    tools: Tools
    picture: Tensor | None = None
    before: Tensor | None = None
    seen: Tensor | None = None
    moved: Tensor | None = None
    coverage: Tensor | None = None
    trust: Tensor | None = None
    clip_share: Tensor | None = None
    hole: Tensor | None = None
    strength: float = 1.0
    reveal_strength: float = 1.0
    controls: tuple[Control, ...] = ()

    @property
    def given(self) -> Tensor:
        """The picture, where there is one."""
        assert self.picture is not None
        return self.picture

    def showing(self, picture: Tensor) -> Canvas:
        """The same with another picture."""
        return replace(self, picture=picture)


@dataclass(kw_only=True)
class Tools:
    """What stages work with: machines that know no project, and what they were given before.

    frame: gives an earlier frame of the film as stored, painted: what the model painted there (with a cadence they
    differ), (1, 3, H, W). on_step: see `Painter.paint`.
    """

    device: torch.device
    painter: Painter | None
    pictures: Pictures
    depth: DepthReader
    frame: Callable[[int], Tensor]
    painted: Callable[[int], Tensor]
    on_step: OnStep | None = None
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False)

    def paint(self, canvas: PaintCanvas, job: PaintJob) -> Tensor:
        """What the painter paints, (1, 3, H, W) in [0, 1]."""
        if self.painter is None:
            raise RuntimeError("nothing is painted here")
        return self.painter.paint(canvas, job, self.on_step)

    def once(self, what: Hashable, make: Callable[[], T], *, keep: int = 16) -> T:
        """What `make` makes, remembered by `what`, an input of a stage; the last `keep` of them are kept."""
        if what not in self._kept:
            while len(self._kept) >= keep:
                self._kept.pop(next(iter(self._kept)))
            self._kept[what] = make()
        made: T = self._kept[what]
        return made


def run(stages: Stages, frame: Frame, canvas: Canvas) -> Canvas:
    """The canvas after every stage that has something to do in this frame, in order."""
    for stage in stages:
        inputs = stage.inputs(frame)
        if inputs is not None:
            canvas = stage.apply(canvas, inputs)
    return canvas


def parts(stages: Stages, frame: Frame) -> Parts:
    """What a frame is made from, apart from the one before it: the name and the inputs of every stage at work."""
    each = [(stage.name, stage.inputs(frame)) for stage in stages]
    return [part for part in each if part[1] is not None]
