"""A golden project, rendered."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import render as api
from projects import Picture

from ..house import shown
from .projects import Golden
from .store import Recorded

_STUDIO: list[api.Studio] = []  # one for all, so that the model is loaded once


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What came of a project, and how long it took."""

    keys: tuple[str, ...]
    pictures: tuple[Picture, ...]
    seconds: float

    def recorded(self) -> Recorded:
        """The same as digests."""
        frames = tuple(digest(picture) for picture in self.pictures)
        return Recorded(frames=frames, keys=hashlib.sha256(" ".join(self.keys).encode()).hexdigest())


def shoot(golden: Golden, inputs: Path) -> Shot:
    """Render a golden project; `inputs`: the folder of `write_inputs`."""
    began, studio = time.monotonic(), None
    if golden.real:
        _STUDIO[:] = _STUDIO or [api.Studio(device="cpu")]
        studio = _STUDIO[0]
    made = shown(
        golden.text,
        golden.folder or inputs,
        count=golden.count,
        draft=golden.draft,
        exported=golden.exported,
        studio=studio,
    )
    return Shot(keys=made.keys, pictures=made.pictures, seconds=time.monotonic() - began)


def digest(picture: Picture) -> str:
    """SHA-256 of a picture's bytes, uint8 RGB in rows."""
    return hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()
