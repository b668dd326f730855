"""One frame: the list of what is done to it, its key, and its pixels.

    key of frame n    = hash of the key of the frame before, n, and the name and inputs of every stage at work
    pixels of frame n = every stage at work, in order, on the frame before

The picture carried forward is the stored 8-bit one, rounded to the nearest level. So a render that was stopped anywhere
and continues from the disk makes the same bytes as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from projects import Picture, canonical, frame_key

from .depth import DepthReader
from .resolve import ResolvedProject
from .resolve.resolve import mask_picture
from .stages.camera import Camera
from .stages.clip_motion import ClipMotion
from .stages.clip_overlay import ClipOverlay
from .stages.controls import ControlHints
from .stages.guides import Guide, GuideColors, Start
from .stages.look import Contrast, Echo, Noise, Saturation, Sharpen, Symmetry
from .stages.mask import MaskReader, Strength
from .stages.match import Match
from .stages.paint import Paint
from .stages.picture_reader import DepthInputs, Pictures
from .stages.stage import Canvas, Frame, Parts, Stage, Stages, Tools, run
from .stages.uncovered import HoleEstimate, Moved

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from .diffusion import OnStep
    from .stages.stage import Painter

# the stages of a preview: what moves the picture
MOTION = (Start.name, Camera.name, ClipOverlay.name, ClipMotion.name, Moved.name)
ENGINE = 7  # counts changes of the code that change pixels; a new number paints every frame again


def stages_of(film: ResolvedProject, *, quick: bool = False) -> Stages:
    """All that is done to a frame of a film, in order. quick: without networks beside the model (previews)."""
    file, look = film.project.file, film.project.file.coherence
    depth = DepthInputs(film.depth, file.motion, film.clips)
    camera = Camera(
        file.motion,
        film.rows,
        depth,
        film.size,
        smooth=0 if quick else film.depth_smooth,
        before=film.cadence.before,
    )
    clip_motion = ClipMotion(file.video, file.motion, film.clips, quick=quick)
    laid = partial(ClipOverlay, settings=file.video, clips=film.clips, depth=depth, motion=clip_motion)
    mask, noise_mask = (_mask(film, name, depth) for name in ("mask", "noise_mask"))
    hole = HoleEstimate(camera, clip_motion, file.motion, film.size)
    match = Match(film.colors, film.timeline, film.rows, film.paint.inputs)
    each: list[Stage[Any] | None] = [
        Start(film.start),
        camera,
        laid("before") if file.video.input else None,
        clip_motion if file.video.input else None,
        laid("init") if file.video.input else None,
        Moved(hole),
        Symmetry(look, after=False) if look.symmetry != "none" else None,
        Guide(film.guides) if film.guides else None,
        Saturation(),
        ControlHints(film.models, film.clips, depth) if file.control else None,
        match,
        Contrast(),
        Sharpen(),
        Noise(look, file.seed, noise_mask),
        Strength(mask, hole),
        Paint(film.paint),
        laid("after") if file.video.input else None,
        match,
        GuideColors(film.guides) if film.guides else None,
        Echo(),
        Symmetry(look, after=True) if look.symmetry != "none" else None,
    ]
    return tuple(stage for stage in each if stage is not None)


def moving(stages: Stages) -> Stages:
    """The stages that carry a painted picture from one frame to another, with nothing laid over it."""
    return tuple(stage for stage in stages if isinstance(stage, Camera | ClipMotion | Moved))


def _no_frame(number: int) -> Tensor:
    raise RuntimeError(f"frame {number} is not stored here")


def _mask(film: ResolvedProject, name: str, depth: DepthInputs) -> MaskReader | None:
    if name not in film.masks:
        return None
    feather = film.project.file.coherence.mask_feather
    return MaskReader(film.masks[name], feather, partial(mask_picture, film), depth)


def painted_frame(film: ResolvedProject, number: int) -> Frame:
    """A frame that the model paints, as stages see it."""
    segment = film.cadence.of(number)
    first = segment.before is None
    path = tuple(film.rows[at] for at in segment.path)
    pictured = not first or film.start is not None
    return Frame(path[-1], path=() if first else path, before=segment.before, pictured=pictured)


class KeyWriter:
    """Writes the keys of a film's frames. A value that stays the same from frame to frame is written out once."""

    def __init__(self) -> None:
        self._last: dict[tuple[int, str], _Known] = {}

    def key(self, number: int, made_of: Parts, before: str | None, keys: Sequence[str]) -> str:
        """The key of frame `number`. made_of: names and inputs of what is done to it. before: the key of the frame
        that it is made from. keys: of the frames of the film before it, for inputs that look back at one."""
        texts = [f"{ENGINE} {number}"]
        for place, (name, inputs) in enumerate(made_of):
            known = self._last.get((place, name))
            if known is None or known.inputs != inputs:
                known = self._last[place, name] = _written(name, inputs, known)
            texts.append(known.text)
            if hasattr(inputs, "uses"):
                texts += [keys[at] for at in inputs.uses]
        return frame_key(texts, before)


