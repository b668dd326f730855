"""The motion alone as a film: the same warp code, no model, faster than it plays.

The picture starts as the init image or a test card. Fresh marks are strewn over it as it moves, since a picture that
is only moved runs out of detail: they show the motion to the end of the film.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from projects import Picture, Project

from .pictures import read_picture
from .setup import Setup, prepare
from .video.containers import Quality
from .video.encode import Film, encode

if TYPE_CHECKING:
    from .footage.hybrid import Hybrid
    from .space.depths import Depths

_MARKS = 7


def preview_project(project: Project, out: Path | None = None) -> Film:
    """Write the preview film; by default preview.mp4 in the take's folder.

    Raises ProjectError, EnvironmentFault (the model must exist, it gives the size; it is not loaded) or RenderError.
    """
    setup = prepare(project)
    if out is None:
        out = project.take_folder / "preview.mp4"
        out.parent.mkdir(parents=True, exist_ok=True)
    sound, start, quick = project.audio, project.file.sound.offset, Quality(preset="veryfast")
    return encode(
        moving_pictures(setup),
        out,
        fps=project.file.fps,
        audio=sound,
        audio_from=start,
        quality=quick,
    )


def moving_pictures(setup: Setup) -> Iterator[Picture]:
    """The start picture, moved frame by frame."""
    from .footage.hybrid import Hybrid
    from .space.depths import Depths
    from .video.sources import SourceReader

    device = torch.device("cpu")
    projector = SourceReader(setup.reels)
    depths = Depths(setup, device, projector, network=False)
    hybrid = (
        Hybrid(setup, device, depths, projector, network=False) if setup.project.file.video.input else None
    )
    try:
        with torch.inference_mode():
            yield from _moving(setup, depths, hybrid)
    finally:
        projector.close()


def _moving(setup: Setup, depths: Depths, hybrid: Hybrid | None) -> Iterator[Picture]:
    from motion import warp

    from .space.camera import move_of
    from .tensors import to_picture, to_tensor

    motion = setup.project.file.motion
    init = setup.project.init_image
    picture = None if init is None else read_picture(init, setup.size)
    if picture is None and hybrid is not None:
        picture = hybrid.first()
    if picture is None:
        picture = test_card(setup.size)
    rng = np.random.default_rng(0)
    device = torch.device("cpu")
    for row in setup.timeline.rows():
        if row.frame:
            given = to_tensor(picture, device)
            moved = warp(
                given,
                [move_of(setup, row)],
                border=motion.border,
                sampling="bilinear",
                mode=motion.mode,
                depth=None if motion.mode == "2d" else depths.of(given, row),
                compat=motion.compat,
            )
            if hybrid is not None:
                moved, _ = hybrid.moved((row,), moved)
            picture = to_picture(moved.picture)
            if row.frame % 4 == 0:
                strew(picture, rng)
        yield picture


def test_card(size: tuple[int, int]) -> Picture:
    """A card that shows every kind of motion: a grid, rings about the middle, one coloured corner each."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    card = np.stack([60 + 120 * x / width, np.full_like(x, 90), 60 + 120 * y / height], axis=-1).astype(
        np.uint8
    )
    step = max(8, min(width, height) // 8)
    for at in range(0, max(width, height), step):
        cv2.line(card, (at, 0), (at, height), (230, 230, 230), 1, cv2.LINE_AA)
        cv2.line(card, (0, at), (width, at), (230, 230, 230), 1, cv2.LINE_AA)
    middle = (width // 2, height // 2)
    for radius in range(step, max(width, height), 2 * step):
        cv2.circle(card, middle, radius, (255, 200, 60), 1, cv2.LINE_AA)
    corners = {(0, 0): (220, 60, 60), (1, 0): (60, 200, 80), (0, 1): (70, 110, 230), (1, 1): (240, 220, 70)}
    for (right, low), color in corners.items():
        cv2.circle(card, (right * (width - 1), low * (height - 1)), step, color, -1, cv2.LINE_AA)
    return card


def strew(picture: Picture, rng: np.random.Generator) -> None:
    """Draw a few small crosses in place."""
    height, width = picture.shape[:2]
    arm = max(2, min(width, height) // 64)
    for _ in range(_MARKS):
        center = (int(rng.integers(width)), int(rng.integers(height)))
        color = tuple(int(c) for c in rng.integers(120, 256, 3))
        cv2.drawMarker(picture, center, color, cv2.MARKER_TILTED_CROSS, 2 * arm, 1, cv2.LINE_AA)
