"""What a frame looks at for depth: which source, and how it is read, at each frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from projects import Row
from projects.schema import Motion

from ..depth.reader import DepthMap, Distances
from .picture_reader import PictureFile, clip_picture

if TYPE_CHECKING:
    from ..depth.reader import DepthSource
    from ..video.sources import Source

CLIP = "motion.depth"  # the setting that names a depth video


class DepthInputs:
    """The depth source of one film. clips: by the setting that names them."""

    def __init__(self, source: DepthSource, settings: Motion, clips: Mapping[str, Source]) -> None:
        self._source, self._compat, self._clips = source, settings.compat, clips
        self.kind = source.kind

    def map(self, frame: int) -> DepthMap:
        """Relative depth. frame: of the picture that is looked at; a depth video has one picture for each."""
        source = self._source
        if source.kind == "clip":
            return DepthMap("clip", clip_picture(self._clips, CLIP, frame))
        if source.kind == "picture":
            assert source.path is not None
            return DepthMap("picture", PictureFile(source.path, source.digest, CLIP))
        return DepthMap(source.kind, source.digest or None)

    def distances(self, row: Row, frame: int) -> Distances:
        """Distances by the planes of `row`. frame: of the picture that is looked at."""
        looked = self.map(frame)
        if looked.kind == "flat":
            return Distances(looked, 0.0, 0.0)
        if looked.kind == "ground":  # has its own shape, whatever the other program does
            return Distances(looked, row.motion.near, row.motion.far)
        if self._compat != "none":  # the other programs know no planes
            return Distances(looked, 0.0, 0.0, self._compat)
        return Distances(looked, row.motion.near, row.motion.far)
