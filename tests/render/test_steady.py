"""Depth that does not flicker: noise gets less, what moves stays right, and a film goes on from the disk the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from render.space.depths import Depths
from render.space.steady import SteadyDepth

from keyframes import Row
from motion import Move
from motion.pose import pose
from motion.warp3d import carry_depth
from projects import Take
from render.plans import make_plan
from render.resolve import resolve
from render.video.sources import SourceReader
from tests.fakes import keys_of

from ..fakes import files, load, project_text, render
from ..tiny import tiny_depth

CPU = torch.device("cpu")
FLIGHT = 'mode = "3d"\ndepth = "eye"\ntranslation_z = 6\nrotation_3d_y = 0.4'


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_depth(tmp_path_factory.mktemp("depth") / "tiny")


@pytest.fixture
def home(tmp_path: Path, network: Path) -> Path:
    shutil.copytree(network, tmp_path / "eye")
    return tmp_path


def test_a_wall_that_is_flown_at_comes_nearer() -> None:
    moved = carry_depth(torch.full((1, 1, 32, 48), 3.0), pose(Move(translation_z=100.0), (48, 32)))
    torch.testing.assert_close(moved, torch.full((1, 1, 32, 48), 2.5))


def test_what_was_not_seen_is_not_known() -> None:
    moved = carry_depth(torch.full((1, 1, 32, 48), 3.0), pose(Move(translation_z=-200.0), (48, 32)))
    assert bool(moved[..., 0, :].isinf().all())
    assert float(moved[0, 0, 16, 24]) == pytest.approx(4.0)


def test_a_slope_is_carried_as_it_is() -> None:
    """A plane after a move, by the formula of the plane: n X = d before, and n R' (Y - t) = d after."""
    size, move = (64, 48), Move(translation_x=8.0, translation_z=20.0, rotation_3d_y=1.0)
    camera = pose(move, size)
    x, y = torch.meshgrid(torch.arange(64.0), torch.arange(48.0), indexing="xy")
    rays = (
        torch.linalg.inv(torch.from_numpy(camera.lens))
        @ torch.stack((x, y, torch.ones_like(x))).reshape(3, -1).double()
    )
    normal = torch.tensor([0.1, 0.3, 1.0], dtype=torch.float64)
    before = (3.0 / (normal @ rays)).reshape(1, 1, 48, 64)
    turned = torch.from_numpy(camera.turn) @ normal
    after = ((3.0 + turned @ torch.from_numpy(camera.shift)) / (turned @ rays)).reshape(1, 1, 48, 64)
    found = carry_depth(before.float(), camera)
    known = found.isfinite()
    assert float(known.float().mean()) > 0.9
    torch.testing.assert_close(
        found[known].double(), after[known], rtol=0.01, atol=0
    )  # up to half a pixel off


def test_noise_of_the_network_gets_less(home: Path) -> None:
    """The same picture looked at by eyes that shake: three looks have nearly a root three less of it."""
    torch.manual_seed(0)

    class Shaky(Depths):
        def of(self, picture: torch.Tensor, row: Row) -> torch.Tensor:
            return (0.5 + 0.05 * torch.randn(1, 1, 64, 64)).reciprocal()

    def spread(motion: str) -> float:
        setup = resolve(load(home, project_text(8, motion=motion)))
        steady = SteadyDepth(
            setup, Shaky(setup, CPU, SourceReader(setup.reels)), lambda _: torch.zeros(1, 3, 64, 64)
        )
        for frame in range(1, 8):
            found = steady.of(torch.zeros(1, 3, 64, 64), setup.timeline.row(frame))
        assert found is not None
        return float(found.reciprocal().std())

    still = 'mode = "3d"\ndepth = "eye"'
    assert spread(f"{still}\ndepth_smooth = 0") == pytest.approx(0.05, rel=0.05)
    assert 0.05 / 3**0.5 < spread(still) < 0.05 / 2.4**0.5


def test_another_thing_is_not_heard(home: Path) -> None:
    """Sky beside a wall: where a look back saw the other of the two, the last look stands."""

    class Turning(Depths):
        def of(self, picture: torch.Tensor, row: Row) -> torch.Tensor:
            seen = torch.full((1, 1, 64, 64), 50.0)
            seen[..., : 20 + row.frame] = 1.0
            return seen

    setup = resolve(load(home, project_text(8, motion='mode = "3d"\ndepth = "eye"')))
    eyes = Turning(setup, CPU, SourceReader(setup.reels))
    steady = SteadyDepth(setup, eyes, lambda _: torch.zeros(1, 3, 64, 64))
    for frame in range(1, 8):
        found = steady.of(torch.zeros(1, 3, 64, 64), setup.timeline.row(frame))
    assert found is not None
    torch.testing.assert_close(found, eyes.of(torch.zeros(1), setup.timeline.row(7)))


@pytest.mark.parametrize("diffusion", ["cadence = 1", "cadence = 3"])
def test_a_film_goes_on_from_the_disk_the_same(home: Path, diffusion: str) -> None:
    project = load(home, project_text(12, motion=FLIGHT, diffusion=diffusion))
    whole = files(render(project).take)
    part = home / "part"
    render(project, take=part, frames=[7], film=False)
    render(project, take=part)
    assert files(part) == whole


def test_what_is_looked_back_at_is_painted_first(home: Path) -> None:
    """Frame 8 is made from 7 alone, but for depth 6 and 5 are looked at; 2 is not."""
    setup = resolve(load(home, project_text(12, motion=FLIGHT)))
    take = Take(render(setup.project, film=False).take)
    for gone in (2, 6, 8):
        take.path(gone).unlink()
    plan = make_plan(setup, Take(take.folder), [8])
    assert plan.paint == (6, 8)


def test_only_where_a_network_looks(home: Path) -> None:
    def keys(motion: str) -> list[str]:
        return keys_of(resolve(load(home, project_text(4, motion=motion))))

    assert keys(FLIGHT) != keys(f"{FLIGHT}\ndepth_smooth = 0")
    for other in (FLIGHT.replace("eye", "ground"), f'{FLIGHT}\ncompat = "deforum"', "zoom = 1.1"):
        assert keys(other) == keys(f"{other}\ndepth_smooth = 0")
