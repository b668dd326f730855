"""Films in space: where depth comes from, what a frame is made from, and that it survives being killed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from keyframes import EnvironmentFault, ProjectError
from motion import Move, ground, to_units
from render.depth import Intake
from render.frame import FrameMaker, painted_frame, stages_of, tools_for
from render.previews import moving_pictures
from render.resolve import ResolvedProject, resolve
from render.stages.camera import Camera, move_of
from render.stages.stage import Tools

from ..fakes import Studio, fake_model, files, keys_of, load, project_text, render
from ..tiny import tiny_depth

CPU = torch.device("cpu")
FLIGHT = 'mode = "3d"\ndepth = "ground"\ntranslation_z = 8\nrotation_3d_y = "0: (0), 9: (2)"'


def film_of(folder: Path, motion: str = FLIGHT) -> ResolvedProject:
    return resolve(load(folder, project_text(10, motion=motion)))


def camera_of(film: ResolvedProject) -> Camera:
    return next(stage for stage in stages_of(film) if isinstance(stage, Camera))


def move_to(film: ResolvedProject, frame: int) -> Move:
    """The camera's move to a frame from the one before it."""
    return move_of(camera_of(film).values(film.rows[frame]))


def distances(
    film: ResolvedProject, picture: torch.Tensor, frame: int, tools: Tools | None = None
) -> torch.Tensor:
    """How far the pixels of a picture are that is moved to a frame, in units."""
    inputs = camera_of(film).inputs(painted_frame(film, frame))
    assert inputs is not None
    assert inputs.depth is not None
    found = (tools or tools_for(film, CPU)).depth.distances(picture, inputs.depth)
    assert found is not None
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    fake_model(tmp_path / "fake")
    return tmp_path


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_depth(tmp_path_factory.mktemp("depth") / "tiny")


def test_a_flight_is_rendered_and_goes_on_the_same_after_a_stop(home: Path) -> None:
    whole = render(load(home, project_text(10, motion=FLIGHT)), take=home / "whole")
    first = render(load(home, project_text(10, motion=FLIGHT)), take=home / "parts", frames=range(4))
    rest = render(load(home, project_text(10, motion=FLIGHT)), take=home / "parts")
    assert (first.painted, rest.painted) == ((0, 1, 2, 3), (4, 5, 6, 7, 8, 9))
    assert files(home / "parts") == files(home / "whole")
    assert len(set(files(whole.take).values())) == 10


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("translation_z = 8", "translation_z = 9", 1),
        ('depth = "ground"', 'depth = "flat"', 1),
        ("9: (2)", "8: (2)", 1),
        ("translation_z = 8", "translation_z = 8\ntranslation_scale = 2.0", 1),
        ("translation_z = 8", 'translation_z = 8\ncompat = "deforum"', 1),
        ("translation_z = 8", 'translation_z = 8\nfov = "0: (70), 5: (70), 6: (80)"', 6),
        ("translation_z = 8", 'translation_z = 8\nfar = "0: (10000), 5: (10000), 6: (900)"', 6),
        ("translation_z = 8", "translation_z = 8\nzoom = 2\nangle = 3", None),  # 3D reads neither
        ("translation_z = 8", "translation_z = 8\nperspective_flip_fv = 90", None),  # nothing is flipped
        ("translation_z = 8", "translation_z = 8\nperspective_flip_phi = 3", 1),
    ],
)
def test_an_edit_repaints_only_what_it_changes(home: Path, old: str, new: str, first: int | None) -> None:
    before, after = keys_of(film_of(home)), keys_of(film_of(home, FLIGHT.replace(old, new)))
    changed = [frame for frame in range(10) if before[frame] != after[frame]]
    assert changed == ([] if first is None else list(range(first, 10)))


