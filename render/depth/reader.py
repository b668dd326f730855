"""The depth of one picture after the other, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from motion import Pose
    from motion.estimate import DepthNetwork

Kind = Literal["flat", "ground", "picture", "clip", "network"]
_AGREES = 0.3  # how far apart two estimates may be, as a logarithm, to count a third
_HORIZON = 1e3  # how far open country goes, times its nearest, where only the order counts


@dataclass(frozen=True, kw_only=True)
class DepthSource:
    """Where a film's depth comes from, found. path: of the picture, or of the network's folder; digest: of what is in
    it."""

    kind: Kind
    name: str
    path: Path | None = None
    digest: str = ""


class DepthMap(NamedTuple):
    """Where relative depth comes from. kind: "flat" is a wall, "ground" open country. source: of a picture or a clip
    the picture, of a network the digest of its files."""

    kind: Kind
    source: Any = None


class Distances(NamedTuple):
    """A depth map brought to distances: between the planes `near` and `far`, in 1/200 units, or as another program
    has them (compat)."""

    map: DepthMap
    near: float
    far: float
    compat: Literal["none", "deforum", "disco"] = "none"


class DepthReader:
    """Depth on the device of the pictures. The network is loaded at its first use.

    folder: of the network, None where there is none. grey: gives a source's picture, (1, 1, H, W) in [0, 1], white is
    near. network: if not, open country stands in for a network (previews load none).
    """

    def __init__(
        self,
        folder: Path | None,
        device: torch.device,
        grey: Callable[[Any], Tensor],
        *,
        network: bool = True,
    ) -> None:
        self._folder, self._device, self._grey, self._allowed = folder, device, grey, network
        self._network: DepthNetwork | None = None
        self._looked: tuple[Tensor, Tensor] | None = None  # the picture seen last, and its depth

    def soft_edges(self, wanted: DepthMap) -> bool:
        """Whether edges are ramps, as a network draws them."""
        return self._kind(wanted) == "network"

    def distances(self, picture: Tensor, wanted: Distances) -> Tensor | None:
        """How far the pixels of `picture` (1, 3, H, W) are, (1, 1, H, W), in units; None for a wall at 1."""
        from motion import UNITS, disco_z, equalised, ground, to_units

        kind, near, far = self._kind(wanted.map), wanted.near / UNITS, wanted.far / UNITS
        if kind == "flat":
            return None
        if kind == "ground":
            return ground((picture.shape[-1], picture.shape[-2]), near=near, far=far).to(self._device)
        raw, measure = self._raw(picture, wanted.map)
        if wanted.compat == "none":
            return to_units(raw, measure, near=near, far=far)
        inverse = raw if measure == "inverse" else -raw
        return equalised(inverse) if wanted.compat == "deforum" else disco_z(inverse)

    def nearness(self, picture: Tensor, wanted: DepthMap) -> Tensor:
        """How near the pixels of `picture` (1, 3, H, W) are, (1, 1, H, W): 0 the farthest, 1 the nearest."""
        from motion import ground

        kind, (height, width) = self._kind(wanted), picture.shape[-2:]
        if kind == "flat":
            return picture.new_ones((1, 1, height, width))
        if kind == "ground":
            return ground((width, height), near=1.0, far=_HORIZON).to(self._device).reciprocal()
        raw, measure = self._raw(picture, wanted)
        inverse = (raw if measure == "inverse" else -raw).float()
        low, high = inverse.min(), inverse.max()
        return (inverse - low) / (high - low).clamp(min=1e-12)

    def _kind(self, wanted: DepthMap) -> Kind:
        return "ground" if wanted.kind == "network" and not self._allowed else wanted.kind

    def _raw(self, picture: Tensor, wanted: DepthMap) -> tuple[Tensor, Literal["inverse", "metric"]]:
        """What a depth picture or the network says, and in which measure (see `motion.to_units`)."""
        if wanted.kind in ("picture", "clip"):
            return self._grey(wanted.source), "inverse"
        network = self._loaded()
        if self._looked is None or self._looked[0] is not picture:
            self._looked = (picture, network(picture))  # frames of one cadence ask for the same picture
        return self._looked[1], network.measure

    def _loaded(self) -> DepthNetwork:
        from motion.estimate import load_depth

        from ..assets.loading import loading, quiet_libraries

        if self._network is None:
            assert self._folder is not None
            quiet_libraries()
            with loading(f'depth model "{self._folder.name}" ({self._folder})'):
                self._network = load_depth(self._folder, self._device)
        return self._network


def smoothed(now: Tensor, earlier: Sequence[tuple[Tensor, Pose]]) -> Tensor:
    """The depth `now`, (1, 1, H, W) in units, averaged with `earlier` depths and the pose from each to now.

    A network looks at every picture by itself, and its depth of the same thing jumps from one to the next. So
    1 / distance is averaged over the last painted frames, carried to where the camera is now. Earlier estimates that
    differ too much are ignored: across an edge they belong to another object.
    """
    import torch

    from motion.warp3d import carry_depth

    inverse, count = now.reciprocal(), now.new_ones(now.shape)
    for depth, pose in earlier:
        carried = carry_depth(depth, pose)
        weight = torch.exp(-((carried / now).log() / _AGREES).square())  # none, where it is infinite
        inverse += weight * carried.reciprocal()
        count += weight
    return count / inverse
