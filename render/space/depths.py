"""Where a film's depth comes from: nothing, a guess, a picture, or a network that looks at each frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from projects.files import digest_of

from ..assets.find import BUILT_IN
from ..assets.kinds import DEPTH as DEPTH_NETWORK
from ..clips import DEPTH
from ..diffusion.catalogue import AUTO, ModelSource, find_for
from ..video.sources import SourceReader

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from keyframes import Row
    from motion.estimate import DepthNetwork
    from projects import Project

    from ..setup import Setup

Kind = Literal["flat", "ground", "picture", "clip", "network"]
_HORIZON = 1e3  # how far open country goes for a mask, times its nearest


@dataclass(frozen=True, kw_only=True)
class DepthChoice:
    """A depth source, found. path: of the picture, or of the network's folder; digest: of what is in it."""

    kind: Kind
    name: str
    path: Path | None = None
    digest: str = ""


def find_depth(project: Project, source: ModelSource) -> DepthChoice:
    """Find what `[motion] depth` names; nothing is loaded and torch is not imported.

    "auto" is the painting model's own depth network if it is built in and has one, open country (`ground`) if it is
    built in and has none, and Depth Anything V2 Small for all others.
    Raises EnvironmentFault for a depth model that is not there.
    """
    name = project.file.motion.depth
    if DEPTH in project.footage:
        return DepthChoice(kind="clip", name="clip")  # its pictures are in the reel of that name
    if project.depth_picture is not None:
        digest = digest_of(project.depth_picture)
        return DepthChoice(kind="picture", name=name, path=project.depth_picture, digest=digest)
    built_in = source.path is not None and source.path.parent == BUILT_IN
    if name == AUTO and built_in and source.path and not (source.path / DEPTH_NETWORK.own).is_dir():
        name = "ground"
    if name in ("flat", "ground"):
        return DepthChoice(kind="flat" if name == "flat" else "ground", name=name)
    if name == AUTO and not built_in:
        name = DEPTH_NETWORK.usual
    network = find_for(DEPTH_NETWORK, name, source, folder=project.folder)
    return DepthChoice(kind="network", name=network.name, path=network.path, digest=network.digest)


class Depths:
    """The depth of one frame after the other, on the device of the pictures. The network is loaded at its first use."""

    def __init__(
        self, setup: Setup, device: torch.device, projector: SourceReader, *, network: bool = True
    ) -> None:
        """network: if not, open country stands in for a depth network (previews load no model)."""
        self._setup, self._device = setup, device
        self._kind = setup.depth.kind
        if self._kind == "network" and not network:
            self._kind = "ground"
        self._network: DepthNetwork | None = None
        self._picture: Tensor | None = None
        self._looked: tuple[Tensor, Tensor] | None = None  # the picture looked at last, and what was seen
        self._projector = projector

    @property
    def soft_edges(self) -> bool:
        """Whether what stands before something else goes over to it in a ramp: a network's depth does."""
        return self._kind == "network"

    def of(self, picture: Tensor, row: Row) -> Tensor | None:
        """How far the pixels of `picture` (1, 3, H, W) are, (1, 1, H, W), in units; None for a wall at 1."""
        from motion import UNITS, ground

        near, far = row.numbers["near"] / UNITS, row.numbers["far"] / UNITS
        height, width = picture.shape[-2:]
        if self._kind == "flat":
            return None
        if self._kind == "ground":
            return ground((width, height), near=near, far=far).to(self._device)
        # what is moved is the picture of the frame before, and so is its depth
        raw, measure = self._raw(picture, max(row.frame - 1, 0))
        return self._scaled(raw, measure, near, far)

    def nearness(self, picture: Tensor, frame: int) -> Tensor:
        """How near the pixels of `picture` (1, 3, H, W) are, (1, 1, H, W): 0 the farthest, 1 the nearest."""
        from motion import ground

        height, width = picture.shape[-2:]
        if self._kind == "flat":
            return picture.new_ones((1, 1, height, width))
        if self._kind == "ground":
            return ground((width, height), near=1.0, far=_HORIZON).to(self._device).reciprocal()
        raw, measure = self._raw(picture, frame)
        inverse = (raw if measure == "inverse" else -raw).float()
        low, high = inverse.min(), inverse.max()
        return (inverse - low) / (high - low).clamp(min=1e-12)

    def _raw(self, picture: Tensor, frame: int) -> tuple[Tensor, Literal["inverse", "metric"]]:
        """What the depth picture, the depth video at a frame, or the network says of `picture`."""
        if self._kind == "picture":
            return self._shown((picture.shape[-1], picture.shape[-2])), "inverse"
        if self._kind == "clip":
            return self._grey(frame), "inverse"
        network = self._loaded()
        if self._looked is None or self._looked[0] is not picture:
            self._looked = (picture, network(picture))  # with a cadence it is asked for again
        return self._looked[1], network.measure

    def _scaled(self, raw: Tensor, measure: Literal["inverse", "metric"], near: float, far: float) -> Tensor:
        from motion import disco_z, equalised, to_units

        compat = self._setup.project.file.motion.compat
        if compat == "none":
            return to_units(raw, measure, near=near, far=far)
        inverse = raw if measure == "inverse" else -raw
        return equalised(inverse) if compat == "deforum" else disco_z(inverse)

    def _grey(self, frame: int) -> Tensor:
        """The picture of the depth video at a frame, (1, 1, H, W)."""
        import torch

        grey = self._projector.picture(DEPTH, frame).mean(2)
        return torch.from_numpy(grey)[None, None].float().to(self._device) / 255.0

    def _shown(self, size: tuple[int, int]) -> Tensor:
        """The depth picture, (1, 1, H, W)."""
        import torch

        from ..pictures import read_picture

        if self._picture is None:
            assert self._setup.depth.path is not None
            grey = read_picture(self._setup.depth.path, size, where="motion.depth").mean(2)
            self._picture = torch.from_numpy(grey)[None, None].float().to(self._device) / 255.0
        return self._picture

    def _loaded(self) -> DepthNetwork:
        from motion.estimate import load_depth

        from ..assets.loading import loading
        from ..diffusion.load import quiet_libraries

        if self._network is None:
            quiet_libraries()
            choice = self._setup.depth
            assert choice.path is not None
            with loading(f'depth "{choice.name}" ({choice.path})'):
                self._network = load_depth(choice.path, self._device)
        return self._network
