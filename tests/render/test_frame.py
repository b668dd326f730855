"""One frame: what is done to the picture before it is painted and after, and in which order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import render.retouch.colors as colors_module
import torch
from render.painter import Canvas
from render.space.camera import move_of
from torch import Tensor

import render.frame as frame_module
from keyframes import Row
from projects import Picture
from render.coherence import add_noise, adjust_contrast, match_color, palette, unsharp
from render.frame import FramePainter
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

    def paint(self, canvas: Canvas, row: Row, on_step: object) -> Tensor:
        self.given.append(canvas.picture)
        self.holes.append(canvas.hole)
        if self.result is not None:
            return self.result
        assert canvas.picture is not None
        return canvas.picture


def setup_of(
    folder: Path, motion: str = MOTION, coherence: str = COHERENCE, top: str = ""
) -> ResolvedProject:
    return resolve(load(folder, project_text(10, top=top, motion=motion, coherence=coherence)))


def scene(seed: int) -> Picture:
    """A smooth picture with colours of its own."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.random((1, 3, 5, 5), dtype=np.float32))
    fine = torch.nn.functional.interpolate(coarse, (64, 64), mode="bicubic").clamp(0, 1)
    return to_picture(fine * 0.5 + 0.1 * seed)


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the operations as they are called; each still does its work."""
    called: list[str] = []

    def recorded(module: object, name: str) -> None:
        work = getattr(module, name)

        def call(*arguments: object, **named: object) -> object:
            called.append(name)
            return work(*arguments, **named)

        monkeypatch.setattr(module, name, call)

    for name in ("warp", "adjust_contrast", "unsharp", "add_noise"):
        recorded(frame_module, name)
    recorded(colors_module, "match_color")
    return called


def nothing(_frame: int) -> Picture:
    raise AssertionError("no colours are needed here")


def test_the_order_of_operations(home: Path, order: list[str]) -> None:
    setup, painter = setup_of(home), Recorder()
    painter.paint = lambda canvas, *_: (order.append("paint"), canvas.picture)[1]  # type: ignore[method-assign, assignment, return-value]
    FramePainter(setup, painter, lambda _: scene(1)).next(setup.timeline.row(3), scene(2), print)
    assert order == ["warp", "match_color", "adjust_contrast", "unsharp", "add_noise", "paint", "match_color"]


def test_what_the_painter_gets_is_the_chain_in_that_order(home: Path) -> None:
    setup, painter = setup_of(home, motion='border = "wrap"'), Recorder(torch.full((1, 3, 64, 64), 0.5))
    row, before, anchor = setup.timeline.row(3), scene(2), scene(1)
    FramePainter(setup, painter, lambda _: anchor).next(row, before, print)
    colors = palette(to_tensor(anchor, CPU), space="lab", method="mean")
    expected = match_color(to_tensor(before, CPU), colors, space="lab", method="mean", amount=1.0)
    expected = adjust_contrast(expected, 1.3)
    expected = unsharp(expected, amount=0.7, kernel=5, sigma=1.0, threshold=0.0)
    expected = add_noise(expected, kind="perlin", amount=0.05, seeds=[3], frame=3)
    torch.testing.assert_close(painter.given[0], expected)
    other_way = match_color(
        adjust_contrast(to_tensor(before, CPU), 1.3), colors, space="lab", method="mean", amount=1.0
    )
    assert (other_way - expected).abs().max() > 0.01, (
        "the order must make a difference for this to mean anything"
    )


def test_the_warp_is_of_the_stored_picture(home: Path) -> None:
    setup, painter = setup_of(home, coherence='color_match = "none"'), Recorder()
    row = setup.timeline.row(3)
    got = FramePainter(setup, painter, nothing).next(row, scene(2), print)
    moved = frame_module.warp(
        to_tensor(scene(2), CPU), [move_of(setup, row)], border="reveal", sampling="bicubic", mode="2d"
    ).picture
    torch.testing.assert_close(painter.given[0], moved.clamp(0, 1))
    assert np.abs(got.astype(int) - scene(2).astype(int)).max() > 10
    assert (row.numbers["zoom"], row.numbers["angle"], row.numbers["translation_x"]) == (1.2, 10, 5)


def test_colors_are_matched_again_after_painting(home: Path) -> None:
    painted = to_tensor(scene(4), CPU)
    setup, painter = setup_of(home, motion="", coherence=""), Recorder(painted)
    got = FramePainter(setup, painter, lambda _: scene(1)).next(setup.timeline.row(3), scene(2), print)
    colors = palette(to_tensor(scene(1), CPU), space="lab", method="mean")
    expected = match_color(painted, colors, space="lab", method="mean", amount=1.0)
    np.testing.assert_array_equal(got, to_picture(expected))
    far, near = (np.abs(x.mean((0, 1)) - scene(1).mean((0, 1))).max() for x in (to_picture(painted), got))
    assert near < far / 4


@pytest.mark.parametrize(
    ("coherence", "matched"),
    [("", True), ('color_match = "none"', False), ("color_amount = 0", False), ("color_frame = 3", False)],
)
def test_when_colors_are_matched(home: Path, order: list[str], coherence: str, matched: bool) -> None:
    setup = setup_of(home, coherence=coherence)
    asked: list[int] = []

    def anchor(frame: int) -> Picture:
        asked.append(frame)
        return scene(1)

    hand = FramePainter(setup, Recorder(), anchor)
    for frame in (2, 3):
        hand.next(setup.timeline.row(frame), scene(2), print)
    assert order.count("match_color") == (4 if matched else 0)
    assert asked == ([0] if matched else []), "the anchor is looked at once"


def test_another_color_frame(home: Path) -> None:
    setup = setup_of(home, coherence="color_frame = 2")
    asked: list[int] = []
    hand = FramePainter(setup, Recorder(), lambda frame: (asked.append(frame), scene(1))[1])
    for frame in (1, 2, 3, 4):
        hand.next(setup.timeline.row(frame), scene(2), print)
    assert asked == [2]


def test_frame_0_is_painted_from_nothing(home: Path, order: list[str]) -> None:
    setup, painter = setup_of(home), Recorder(to_tensor(scene(4), CPU))
    got = FramePainter(setup, painter, nothing).first(setup.timeline.row(0), None, print)
    assert painter.given == [None]
    assert order == []
    np.testing.assert_array_equal(got, scene(4))


def test_frame_0_over_an_init_image_is_not_moved(home: Path, order: list[str]) -> None:
    setup, painter = setup_of(home), Recorder()
    got = FramePainter(setup, painter, nothing).first(setup.timeline.row(0), scene(4), print)
    torch.testing.assert_close(painter.given[0], to_tensor(scene(4), CPU))
    assert order == []
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
    setup = setup_of(home, motion="", coherence='color_match = "none"')
    hand, picture = FramePainter(setup, Recorder(), nothing), scene(3)
    for frame in range(1, 10):
        after = hand.next(setup.timeline.row(frame), picture, print)
        np.testing.assert_array_equal(after, picture)
        picture = after


def test_noise_depends_on_the_frame_and_the_films_seed(home: Path) -> None:
    def given(frame: int, seed: int) -> Tensor:
        text = project_text(10, motion="", coherence='color_match = "none"\nnoise = 0.1').replace(
            "seed = 3", f"seed = {seed}"
        )
        setup, painter = resolve(load(home, text)), Recorder()
        FramePainter(setup, painter, nothing).next(setup.timeline.row(frame), scene(2), print)
        assert painter.given[0] is not None
        return painter.given[0]

    torch.testing.assert_close(given(3, 3), given(3, 3), rtol=0, atol=0)
    assert not torch.equal(given(3, 3), given(4, 3))
    assert not torch.equal(given(3, 3), given(3, 4))
