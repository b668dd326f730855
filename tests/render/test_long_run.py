"""What hundreds of passes do to a picture when nothing is painted: brightness and contrast stay, detail is held.

`python -m tests.render.test_long_run` measures 1,000 frames; docs/coherence.md has the figures.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from projects import Picture
from render.frame import FrameMaker, painted_frame
from render.resolve import resolve

from ..fakes import load, project_text
from .test_frame import Recorder, scene

MOTION = """
zoom = "0: (1 + 0.002*sin(t))"
angle = "0: (0.1*cos(t))"
translation_x = "0: (0.3*sin(1.7*t))"
border = "replicate"
sampling = "bilinear"
"""


def measured(picture: Picture) -> tuple[float, float, float]:
    """Brightness, contrast and detail: mean and deviation in grey levels, and the mean step between neighbours."""
    levels = picture.astype(float)
    return float(levels.mean()), float(levels.std()), float(np.abs(np.diff(levels, axis=1)).mean())


def passed(folder: Path, frames: int, coherence: str) -> list[tuple[float, float, float]]:
    """The measures of every frame of a film whose painter returns what it is given."""
    top = f"{project_text(frames, motion=MOTION, coherence=coherence)}"
    film = resolve(load(folder, top))
    first = scene(1)
    grain = np.random.default_rng(0).normal(0, 2, first.shape)
    picture: Picture = (first + grain).clip(0, 255).round().astype(np.uint8)
    start = picture
    maker = FrameMaker(film, Recorder(), lambda _: start, lambda _: start)
    found = [measured(picture)]
    for frame in range(1, frames):
        picture = maker.make(painted_frame(film, frame), lambda done, count: None)
        found.append(measured(picture))
    return found


KEPT = 'color_match = "lab"\ncolor_method = "mean"'


def test_brightness_and_contrast_are_kept(tmp_path: Path) -> None:
    first, *_, last = passed(tmp_path, 40, KEPT)
    assert abs(last[0] - first[0]) < 1
    assert abs(last[1] / first[1] - 1) < 0.05
    assert 0.6 < last[2] / first[2] < 1.1


if __name__ == "__main__":
    for name, lines in {"matched": KEPT, "sharpened too": f"{KEPT}\nantiblur_amount = 0.35"}.items():
        with tempfile.TemporaryDirectory() as place:
            told = passed(Path(place), 1000, lines)
        for frame in (0, 40, 100, 300, 999):
            print(name, frame, *(f"{value:.2f}" for value in told[frame]), flush=True)