def test_lanes_of_space_are_nothing_to_a_flat_camera(home: Path) -> None:
    """So that films from before there was 3D keep their frames."""
    flat = keys_of(film_of(home, "zoom = 1.1"))
    assert keys_of(film_of(home, "zoom = 1.1\ntranslation_z = 5\nfov = 30\nnear = 7")) == flat
    film = film_of(home, "zoom = 1.1")
    inputs = camera_of(film).inputs(painted_frame(film, 3))
    assert inputs is not None
    assert {lane for move in inputs.moves for lane, _ in move} == {
        "zoom",
        "transform_center_x",
        "transform_center_y",
    }
    assert inputs.depth is None


def test_a_lens_that_changes_is_read_from_the_frame_before(home: Path) -> None:
    film = film_of(home, 'mode = "3d"\ndepth = "flat"\nfov = "0: (90) hold, 5: (60)"\ntranslation_scale = 3')
    still, change = move_to(film, 4), move_to(film, 5)
    assert (still.fov, still.magnify) == (90, 1)
    assert change.fov == 90
    assert change.magnify == pytest.approx(3**0.5)  # cot 30 over cot 45
    assert move_to(film, 0).magnify == 1


def test_the_scale_is_on_translations_alone(home: Path) -> None:
    move = move_to(film_of(home, FLIGHT + "\ntranslation_x = 1\ntranslation_scale = 10.0"), 9)
    assert (move.translation_x, move.translation_z, move.rotation_3d_y) == (10, 80, 2)


def test_near_must_be_nearer_than_far(home: Path) -> None:
    with pytest.raises(ProjectError, match=r"near plane \(5.4.*nearer than the far plane") as caught:
        film_of(home, FLIGHT + '\nnear = "0: (1), 9: (9)"\nfar = 5')
    assert caught.value.problems[0].frame == 5
    assert caught.value.problems[0].where == "motion.near"


def test_a_depth_picture(home: Path) -> None:
    """White is near; the picture's bytes are part of every frame's key."""
    grey = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None], 64, 0)
    Image.fromarray(grey).save(home / "far left.png")
    motion = FLIGHT.replace("ground", "far left.png")
    film = film_of(home, motion)
    z = distances(film, torch.rand(1, 3, 64, 64), 3)
    assert float(z[0, 0, 30, 0]) == pytest.approx(50)
    assert float(z[0, 0, 30, 63]) == pytest.approx(1)
    assert bool((z.diff(dim=3) <= 0).all())
    before = keys_of(film)
    Image.fromarray(grey[:, ::-1]).save(home / "far left.png")
    after = keys_of(film_of(home, motion))
    assert before[0] == after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize(
    ("depth", "said"),
    [
        ("nowhere.png", "there is no file 'nowhere.png'"),
        ("../outside.png", "outside the project's folder"),
        ("no/such-model", r'depth "no/such-model" was not found.*"ground".*hf download no/such-model'),
        ("auto", r'depth "depth-anything/Depth-Anything-V2-Small-hf" was not found.*hf download'),
        ("fake/../what is this", "was not found"),
    ],
)
def test_a_depth_that_is_not_there(home: Path, depth: str, said: str) -> None:
    with pytest.raises((EnvironmentFault, ProjectError), match=said):
        film_of(home, FLIGHT.replace("ground", depth))


