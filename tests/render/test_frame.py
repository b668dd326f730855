"""One frame: what is done to the picture before it is painted and after, and in which order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from motion import Move, warp
from projects import Picture
from render.color import add_noise, adjust_contrast, match_color, palette, unsharp
from render.diffusion import Canvas, PaintJob
from render.frame import FrameMaker, painted_frame, stages_of
from render.resolve import ResolvedProject, resolve
from render.tensors import to_picture, to_tensor

from ..fakes import load, project_text

CPU = torch.device("cpu")
MOTION = "zoom = 1.2\nangle = 10\ntranslation_x = 5"
COHERENCE = "noise = 0.05\ncontrast = 1.3\nantiblur_amount = 0.7\ncolor_amount = 1.0"


class Recorder:
    """Paints a given picture and keeps what it was given."""

    device = CPU

    def __init__(self, result: Tensor | None = None) -> None:
        self.given: list[Tensor | None] = []
        self.holes: list[Tensor | None] = []
        self.result = result

    def paint(self, canvas: Canvas, job: PaintJob, on_step: object = None) -> Tensor:
        self.given.append(canvas.picture)
        self.holes.append(canvas.hole)
        if self.result is not None:
            return self.result
        assert canvas.picture is not None
        return canvas.picture


def film_of(folder: Path, motion: str = MOTION, coherence: str = COHERENCE, top: str = "") -> ResolvedProject:
    return resolve(load(folder, project_text(10, top=top, motion=motion, coherence=coherence)))


def scene(seed: int) -> Picture:
    """A smooth picture with colours of its own."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.random((1, 3, 5, 5), dtype=np.float32))
    fine = torch.nn.functional.interpolate(coarse, (64, 64), mode="bicubic").clamp(0, 1)
    return to_picture(fine * 0.5 + 0.1 * seed)


def nothing(_frame: int) -> Picture:
    raise AssertionError("no earlier frame is needed here")


def made(
    film: ResolvedProject,
    frame: int,
    painter: Recorder,
    before: Picture | None = None,
    colors: Picture | None = None,
) -> Picture:
    """A frame made from the painted frame `before`. colors: the frame whose colours are kept."""
    colored = nothing if colors is None else lambda _: colors
    maker = FrameMaker(film, painter, colored, nothing if before is None else lambda _: before)
    return maker.make(painted_frame(film, frame), print)


def at_work(film: ResolvedProject, frame: int) -> list[str]:
    """The names of the stages that do something at a frame, in order."""
    shown = painted_frame(film, frame)
    return [stage.name for stage in stages_of(film) if stage.inputs(shown) is not None]


def test_the_order_of_operations(home: Path) -> None:
    assert at_work(film_of(home), 3) == [
        "camera",
        "moved",
        "match",
        "contrast",
        "sharpen",
        "noise",
        "strength",
        "paint",
        "match",
    ]


def test_what_the_painter_gets_is_the_chain_in_that_order(home: Path) -> None:
    film, painter = film_of(home, motion='border = "wrap"'), Recorder(torch.full((1, 3, 64, 64), 0.5))
    before, anchor = scene(2), scene(1)
    made(film, 3, painter, before, anchor)
    colors = palette(to_tensor(anchor, CPU), space="lab", method="mean")
    expected = match_color(to_tensor(before, CPU), colors, space="lab", method="mean", amount=1.0)
    expected = adjust_contrast(expected, 1.3)
    expected = unsharp(expected, amount=0.7, kernel=5, sigma=1.0, threshold=0.0)
    expected = add_noise(expected, kind="perlin", amount=0.05, seed=3, frame=3)
    torch.testing.assert_close(painter.given[0], expected)
    other_way = match_color(
        adjust_contrast(to_tensor(before, CPU), 1.3), colors, space="lab", method="mean", amount=1.0
    )
    assert (other_way - expected).abs().max() > 0.01, (
        "the order must make a difference for this to mean anything"
    )


def test_the_warp_is_of_the_stored_picture(home: Path) -> None:
    film, painter = film_of(home, coherence='color_match = "none"'), Recorder()
    got = made(film, 3, painter, scene(2))
    move = Move(zoom=1.2, angle=10, translation_x=5)
    moved = warp(to_tensor(scene(2), CPU), [move], border="reveal", sampling="bicubic", mode="2d").picture
    torch.testing.assert_close(painter.given[0], moved.clamp(0, 1))
    assert np.abs(got.astype(int) - scene(2).astype(int)).max() > 10


