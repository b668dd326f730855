"""The models of a film: which frames each paints, and what is attached to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from projects import Row
from projects.schema import ControlNet

from ..assets.find import Asset
from ..diffusion import ModelSpec


@dataclass(frozen=True, kw_only=True)
class ControlUse:
    """A ControlNet of a film. number: its place among them."""

    name: str
    number: int
    settings: ControlNet
    asset: Asset

    def acts(self, row: Row, *, pictured: bool) -> bool:
        """Whether it does something at a frame. pictured: whether there is a picture to paint over."""
        lanes = row.control[self.name]
        seen = pictured or self.settings.source != "frame"
        return seen and lanes.weight != 0 and lanes.start < lanes.end

    @property
    def clip(self) -> str:
        """The setting that names what it is shown, where that is a clip or pictures."""
        return "video.input" if self.settings.source == "video" else f"control.{self.name}.source"

    def describe(self) -> str:
        """What it is, in a line."""
        detected = "" if self.settings.detect == "none" else f" by {self.settings.detect}"
        return (
            f"{self.name}: {self.asset.name} ({self.asset.class_name}), from {self.settings.source}{detected}"
        )


@dataclass(frozen=True, kw_only=True)
class AdapterUse:
    """An IP-Adapter of a film. keys: (frame, picture, digest), by frame; its pictures are mixed between keys."""

    name: str
    keys: tuple[tuple[int, Path, str], ...]

    def mix(self, frame: int) -> tuple[tuple[str, float], ...]:
        """(digest, share) at a frame: one key's alone, or two in a straight line between them."""
        before = [key for key in self.keys if key[0] <= frame] or [self.keys[0]]
        after = [key for key in self.keys if key[0] > frame]
        start, _, digest = before[-1]
        if not after or start >= frame:
            return ((digest, 1.0),)
        end, _, digest_after = after[0]
        share = (frame - start) / (end - start)
        return ((digest, 1.0 - share), (digest_after, share))


@dataclass(frozen=True, kw_only=True)
class ModelUse:
    """The frames that a model paints, and what is attached to it. loras: the names of spec.loras, in their order;
    adapters: of spec.adapters."""

    frames: range
    spec: ModelSpec
    loras: tuple[str, ...] = ()
    adapters: tuple[AdapterUse, ...] = ()
    controls: tuple[ControlUse, ...] = ()
