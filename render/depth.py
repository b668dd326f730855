"""How far things are: a guess, a picture, a video, or a network that looks at each frame.

Any transformers model for depth estimation serves, from a folder of its files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from motion import Compat, Measure, Pose

Kind = Literal["flat", "ground", "picture", "clip", "network"]
_AGREES = 0.3  # how far apart two estimates may be, as a logarithm, to count a third
_HORIZON = 1e3  # how far open country goes, times its nearest, where only the order counts
_METRIC = (
    "zoedepth",
    "glpn",
    "depth_pro",
)  # give metres; the config of others says so, or they give relative depth


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
    compat: Compat = "none"


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

    def _raw(self, picture: Tensor, wanted: DepthMap) -> tuple[Tensor, Measure]:
        """What a depth picture or the network says, and in which measure (see `motion.to_units`)."""
        if wanted.kind in ("picture", "clip"):
            return self._grey(wanted.source), "inverse"
        network = self._loaded()
        if self._looked is None or self._looked[0] is not picture:
            self._looked = (picture, network(picture))  # frames of one cadence ask for the same picture
        return self._looked[1], network.measure

    def _loaded(self) -> DepthNetwork:
        from .assets.loading import loading, quiet_libraries

        if self._network is None:
            assert self._folder is not None
            quiet_libraries()
            with loading(f'depth model "{self._folder.name}" ({self._folder})'):
                self._network = load_depth(self._folder, self._device)
        return self._network


@dataclass(frozen=True, kw_only=True)
class Intake:
    """The input that a network expects. size: (width, height); mean, spread: per channel, of pictures in [0, 1]."""

    size: tuple[int, int] = (384, 384)
    multiple: int = 1
    keep_aspect: bool = False
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    spread: tuple[float, ...] = (0.5, 0.5, 0.5)

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """The size (width, height) at which a picture of this size is shown to the network."""
        across, down = self.size[0] / width, self.size[1] / height
        if self.keep_aspect:  # the side that has to change less decides, as in the DPT processor
            across = down = across if abs(1 - across) < abs(1 - down) else down
        return self._rounded(across * width), self._rounded(down * height)

    def _rounded(self, length: float) -> int:
        return max(1, round(length / self.multiple)) * self.multiple


class DepthNetwork:
    """A loaded depth network. measure: what its numbers mean (see motion.to_units)."""

    def __init__(self, model: Any, measure: Measure, intake: Intake) -> None:
        self.model, self.measure, self.intake = model, measure, intake

    def __call__(self, picture: Tensor) -> Tensor:
        """The network's output for pictures (B, 3, H, W), RGB in [0, 1]: (B, 1, H, W), float32, as it is."""
        import torch
        from torch.nn.functional import interpolate

        height, width = picture.shape[-2:]
        like = next(self.model.parameters())
        with torch.inference_mode():
            shown = self.intake.fitted(width, height)[::-1]
            small = interpolate(picture, shown, mode="bicubic", align_corners=False, antialias=True)
            mean = picture.new_tensor(self.intake.mean).view(3, 1, 1)
            spread = picture.new_tensor(self.intake.spread).view(3, 1, 1)
            pixels = ((small.clamp(0, 1) - mean) / spread).to(device=like.device, dtype=like.dtype)
            depth: Tensor = self.model(pixel_values=pixels).predicted_depth
            depth = depth.reshape(len(picture), 1, *depth.shape[-2:]).float()
            return interpolate(depth, (height, width), mode="bilinear", align_corners=False)


def load_depth(folder: Path, device: torch.device) -> DepthNetwork:
    """Load a depth network from a folder in transformers' format (config.json, safetensors, preprocessor_config.json).

    Raises OSError or ValueError, as transformers says it, for a folder that holds no such model; pickles are not read.
    """
    import torch
    from transformers import AutoModelForDepthEstimation

    model = AutoModelForDepthEstimation.from_pretrained(
        str(folder), use_safetensors=True, local_files_only=True, dtype=torch.float32
    )
    return DepthNetwork(model.to(device).eval(), measure_of(model.config), read_intake(folder))


def measure_of(config: Any) -> Measure:
    """Whether a network gives metres or relative inverse depth."""
    kind = getattr(config, "depth_estimation_type", None)
    metric = kind == "metric" if kind else config.model_type in _METRIC
    return "metric" if metric else "inverse"


def read_intake(folder: Path) -> Intake:
    """What the network's preprocessor_config.json asks for; the DPT processor's defaults without one."""
    file = folder / "preprocessor_config.json"
    if not file.is_file():
        return Intake()
    settings = json.loads(file.read_text(encoding="utf-8"))
    size = settings.get("size", 384)
    sides = size if isinstance(size, dict) else {"width": size, "height": size}
    normalised = settings.get("do_normalize", True)
    return Intake(
        size=(int(sides.get("width", 384)), int(sides.get("height", 384))),
        multiple=int(settings.get("ensure_multiple_of") or settings.get("size_divisor") or 1),
        keep_aspect=bool(settings.get("keep_aspect_ratio", False)),
        mean=tuple(settings.get("image_mean", (0.5,) * 3)) if normalised else (0.0,) * 3,
        spread=tuple(settings.get("image_std", (0.5,) * 3)) if normalised else (1.0,) * 3,
    )


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
