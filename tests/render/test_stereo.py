"""Films for two eyes: pairs in the film, the painted frames as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from keyframes import ProjectError
from projects import Picture, Project, Take
from render.api import export
from render.resolve import resolve
from render.stereo import viewer
from tests.films import probe

from ..clips import write_clip
from ..fakes import SIDE, files, load, project_text, render

FOCAL = SIDE / 2 / np.tan(np.radians(35))  # in pixels, of the usual lens
MOTION = 'mode = "3d"\ntranslation_z = 5\ndepth = "ground"'


def seen_by_both(project: Project, frame: int, picture: Picture) -> Picture:
    """What both eyes see of a frame of the film."""
    with viewer(resolve(project)) as view:
        return view(frame, picture)


def text(output: str = "", motion: str = MOTION, frames: int = 4) -> str:
    return project_text(frames, motion=motion, coherence="noise = 0", output=output or "crf = 20")


def test_a_film_becomes_pairs_and_its_frames_stay(home: Path) -> None:
    flat = render(load(home, text()))
    before = files(flat.take)
    pairs = render(load(home, text('crf = 20\nvr = "side-by-side"')))
    assert (pairs.painted, pairs.up_to_date) == ((), False)
    assert files(pairs.take) == before
    assert pairs.film is not None
    found = probe(pairs.film)
    assert (found.width, found.height, found.frames) == (2 * SIDE, SIDE, 4)
    assert render(load(home, text('crf = 20\nvr = "side-by-side"'))).up_to_date
    assert not render(load(home, text('crf = 20\nvr = "side-by-side"\nvr_eyes = 12'))).up_to_date
    over = export(pairs.take, home / "frames", fps=4)  # the take's own project: side by side
    assert (over.width, over.height) == (2 * SIDE, SIDE)


@pytest.mark.parametrize(
    ("vr", "size"),
    [("over-under", (SIDE, 2 * SIDE)), ("equirect-180", (2 * 144, 144)), ("none", (SIDE, SIDE))],
)
def test_sizes(home: Path, vr: str, size: tuple[int, int]) -> None:
    given = np.full((SIDE, SIDE, 3), 90, np.uint8)
    seen = seen_by_both(load(home, text(f'vr = "{vr}"')), 2, given)
    assert (seen.shape[1], seen.shape[0]) == size
    if vr == "none":
        assert seen is given


def test_a_pair_is_left_and_right(home: Path) -> None:
    project = load(home, text('vr = "side-by-side"\nvr_eyes = 40', MOTION.replace("ground", "flat")))
    assert apart(project, 0) == pytest.approx(FOCAL * 40 / 200, abs=0.05)  # a wall at one unit


def test_a_frame_has_the_depth_of_its_own_picture_in_a_depth_video(home: Path) -> None:
    right = np.zeros((SIDE, SIDE, 3), np.uint8)
    right[:, SIDE // 2 :] = 255  # white is near
    write_clip(home / "depth.mp4", [255 - right, 255 - right, right, 255 - right])
    project = load(home, text('vr = "side-by-side"\nvr_eyes = 40', MOTION.replace("ground", "depth.mp4")))
    near, far = 1, 50  # the planes, in units
    found = [apart(project, frame, bar=48) for frame in range(4)]
    assert found == pytest.approx([FOCAL * 40 / 200 / (near if n == 2 else far) for n in range(4)], abs=0.3)


def apart(project: Project, frame: int, bar: int = 30) -> float:
    """How many pixels lie between a white bar of the frame as the two eyes see it."""
    given = np.zeros((SIDE, SIDE, 3), np.uint8)
    given[:, bar : bar + 4] = 255
    seen = seen_by_both(project, frame, given).astype(float).mean((0, 2))
    left, right = (float((part * np.arange(SIDE)).sum() / part.sum()) for part in np.split(seen, 2))
    return left - right


def test_a_film_without_pairs_is_made_from_nothing_of_theirs(home: Path) -> None:
    render(load(home, text()), metadata=False)
    more = load(home, text("crf = 20\nvr_eyes = 12\nvr_screen = 300"))
    assert render(more, metadata=False).up_to_date


@pytest.mark.parametrize(
    ("output", "motion", "why"),
    [
        ('vr = "over-under"', "zoom = 1.1", "needs depth"),
        ('vr = "equirect-180"\nvr_screen = 300', MOTION, "has no screen"),
    ],
)
def test_mistakes_are_told_before_anything_is_painted(home: Path, output: str, motion: str, why: str) -> None:
    with pytest.raises(ProjectError, match=why) as caught:
        render(load(home, text(output, motion)))
    assert caught.value.problems[0].line is not None
    assert not (home / "takes").exists() or not Take(home / "takes" / "dream").stored()
