"""Pictures that a frame is made from besides the one before it: files, and pictures of clips."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from projects import Picture

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..video.sources import Source


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
