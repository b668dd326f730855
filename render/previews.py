"""The motion alone as a film: the same warp code, no model, faster than it plays.

The picture starts as the init image or a test card. Fresh marks are strewn over it as it moves, since a picture that
is only moved runs out of detail: they show the motion to the end of the film.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from projects import Picture, Project

from .frame import MOTION, stages_of, tools_for
from .resolve import ResolvedProject, resolve
from .stages.stage import Canvas, Frame, run
from .video.containers import Quality
from .video.encode import Film, encode

_MARKS = 7


def preview_project(project: Project, out: Path | None = None) -> Film:
    """Write the preview film; by default preview.mp4 in the take's folder.

    Raises ProjectError, EnvironmentFault (the model must exist, it gives the size; it is not loaded) or RenderError.
    """
    film = resolve(project)
    if out is None:
        out = project.take_folder / "preview.mp4"
        out.parent.mkdir(parents=True, exist_ok=True)
    sound, start, quick = project.audio, project.file.sound.offset, Quality(preset="veryfast")
    return encode(
        moving_pictures(film), out, fps=project.file.fps, audio=sound, audio_from=start, quality=quick
    )


def moving_pictures(film: ResolvedProject) -> Iterator[Picture]:
    """The start picture, moved frame by frame, by the stages of a film that only move."""
    import torch

    from .tensors import to_picture, to_tensor

    stages = tuple(stage for stage in stages_of(film, quick=True) if stage.name in MOTION)
    tools = tools_for(film, torch.device("cpu"), networks=False)
    rng = np.random.default_rng(0)
    picture = test_card(film.size)
    try:
        for number, row in enumerate(film.rows):
            frame = Frame(row) if number == 0 else Frame(row, path=(row,), before=number - 1)
            with torch.inference_mode():
                canvas = Canvas(tools=tools, picture=to_tensor(picture, tools.device))
                picture = to_picture(run(stages, frame, canvas).given)
            if number and number % 4 == 0:
                strew(picture, rng)
            yield picture
    finally:
        tools.pictures.close()


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
