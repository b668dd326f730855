"""Depth that does not flicker: noise gets less, what moves stays right, and a film goes on from the disk the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from motion import Move, warp
from motion.pose import pose, pose_of
from motion.warp3d import carry_depth
from projects import Take
from render.depth import DepthReader, Distances, smoothed
from render.frame import painted_frame, stages_of, tools_for
from render.plans import make_plan
from render.resolve import resolve
from render.stages.camera import Camera
from render.stages.stage import Canvas

from ..fakes import files, keys_of, load, project_text, render
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


def test_noise_of_the_network_gets_less() -> None:
    """The same picture looked at by eyes that shake: three looks have nearly a root three less of it."""
    torch.manual_seed(0)

    def look() -> torch.Tensor:
        return (0.5 + 0.05 * torch.randn(1, 1, 64, 64)).reciprocal()

    still = pose(Move(), (64, 64))
    assert float(smoothed(look(), []).reciprocal().std()) == pytest.approx(0.05, rel=0.05)
    spread = float(smoothed(look(), [(look(), still), (look(), still)]).reciprocal().std())
    assert 0.05 / 3**0.5 < spread < 0.05 / 2.4**0.5


def test_another_thing_is_not_heard() -> None:
    """Sky beside a wall: where a look back saw the other of the two, the last look stands."""

    def look(edge: int) -> torch.Tensor:
        seen = torch.full((1, 1, 64, 64), 50.0)
        seen[..., :edge] = 1.0
        return seen

    still = pose(Move(), (64, 64))
    torch.testing.assert_close(smoothed(look(26), [(look(25), still), (look(24), still)]), look(26))


class Eye(DepthReader):
    """Sees a wall, as far away as the picture is bright, times 10."""

    def __init__(self) -> None:
        super().__init__(None, CPU, grey=lambda _: torch.zeros(1, 1, 64, 64))

    def distances(self, picture: torch.Tensor, wanted: Distances) -> torch.Tensor:
        return 10 * picture.mean(1, keepdim=True)


def test_the_camera_moves_by_what_earlier_frames_saw_too(home: Path) -> None:
    """Frame 8 is frame 7, moved; frames 6 and 5 are looked at for its depth, each moved to where 7 is."""
    film = resolve(load(home, project_text(10, motion=FLIGHT)))
    camera = next(stage for stage in stages_of(film) if isinstance(stage, Camera))
    found = camera.inputs(painted_frame(film, 8))
    assert found is not None
    assert (found.source, [earlier.frame for earlier in found.earlier]) == (7, [6, 5])
    picture = torch.rand(1, 3, 64, 64, generator=torch.manual_seed(3))
    tools = tools_for(film, CPU, painted=lambda frame: torch.full_like(picture, frame / 5))
    tools.depth = Eye()
    seen = torch.full_like(picture, 7 / 5)
    got = Camera.apply(Canvas(tools=tools, picture=picture, seen=seen), found).picture
    move = Move(translation_z=6, rotation_3d_y=0.4)
    carried = [
        (torch.full((1, 1, 64, 64), frame * 2.0), pose_of([move] * (7 - frame), (64, 64))) for frame in (6, 5)
    ]
    depth = smoothed(
        torch.full((1, 1, 64, 64), 14.0), [(far, way) for far, way in carried if way is not None]
    )
    how = {"mode": "3d", "border": "reveal", "sampling": "bicubic", "soft_edges": True}
    expected = warp(picture, [move], depth=depth, **how).picture  # type: ignore[arg-type]
    assert got is not None
    torch.testing.assert_close(got, expected)


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
    film = resolve(load(home, project_text(12, motion=FLIGHT)))
    take = Take(render(film.project, film=False).take)
    for gone in (2, 6, 8):
        take.path(gone).unlink()
    plan = make_plan(film, Take(take.folder), [8])
    assert plan.paint == (6, 8)


def test_only_where_a_network_looks(home: Path) -> None:
    def keys(motion: str) -> list[str]:
        return keys_of(resolve(load(home, project_text(4, motion=motion))))

    assert keys(FLIGHT) != keys(f"{FLIGHT}\ndepth_smooth = 0")
    for other in (FLIGHT.replace("eye", "ground"), f'{FLIGHT}\ncompat = "deforum"', "zoom = 1.1"):
        assert keys(other) == keys(f"{other}\ndepth_smooth = 0")
