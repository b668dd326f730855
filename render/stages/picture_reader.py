"""Pictures that a frame is made from besides the one before it: files, pictures of clips, and depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from projects import Picture, Row
from projects.schema import Motion

from ..depth import DepthMap, Distances

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..depth import DepthSource
    from ..video.sources import Source

DEPTH_CLIP = "motion.depth"  # the setting that names a depth video


class PictureFile(NamedTuple):
    """A picture in a file; in a key it is its digest. setting: where the project names it, for messages."""

    path: Path
    digest: str
    setting: str

    def in_key(self) -> str:
        """See `projects.canonical`."""
        return self.digest


class ClipPicture(NamedTuple):
    """The picture of a clip at a frame of the film; in a key it is its digest. clip: the setting that names it."""

    clip: str
    frame: int
    digest: str

    def in_key(self) -> str:
        """See `projects.canonical`."""
        return self.digest


AnyPicture = PictureFile | ClipPicture


class Pictures:
    """Reads them, at the film's size (width, height). Close it: clips are read by processes."""

    def __init__(self, size: tuple[int, int], clips: Mapping[str, Source], device: torch.device) -> None:
        from ..video.sources import SourceReader

        self._size, self._device = size, device
        self._clips = SourceReader(clips)
        self._last: tuple[AnyPicture, Tensor] | None = None

    def read(self, picture: AnyPicture) -> Tensor:
        """(1, 3, H, W), RGB in [0, 1], on the device. Raises ProjectError for a file that is not a picture."""
        from ..tensors import to_tensor

        if self._last is None or self._last[0] != picture:
            self._last = (picture, to_tensor(self._levels(picture), self._device))
        return self._last[1]

    def grey(self, picture: AnyPicture) -> Tensor:
        """The mean of its channels, (1, 1, H, W) in [0, 1]."""
        import torch

        levels = torch.from_numpy(self._levels(picture).mean(2)).float()
        return levels[None, None].to(self._device) / 255.0

    def _levels(self, picture: AnyPicture) -> Picture:
        from ..pictures import read_picture

        if isinstance(picture, ClipPicture):
            return self._clips.picture(picture.clip, picture.frame)
        return read_picture(picture.path, self._size, where=picture.setting)

    def close(self) -> None:
        """End what clips are read with."""
        self._clips.close()


def clip_picture(clips: Mapping[str, Source], clip: str, frame: int) -> ClipPicture:
    """The picture of a clip at a frame of the film."""
    return ClipPicture(clip, frame, clips[clip].digest(frame))


@dataclass(frozen=True, eq=False)
class DepthInputs:
    """The depth source of one film. clips: by the setting that names them."""

    source: DepthSource
    settings: Motion
    clips: Mapping[str, Source]

    def map(self, frame: int) -> DepthMap:
        """Relative depth. frame: of the picture that is looked at; a depth video has one picture for each."""
        source = self.source
        if source.kind == "clip":
            return DepthMap("clip", clip_picture(self.clips, DEPTH_CLIP, frame))
        if source.kind == "picture":
            assert source.path is not None
            return DepthMap("picture", PictureFile(source.path, source.digest, DEPTH_CLIP))
        return DepthMap(source.kind, source.digest or None)

    def distances(self, row: Row, frame: int) -> Distances:
        """Distances by the planes of `row`. frame: of the picture that is looked at."""
        looked = self.map(frame)
        if looked.kind == "flat":
            return Distances(looked, 0.0, 0.0)
        if looked.kind == "ground":  # has its own shape, whatever the other program does
            return Distances(looked, row.motion.near, row.motion.far)
        if self.settings.compat != "none":  # the other programs know no planes
            return Distances(looked, 0.0, 0.0, self.settings.compat)
        return Distances(looked, row.motion.near, row.motion.far)
