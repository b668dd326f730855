"""A draft shows the same film: smaller, in fewer steps, in a take of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from motion import Move, matrix2d
from motion.camera import matrix_of
from projects import Project
from render.cli.app import cli
from render.diffusion import step_plan
from render.frame import stages_of
from render.previews import moving_pictures
from render.resolve import ResolvedProject, resolve
from render.resolve.draft import as_draft, draft_size
from render.stages.camera import Camera, move_of
from tests.films import probe

from ..fakes import Studio, files, load, pictures, project_text, render, write_project

MOVES = 'translation_x = "0: (7*sin(t/3))"\ntranslation_y = -3\nangle = "0: (0), 9: (4)"\nzoom = 1.03\n'


def project(home: Path, *, top: str = "size = [160, 96]", **tables: str) -> Project:
    return load(home, project_text(10, top=top, **{"motion": MOVES, **tables}))


def move_to(film: ResolvedProject, frame: int) -> Move:
    camera = next(stage for stage in stages_of(film) if isinstance(stage, Camera))
    return move_of(camera.values(film.rows[frame]))


@pytest.mark.parametrize(
    ("flip", "near"),
    [
        ("", 1e-9),
        (
            "perspective_flip_theta = 3\nperspective_flip_phi = 9\n",
            0.1,
        ),  # about the true middle of each: measured 0.04
    ],
)
def test_it_moves_as_the_film_does(home: Path, flip: str, near: float) -> None:
    """Where the draft's warp takes its corners is where the film's takes its own, in px of half the size."""
    film = resolve(project(home, motion=MOVES + flip))
    draft = resolve(as_draft(film.project))
    assert (film.size, draft.size) == ((160, 96), (80, 48))
    corners = torch.tensor([[0, 80, 0, 80], [0, 0, 48, 48], [1, 1, 1, 1]], dtype=torch.float64)
    twice = torch.diag(torch.tensor([2.0, 2.0, 1.0], dtype=torch.float64))
    for frame in range(1, 10):
        large, small = (matrix_of([move_to(made, frame)], made.size) for made in (film, draft))
        there, here = large @ twice @ corners, small @ corners
        torch.testing.assert_close(here[:2] / here[2], there[:2] / there[2] / 2, atol=near, rtol=0)
        assert float((here - corners).abs().max()) > 1


def test_a_pixel_more_would_be_seen(home: Path) -> None:
    """What the test above can tell: without its scale the motion is another."""
    film = resolve(project(home))
    unscaled = matrix2d(move_to(film, 2), (80, 48))
    scaled = matrix2d(move_to(resolve(as_draft(film.project)), 2), (80, 48))
    assert float((unscaled - scaled).abs().max()) > 1


def test_moved_pictures_are_the_films_shrunk(home: Path) -> None:
    y, x = np.mgrid[0:96, 0:160]
    smooth = np.stack([x * 1.5, y * 2.5, 128 + 100 * np.sin(x / 20) * np.cos(y / 15)], axis=-1)
    Image.fromarray(smooth.clip(0, 255).astype(np.uint8)).save(home / "init.png")
    film = project(
        home, top='size = [160, 96]\ninit_image = "init.png"', motion=MOVES + 'border = "reflect"\n'
    )
    for frame, (large, small) in enumerate(
        zip(moving_pictures(resolve(film)), moving_pictures(resolve(as_draft(film))), strict=True)
    ):
        if frame > 3:  # then marks are strewn, which are as many pixels wide
            break
        shrunk = np.asarray(Image.fromarray(large).resize((80, 48), Image.Resampling.BOX), dtype=float)
        assert np.abs(shrunk - small)[4:-4, 4:-4].mean() < 2.5, frame
    assert frame == 4


def test_the_take_is_its_own(home: Path) -> None:
    film = project(home)
    done = render(film)
    before = {path: path.read_bytes() for path in sorted(done.take.rglob("*")) if path.is_file()}
    draft = render(as_draft(film))
    assert draft.take == home / "takes" / "dream-draft"
    assert {path: path.read_bytes() for path in sorted(done.take.rglob("*")) if path.is_file()} == before
    assert {picture.shape for picture in pictures(draft.take)} == {(48, 80, 3)}
    assert render(as_draft(film)).painted == ()
    assert render(film).up_to_date


def test_killed_and_gone_on_it_is_the_same(home: Path) -> None:
    draft = as_draft(project(home))
    whole = files(render(draft, take=home / "whole").take)
    with pytest.raises(RuntimeError):
        render(draft, make_painter=Studio(fails={5: RuntimeError("killed")}).painter)
    assert files(render(draft).take) == whole


@pytest.mark.parametrize("strength", [0.05, 0.1, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 4, 20, 31])
def test_what_the_film_paints_the_draft_paints_in_about_half_the_steps(
    home: Path, steps: int, strength: float
) -> None:
    film = project(home, diffusion=f"steps = {steps}\nstrength = {strength}")
    counts = []
    for made in (film, as_draft(film)):
        numbers = resolve(made).rows[3].lanes
        counts.append(step_plan(int(numbers["steps"]), numbers["strength"]).count)
    large, small = counts
    assert bool(large) == bool(small)
    assert small <= large
    assert small <= max(1, (large + 1) // 2 + 1)


def test_exact_steps_are_halved(home: Path) -> None:
    film = project(home, diffusion='steps = "0: (7), 5: (20)"\nsteps_mode = "exact"\nstrength = 0.2')
    lanes = resolve(as_draft(film)).timeline.numbers["steps"]
    assert (lanes[0], lanes[5]) == (4, 10)


def test_soft_edges_are_as_soft(home: Path) -> None:
    coherence = "mask_feather = 9\nantiblur_kernel = 9\nantiblur_sigma = 2\nantiblur_amount = 1"
    draft = resolve(as_draft(project(home, coherence=coherence)))
    numbers = draft.rows[1].lanes
    assert draft.project.file.coherence.mask_feather == 4
    assert (numbers["antiblur_kernel"], numbers["antiblur_sigma"]) == (5, 1)
    small = project(home, coherence="antiblur_kernel = 1\nantiblur_sigma = 0.01")
    numbers = resolve(as_draft(small)).rows[1].lanes
    assert (numbers["antiblur_kernel"], numbers["antiblur_sigma"]) == (1, 0.01)


def test_in_space_moves_are_no_pixels(home: Path) -> None:
    film = project(home, motion='mode = "3d"\ndepth = "ground"\ntranslation_x = 4\ntranslation_z = 9\n')
    numbers = [resolve(made).rows[2].lanes for made in (film, as_draft(film))]
    assert numbers[0]["translation_x"] == numbers[1]["translation_x"] == 4


def test_the_film_is_plain(home: Path) -> None:
    film = project(home, output="interpolate = 2\nupscale = 2")
    found = probe(render(as_draft(film)).film or home)
    assert (found.frames, found.width, found.height) == (10, 80, 48)


def test_its_vae_is_the_one_for_drafts(home: Path) -> None:
    file = as_draft(project(home, diffusion='draft_vae = "madebyollin/taesd"')).file
    assert file.diffusion.vae == "madebyollin/taesd"
    assert as_draft(project(home, diffusion='vae = "models/own"')).file.diffusion.vae == "models/own"


def test_sizes_are_whole_multiples() -> None:
    assert draft_size((512, 512), 8) == (256, 256)
    assert draft_size((1024, 576), 16) == (512, 288)
    assert draft_size((200, 100), 16) == (96, 48)
    assert draft_size((8, 8), 16) == (16, 16)


def test_the_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_project(home, project_text(3))
    monkeypatch.setattr("render.api.Studio.painter", lambda self, film: Studio().painter(film))
    done = CliRunner().invoke(cli, ["render", str(path), "--draft", "--no-film"], catch_exceptions=False)
    assert done.exit_code == 0
    assert len(files(home / "takes" / "dream-draft")) == 3
    assert not (home / "takes" / "dream").exists()


def test_no_network_makes_a_draft_larger(home: Path) -> None:
    """It would be run, and its picture made small again."""
    draft = as_draft(project(home, output='upscaler = "a/b"\nupscale = 2')).file.output
    assert (draft.upscaler, draft.upscale) == ("", 1)