def test_pickled_depth_models_are_refused(home: Path) -> None:
    (home / "old").mkdir()
    (home / "old" / "config.json").write_text("{}")
    (home / "old" / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(EnvironmentFault, match="only pickles"):
        film_of(home, FLIGHT.replace("ground", "old"))


def test_the_built_in_model_has_a_depth_network_of_its_own(tmp_path: Path) -> None:
    motion = 'mode = "3d"\ntranslation_z = 1'
    film = resolve(load(tmp_path, project_text(3, motion=motion).replace('"fake"', '"sketch"')))
    assert (film.depth.kind, film.depth.name) == ("network", "sketch/depth")
    z = distances(film, torch.rand(1, 3, 64, 96), 1)
    assert z.shape == (1, 1, 64, 96)
    assert 1 <= float(z.min()) < float(z.max()) <= 50


def test_a_built_in_model_without_one_sees_open_country(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["render.resolve.media"], "BUILT_IN", home)
    assert film_of(home, FLIGHT.replace("ground", "auto")).depth.kind == "ground"


def test_a_network_equals_its_own_processor(network: Path) -> None:
    """The same depth as transformers' own image processor and model give, but for resizing in 8 bit."""
    from transformers import AutoModelForDepthEstimation, DPTImageProcessorPil

    from render.depth import load_depth

    rng = np.random.default_rng(0)
    pixels = np.array(Image.fromarray(rng.integers(0, 256, (6, 9, 3), np.uint8)).resize((90, 60)))
    given = DPTImageProcessorPil.from_pretrained(network)(Image.fromarray(pixels), return_tensors="pt")
    model = AutoModelForDepthEstimation.from_pretrained(network)
    with torch.inference_mode():
        raw = model(**given).predicted_depth[None]
    wanted = torch.nn.functional.interpolate(raw, (60, 90), mode="bilinear", align_corners=False)
    mine = load_depth(network, CPU)
    got = mine(torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255)
    assert mine.measure == "inverse"
    assert got.shape == wanted.shape
    assert (got - wanted).abs().max() < 0.05 * (wanted.max() - wanted.min())


def test_a_network_is_used_frame_by_frame(home: Path, network: Path) -> None:
    (home / "eye").symlink_to(network)
    film = film_of(home, FLIGHT.replace("ground", "eye"))
    assert film.depth.kind == "network"
    tools = tools_for(film, CPU)
    one, other = (
        distances(film, torch.rand(1, 3, 64, 64, generator=torch.manual_seed(s)), 2, tools) for s in (0, 1)
    )
    assert not torch.equal(one, other)
    assert float(one.min()) == pytest.approx(1)
    assert float(one.max()) == pytest.approx(50)
    preview = list(moving_pictures(film))  # no model: open country stands in
    assert len(preview) == 10
    assert not np.array_equal(preview[0], preview[9])


def test_metric_networks_are_told_apart(tmp_path: Path) -> None:
    from render.depth import load_depth

    metric = load_depth(tiny_depth(tmp_path / "metric", metric=True), CPU)
    assert metric.measure == "metric"
    assert bool((metric(torch.rand(1, 3, 56, 56)) >= 0).all())


@pytest.mark.parametrize(
    ("intake", "size", "shown"),
    [
        (Intake(size=(518, 518), multiple=14, keep_aspect=True), (512, 512), (518, 518)),
        (Intake(size=(518, 518), multiple=14, keep_aspect=True), (768, 512), (784, 518)),
        (Intake(size=(384, 384), multiple=32), (768, 512), (384, 384)),
        (Intake(size=(384, 384), multiple=32, keep_aspect=True), (640, 400), (608, 384)),
    ],
)
def test_how_large_a_network_sees_a_picture(
    intake: Intake, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert intake.fitted(*size) == shown


@pytest.mark.parametrize("compat", ["none", "deforum", "disco"])
def test_depth_on_each_programs_scale(home: Path, network: Path, compat: str) -> None:
    (home / "eye").symlink_to(network)
    film = film_of(home, FLIGHT.replace("ground", "eye") + f'\ncompat = "{compat}"')
    z = distances(film, torch.rand(1, 3, 64, 64), 1)
    if compat == "deforum":
        assert 1 <= float(z.min()) < float(z.max()) <= 2
    grey = np.full((64, 64, 3), 99, np.uint8)
    maker = FrameMaker(film, Studio().painter(film), lambda _: grey, lambda _: grey)
    assert maker.make(painted_frame(film, 1), lambda *_: None).shape == (64, 64, 3)


def test_the_units_are_the_ones_documented() -> None:
    assert float(ground((4, 4), near=1, far=50).max()) == 50
    assert float(to_units(torch.rand(1, 1, 4, 40), "inverse", near=1, far=50).min()) == 1


def test_a_flat_film_asks_for_no_depth(home: Path) -> None:
    assert film_of(home, 'zoom = 1.1\ndepth = "no/such-model"').depth.kind == "flat"