def test_colors_are_matched_again_after_painting(home: Path) -> None:
    painted = to_tensor(scene(4), CPU)
    got = made(film_of(home, motion="", coherence=""), 3, Recorder(painted), scene(2), scene(1))
    colors = palette(to_tensor(scene(1), CPU), space="lab", method="mean")
    expected = match_color(painted, colors, space="lab", method="mean", amount=1.0)
    np.testing.assert_array_equal(got, to_picture(expected))
    far, near = (np.abs(x.mean((0, 1)) - scene(1).mean((0, 1))).max() for x in (to_picture(painted), got))
    assert near < far / 4


@pytest.mark.parametrize(
    ("coherence", "matched"),
    [
        ("", {2: [0], 3: []}),  # the anchor is looked at once
        ('color_match = "none"', {}),
        ("color_amount = 0", {}),
        ("color_frame = 3", {}),
        ("color_frame = 2", {3: [2], 4: []}),
    ],
)
def test_when_colors_are_matched(home: Path, coherence: str, matched: dict[int, list[int]]) -> None:
    """matched: the frames that are matched, each with the frames whose colours are asked for then."""
    film, asked = film_of(home, coherence=coherence), list[int]()

    def stored(frame: int) -> Picture:
        asked.append(frame)
        return scene(1)

    maker = FrameMaker(film, Recorder(), stored, lambda _: scene(2))
    for frame in (2, 3, *([4] if 4 in matched else [])):
        assert at_work(film, frame).count("match") == (2 if frame in matched else 0)
        asked.clear()
        maker.make(painted_frame(film, frame), print)
        assert asked == matched.get(frame, [])


def test_frame_0_is_painted_from_nothing(home: Path) -> None:
    film, painter = film_of(home), Recorder(to_tensor(scene(4), CPU))
    got = made(film, 0, painter)
    assert painter.given == [None]
    assert at_work(film, 0) == ["paint"]
    np.testing.assert_array_equal(got, scene(4))


def test_frame_0_over_an_init_image_is_not_moved(home: Path) -> None:
    Image.fromarray(scene(4)).save(home / "start.png")
    film, painter = film_of(home, top='init_image = "start.png"'), Recorder()
    got = made(film, 0, painter)
    torch.testing.assert_close(painter.given[0], to_tensor(scene(4), CPU))
    assert at_work(film, 0) == ["start", "moved", "strength", "paint"]
    np.testing.assert_array_equal(got, scene(4))


def test_pictures_are_rounded_never_cut() -> None:
    levels = torch.tensor([0.0, 0.4, 0.5001, 0.9, 127.49, 127.51, 254.6, 255.0]) / 255
    got = to_picture(levels.expand(1, 3, 1, 8))
    assert got[0, :, 0].tolist() == [0, 0, 1, 1, 127, 128, 255, 255]
    assert to_picture(torch.tensor([-0.2, 1.2]).expand(1, 3, 1, 2))[0, :, 0].tolist() == [0, 255]


def test_every_level_comes_back() -> None:
    picture = np.arange(256 * 3, dtype=np.int64).reshape(16, 16, 3).astype(np.uint8)
    tensor = to_tensor(picture, CPU)
    assert tensor.shape == (1, 3, 16, 16)
    assert (tensor.min(), tensor.max()) == (0, 1)
    np.testing.assert_array_equal(to_picture(tensor), picture)


def test_a_picture_that_does_not_move_does_not_drift(home: Path) -> None:
    film, picture = film_of(home, motion="", coherence='color_match = "none"'), scene(3)
    maker = FrameMaker(film, Recorder(), lambda _: scene(1), lambda _: picture)
    for frame in range(1, 10):
        after = maker.make(painted_frame(film, frame), print)
        np.testing.assert_array_equal(after, picture)


def test_noise_depends_on_the_frame_and_the_films_seed(home: Path) -> None:
    def given(frame: int, seed: int) -> Tensor:
        text = project_text(10, motion="", coherence='color_match = "none"\nnoise = 0.1').replace(
            "seed = 3", f"seed = {seed}"
        )
        film, painter = resolve(load(home, text)), Recorder()
        made(film, frame, painter, scene(2))
        assert painter.given[0] is not None
        return painter.given[0]

    torch.testing.assert_close(given(3, 3), given(3, 3), rtol=0, atol=0)
    assert not torch.equal(given(3, 3), given(4, 3))
    assert not torch.equal(given(3, 3), given(3, 4))