class _Known(NamedTuple):
    """Inputs as they are written in a key. values: what stands in the key of them; texts: of each; text: of all."""

    inputs: Any
    values: tuple[Any, ...]
    texts: list[str]
    text: str


def _written(name: str, inputs: Any, known: _Known | None) -> _Known:
    values = inputs.in_key() if hasattr(inputs, "in_key") else inputs
    values = values if isinstance(values, tuple) else (values,)
    if known is None or len(known.values) != len(values):
        texts = [canonical(value) for value in values]
    else:
        texts = [
            text if value is old or value == old else canonical(value)
            for value, old, text in zip(values, known.values, known.texts, strict=True)
        ]
    return _Known(inputs, values, texts, "\n".join((name, *texts)))


class FrameMaker:
    """Makes the frames of one film, one after the other.

    frame: gives a frame of the film as stored; painted: what the model painted there. They are asked for frames before
    the one that is made. stages: in place of the film's own. Close it: clips are read by processes.
    """

    def __init__(
        self,
        film: ResolvedProject,
        painter: Painter,
        frame: Callable[[int], Picture],
        painted: Callable[[int], Picture],
        stages: Stages | None = None,
    ) -> None:
        self.stages = stages_of(film) if stages is None else stages
        self._frame, self._painted = frame, painted
        self._fresh: dict[int, Tensor] = {}  # the last two painted frames, on the device
        self.tools = tools_for(film, painter.device, self.frame, self.painted, painter=painter)

    def close(self) -> None:
        """End what clips are read with."""
        self.tools.pictures.close()

    def make(self, frame: Frame, on_step: OnStep) -> Picture:
        """The picture of a frame that the model paints, uint8 (H, W, 3), to be stored."""
        import torch

        from .tensors import levels_of, to_memory

        self.tools.on_step = on_step
        with torch.inference_mode():
            before = None if frame.before is None else self.painted(frame.before)
            canvas = run(self.stages, frame, Canvas(tools=self.tools, picture=before, before=before))
            levels = levels_of(canvas.given)
            # it stays on the device too: the next frame starts from it, without a way back
            self._fresh = {**dict(list(self._fresh.items())[-1:]), frame.number: levels / 255.0}
            return to_memory(levels)

    def painted(self, number: int) -> Tensor:
        """What the model painted at a frame, (1, 3, H, W) in [0, 1], as stored."""
        return self._fresh[number] if number in self._fresh else self._on_device(self._painted(number))

    def frame(self, number: int) -> Tensor:
        """A frame of the film, (1, 3, H, W) in [0, 1], as stored."""
        return self._on_device(self._frame(number))

    def _on_device(self, picture: Picture) -> Tensor:
        from .tensors import to_tensor

        return to_tensor(picture, self.tools.device)


def tools_for(
    film: ResolvedProject,
    device: torch.device,
    frame: Callable[[int], Tensor] = _no_frame,
    painted: Callable[[int], Tensor] = _no_frame,
    *,
    painter: Painter | None = None,
    networks: bool = True,
) -> Tools:
    """The machines that the stages of a film work with. networks: if not, no depth network is loaded.

    frame, painted, painter: see Tools; not needed where nothing is painted.
    """
    pictures = Pictures(film.size, film.clips, device)
    depth = DepthReader(film.depth.path, device, pictures.grey, network=networks)
    return Tools(device=device, painter=painter, pictures=pictures, depth=depth, frame=frame, painted=painted)
