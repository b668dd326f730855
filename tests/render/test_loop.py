"""A film that goes round: which frames it has, in which order, and how the end becomes the beginning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyframes import ProjectError
from projects import Picture
from render.api import export
from render.video.postprocess import dissolved, looped
from tests.fakes import load, project_text, render
from tests.films import probe


def grey(level: float) -> Picture:
    return np.full((4, 6, 3), level, np.uint8)


def test_the_end_dissolves_into_the_beginning() -> None:
    stored = [grey(10 * n) for n in range(10)]
    shown = [int(picture[0, 0, 0]) for picture in looped(iter(stored), 3)]
    assert shown[:4] == [30, 40, 50, 60]
    # 70 to 0, 80 to 10, 90 to 20: a quarter, half, three quarters of the way; 20 is followed by 30
    assert shown[4:] == [52, 45, 38]


@given(frames=st.integers(1, 30), loop=st.integers(0, 15))
def test_a_loop_is_shorter_by_what_dissolves(frames: int, loop: int) -> None:
    shown = list(looped((grey(n) for n in range(frames)), loop))
    assert len(shown) == (frames - loop if frames >= 2 * loop else frames)


def test_only_the_beginning_is_held() -> None:
    given_out = 0

    def stored() -> Iterator[Picture]:
        nonlocal given_out
        for n in range(100):
            given_out = n
            yield grey(n)

    for place, _ in enumerate(looped(stored(), 5)):
        assert given_out <= place + 10


def test_a_dissolve_rounds_to_the_nearest() -> None:
    assert dissolved(grey(10), grey(13), 0.5)[0, 0, 0] in (11, 12)
    assert np.array_equal(dissolved(grey(10), grey(200), 0.0), grey(10))
    assert np.array_equal(dissolved(grey(200), grey(10), 1.0), grey(10))


def test_a_film_goes_round(tmp_path: Path) -> None:
    project = load(tmp_path, project_text(10, output="loop = 3\ninterpolate = 2", top="fps = 10"))
    done = render(project)
    assert done.film is not None
    assert probe(done.film).frames == 14
    assert export(done.take, tmp_path / "whole.mp4").frames == 14
    assert export(done.take, tmp_path / "part.mp4", frames="0-7").frames == 16, "a part does not go round"


def test_a_loop_longer_than_half_the_film_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"output\.loop = 6 is more than half of 10 frames"):
        load(tmp_path, project_text(10, output="loop = 6"))
