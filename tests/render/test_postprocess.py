"""Frames between frames and larger ones: counts, durations, and where a thing is half way."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from keyframes import ProjectError
from projects import Picture
from projects.schema import Output
from render.film_file import postprocess_of
from render.video.postprocess import Postprocess, enlarged, pictures_between
from tests.fakes import files, load, project_text, render
from tests.films import probe


def square_at(x: float, side: int = 96, width: int = 24) -> Picture:
    """A textured square on a textured ground; x is its left side."""
    y, place = np.mgrid[0:side, 0:side].astype(float)
    ground = 0.25 + 0.05 * np.sin(place / 5) * np.cos(y / 6)
    inside = np.clip(place - x + 0.5, 0, 1) * np.clip(x + width - place + 0.5, 0, 1) * (abs(y - 48) < 12)
    bright = 0.8 + 0.1 * np.sin((place - x) / 2) * np.cos(y / 3)
    grey = ground * (1 - inside) + bright * inside
    return np.repeat(np.rint(grey * 255).astype(np.uint8)[..., None], 3, axis=2)


def place_of(picture: Picture) -> float:
    """The left side of the square: where its brightness is gathered, less half its width."""
    light = np.clip(picture[40:57, :, 0].astype(float) - 140, 0, None).sum(axis=0)
    return float((light * np.arange(len(light))).sum() / light.sum()) - 11.5


@pytest.mark.parametrize(("share", "expected"), [(0.5, 34.0), (0.25, 32.0), (0.75, 36.0)])
def test_a_moving_square_is_half_way(share: float, expected: float) -> None:
    (found,) = pictures_between(square_at(30), square_at(38), [share])
    assert place_of(found) == pytest.approx(expected, abs=1.0)
    error = np.abs(found.astype(int) - square_at(expected).astype(int))
    assert error.mean() < 2
    blended = square_at(30) * (1 - share) + square_at(38) * share
    assert error.mean() < 0.5 * np.abs(blended - square_at(expected)).mean(), "better than a dissolve"


def test_what_stands_still_stays_as_it_is() -> None:
    picture = square_at(30)
    for found in pictures_between(picture, picture.copy(), [0.0, 0.3, 0.6]):
        assert np.array_equal(found, picture)


def test_a_stored_frame_is_in_the_film_as_it_is() -> None:
    stored = [square_at(x) for x in (20, 24, 28, 32)]
    made = list(Postprocess(fps_in=Fraction(10), fps_out=Fraction(30)).pictures(iter(stored)))
    assert len(made) == 12
    for number, picture in enumerate(stored):
        assert np.array_equal(made[3 * number], picture)
    assert all(np.array_equal(picture, stored[3]) for picture in made[9:]), "the last one stays"


@pytest.mark.parametrize(
    ("fps_in", "fps_out", "frames"), [(15, 30, 7), (12, 30, 5), (10, 24, 1), (30, 12, 10)]
)
def test_the_time_stays_the_same(fps_in: int, fps_out: int, frames: int) -> None:
    finish = Postprocess(fps_in=Fraction(fps_in), fps_out=Fraction(fps_out))
    made = list(finish.pictures(square_at(20 + 2 * n) for n in range(frames)))
    assert len(made) == finish.count(frames) == max(round(frames * fps_out / fps_in), 1)


def test_between_is_streamed() -> None:
    taken: list[int] = []

    def stored() -> object:
        for number in range(100):
            taken.append(number)
            yield square_at(10 + number / 10)

    made = Postprocess(fps_in=Fraction(10), fps_out=Fraction(20)).pictures(stored())  # type: ignore[arg-type]
    for _ in range(4):
        next(made)
    assert len(taken) <= 4


def test_larger() -> None:
    picture = square_at(30)
    large = enlarged(picture, 2)
    assert large.shape == (192, 192, 3)
    small = large.reshape(96, 2, 96, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - picture).mean() < 1
    assert enlarged(picture, 1) is picture


def test_the_rate_of_the_film() -> None:
    assert postprocess_of(Output(), 15).fps_out == 15
    assert postprocess_of(Output(interpolate=4), 15).fps_out == 60
    assert postprocess_of(Output(fps_out=24), 15).fps_out == 24


def test_both_rates_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="either interpolate"):
        load(tmp_path, project_text(4, output="interpolate = 2\nfps_out = 30"))


def test_a_film_with_frames_between_and_twice_the_size(tmp_path: Path) -> None:
    plain = render(load(tmp_path, project_text(6, top="fps = 10")))
    assert plain.film is not None
    frames, found = files(plain.take), probe(plain.film)
    assert (found.frames, found.width) == (6, 64)
    finished = load(tmp_path, project_text(6, top="fps = 10", output="interpolate = 3\nupscale = 2"))
    done = render(finished)
    assert (done.painted, done.up_to_date) == ((), False), "only the film is made anew"
    found = probe(plain.film)
    assert (found.frames, found.width, found.height) == (18, 128, 128)
    assert found.fps == 30
    assert found.seconds == pytest.approx(0.6)
    assert {name: data for name, data in files(plain.take).items()} == frames
    assert render(finished).up_to_date
