"""What the camera uncovered is painted anew: from the project file to the frame's bytes and the plan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from motion import Move, hole_depth, warp
from projects import Picture
from render.cli.app import cli
from render.diffusion import DiffusionPainter
from render.plans import Calls, make_plan
from render.previews import moving_pictures
from render.resolve import ResolvedProject, resolve
from render.tensors import to_tensor
from tests.fakes import frame_after, keys_of
from tests.models import load_model

from ..fakes import Recorder, Studio, load, pictures, project_text, scene
from ..fakes import render as render_fake
from ..tiny import tiny_sd

MOVES = {"still": "", "in": "zoom = 1.03", "pan": "translation_x = 12", "out": "zoom = 0.93\nangle = 1"}
PLAIN = 'color_match = "none"'


def setup_of(home: Path, move: str, border: str = "reveal", diffusion: str = "") -> ResolvedProject:
    motion = f"{MOVES[move]}\nborder = '{border}'"
    return resolve(load(home, project_text(4, motion=motion, coherence=PLAIN, diffusion=diffusion)))


def hole_of(setup: ResolvedProject) -> tuple[torch.Tensor, torch.Tensor | None]:
    """What the painter is given at frame 1."""
    painter = Recorder()
    frame_after(setup, painter, 1, scene(2))
    assert painter.given[0] is not None
    return painter.given[0], painter.holes[0]


@pytest.mark.parametrize("move", ["still", "in"])
def test_a_move_without_a_hole_is_replicate(home: Path, move: str) -> None:
    films = [
        pictures(render_fake(setup_of(home, move, border).project, film=False).take)
        for border in ("reveal", "replicate")
    ]
    np.testing.assert_array_equal(*films)
    assert hole_of(setup_of(home, move))[1] is None


@pytest.mark.parametrize("move", ["pan", "out"])
def test_a_hole_is_filled_and_told_to_the_painter(home: Path, move: str) -> None:
    setup = setup_of(home, move)
    given, hole = hole_of(setup)
    before = to_tensor(scene(2), torch.device("cpu"))
    lanes = setup.rows[1].lanes
    moved = Move(**{lane: lanes[lane] for lane in ("zoom", "angle", "translation_x")})
    expected = warp(before, [moved], border="reveal", sampling="bicubic")
    torch.testing.assert_close(given, expected.picture.clamp(0, 1))
    assert hole is not None
    assert torch.equal(hole, hole_depth(expected.coverage, reach=2, feather=2))


@pytest.mark.parametrize("border", ["replicate", "wrap", "reflect"])
def test_the_classic_borders_paint_as_they_did(home: Path, border: str) -> None:
    setup = setup_of(home, "pan", border)
    given, hole = hole_of(setup)
    assert hole is None
    before = to_tensor(scene(2), torch.device("cpu"))
    expected = warp(before, [Move(translation_x=12)], border=border, sampling="bicubic")  # type: ignore[arg-type]
    assert torch.equal(given, expected.picture.clamp(0, 1))
    calls = Calls(setup)
    assert [calls.of(frame) for frame in range(4)] == [4, 2, 2, 2]


def test_the_preview_shows_the_filling(home: Path) -> None:
    shown = [next_to_last.copy() for next_to_last in moving_pictures(setup_of(home, "pan"))]
    expected = warp(to_tensor(shown[0], torch.device("cpu")), [Move(translation_x=12)], border="reveal")
    np.testing.assert_allclose(shown[1] / 255, expected.picture[0].permute(1, 2, 0).numpy(), atol=0.5 / 254)


def test_the_strength_of_holes_is_part_of_frames_that_have_one(home: Path) -> None:
    def keys(move: str, border: str, strength: float) -> list[str]:
        return keys_of(setup_of(home, move, border, f"reveal_strength = {strength}"))

    for move, border in (("in", "reveal"), ("pan", "wrap"), ("still", "reveal")):
        assert keys(move, border, 0.8) == keys(move, border, 1.0)
    one, two = keys("pan", "reveal", 0.8), keys("pan", "reveal", 1.0)
    assert [a == b for a, b in zip(one, two, strict=True)] == [True, False, False, False]


def test_films_with_holes_are_deterministic(home: Path) -> None:
    project = setup_of(home, "out").project
    whole = pictures(render_fake(project, film=False, take=home / "whole").take)
    render_fake(project, film=False, frames=[1], take=home / "parts")
    studio = Studio()
    parts = render_fake(project, make_painter=studio.painter, film=False, take=home / "parts")
    assert studio.painted == [2, 3]
    np.testing.assert_array_equal(whole, pictures(parts.take))


class Real:
    """Paints with a tiny diffusion model."""

    def __init__(self, home: Path, move: str, diffusion: str, border: str = "reveal") -> None:
        tiny_sd(home / "fake")
        motion = f"{MOVES[move]}\nborder = '{border}'"
        text = project_text(3, motion=motion, coherence=PLAIN, diffusion=diffusion, top="size = [64, 64]")
        path = home / "dream.toml"
        path.write_text(text)
        from projects import load_project

        self.setup = resolve(load_project(path))
        model = load_model(self.setup.models[0].spec.source, device="cpu")
        self.painter = DiffusionPainter(model)

    def next(self, before: Picture) -> tuple[Picture, int]:
        """Frame 1 from a given frame 0, and the calls it took."""
        calls: list[int] = []
        made = frame_after(self.setup, self.painter, 1, before, lambda done, _count: calls.append(done))
        return made, len(calls)

    @property
    def planned(self) -> int:
        """The calls that the plan expects for frame 1."""
        return Calls(self.setup).of(1)


@pytest.mark.parametrize("mode", ["scaled", "exact"])
@pytest.mark.parametrize("move", ["still", "in", "pan", "out"])
def test_the_plan_counts_the_calls(home: Path, move: str, mode: str) -> None:
    for strength, top in ((0.5, 1.0), (0.3, 0.75), (0.0, 1.0), (0.6, 0.2)):
        lanes = f"steps = 6\nstrength = {strength}\nreveal_strength = {top}\nsteps_mode = '{mode}'"
        real = Real(home, move, lanes)
        _, calls = real.next(scene(2))
        assert calls == real.planned
        needed = {"still": False, "in": False, "pan": True, "out": True}[move] and top > strength
        assert (calls > Real(home, move, lanes, "wrap").planned) == needed


def test_the_plan_says_what_holes_cost(home: Path) -> None:
    setup = setup_of(home, "pan", diffusion="steps = 10\nstrength = 0.4")
    made = make_plan(setup, None)
    assert (made.calls, made.reveal_calls) == (10 + 3 * 10, 3 * 6)
    assert make_plan(setup_of(home, "in"), None).reveal_calls == 0
    project = home / "dream.toml"
    project.write_text(setup.project.text)
    told = CliRunner().invoke(cli, ["plan", str(project)])
    assert "4 frames, 40 model calls, 18 of them for what the camera uncovers" in told.output


def test_strength_0_keeps_what_was_there_and_paints_the_hole(home: Path) -> None:
    got, calls = Real(home, "pan", "steps = 5\nstrength = 0").next(scene(2))
    assert calls == 5
    np.testing.assert_array_equal(got[:, 32:], scene(2)[:, 20:52])
    replicated, none = Real(home, "pan", "steps = 5\nstrength = 0", "replicate").next(scene(2))
    assert none == 0
    assert np.abs(got[:, :12].astype(int) - replicated[:, :12]).mean() > 5


def test_reveal_strength_0_leaves_the_filling_to_the_frames_strength(home: Path) -> None:
    got, calls = Real(home, "pan", "steps = 5\nstrength = 0\nreveal_strength = 0").next(scene(2))
    assert calls == 0
    moved = warp(to_tensor(scene(2), torch.device("cpu")), [Move(translation_x=12)], border="reveal")
    np.testing.assert_allclose(got / 255, moved.picture[0].permute(1, 2, 0).numpy(), atol=0.6 / 255)
