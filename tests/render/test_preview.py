"""The motion alone: the same moves as the render, no model."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from projects import load_project
from render.previews import moving_pictures, preview_project, strew
from render.previews import test_card as card_of
from render.resolve import resolve
from tests.films import probe

from ..clips import panned, write_clip
from ..fakes import load, project_text, write_project

STILL = project_text(9, motion="")


def test_a_film_of_the_motion(home: Path) -> None:
    project = load(home, project_text(9, top="fps = 12"))
    film = preview_project(project)
    assert film.path == project.take_folder / "preview.mp4"
    assert (film.frames, film.width, film.height) == (9, 64, 64)
    assert film.seconds == pytest.approx(9 / 12)
    assert probe(film.path).frames == 9


def test_the_picture_moves_as_the_lanes_say(home: Path) -> None:
    shown = list(
        moving_pictures(resolve(load(home, project_text(4, motion="translation_x = 6\ntranslation_y = -4"))))
    )
    assert len(shown) == 4
    for before, after in pairwise(shown):
        np.testing.assert_array_equal(after[:60, 6:], before[4:, :58])  # + is right and down


def test_it_stays_put_without_motion(home: Path) -> None:
    shown = [picture.copy() for picture in moving_pictures(resolve(load(home, STILL)))]
    for picture in shown[1:4]:
        np.testing.assert_array_equal(picture, shown[0])
    assert 0 < (shown[4] != shown[0]).any(axis=-1).mean() < 0.2, "a few fresh marks, at every fourth frame"


def test_a_clip_moves_it_too(home: Path) -> None:
    clip = panned(5, side=64, step=3)
    write_clip(home / "clip.mp4", clip)
    video = 'input = "clip.mp4"\nmotion = "flow"\ncomposite = "none"'
    shown = list(moving_pictures(resolve(load(home, project_text(4, motion="", video=video)))))
    inside = np.s_[8:-8, 8:-24]
    wrong = np.abs(shown[3][inside].astype(int) - clip[3][inside]).mean()
    assert wrong < np.abs(shown[0][inside].astype(int) - clip[3][inside]).mean() / 3


def test_an_init_image_is_what_moves(home: Path) -> None:
    Image.new("RGB", (128, 64), "orange").save(home / "start.png")
    path = write_project(home, project_text(2, top='init_image = "start.png"'))
    first = next(iter(moving_pictures(resolve(load_project(path)))))
    assert first.reshape(-1, 3).tolist() == [[255, 165, 0]] * (64 * 64)


@pytest.mark.parametrize("size", [(64, 64), (17, 90), (512, 32)])
def test_the_test_card(size: tuple[int, int]) -> None:
    card = card_of(size)
    assert (card.dtype, card.shape) == (np.uint8, (size[1], size[0], 3))
    corners = {tuple(card[y, x]) for y in (0, -1) for x in (0, -1)}
    assert len(corners) == 4, "a turn or a mirror image can be told"


def test_marks_are_the_same_every_time() -> None:
    one, two = card_of((64, 64)), card_of((64, 64))
    strew(one, np.random.default_rng(0))
    strew(two, np.random.default_rng(0))
    np.testing.assert_array_equal(one, two)
    assert (one != card_of((64, 64))).any()
