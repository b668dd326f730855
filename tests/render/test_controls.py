"""ControlNets of a project: written in its file, checked by the plan, part of a frame's key, seen in the film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import render as api
from keyframes import ProjectError
from projects import Take, read_project
from projects.png import encode_png
from render.diffusion import Control
from render.frame import painted_frame, tools_for
from render.resolve import ResolvedProject, resolve
from render.stages.controls import ControlHints, canny, soft_edges
from render.stages.stage import Canvas
from render.tensors import to_tensor
from tests.fakes import keys_of, stage_of

from ..clips import write_clip
from ..fakes import files
from ..tiny import tiny_depth, tiny_sd
from ..tiny_control import tiny_control

CPU = torch.device("cpu")


def scene(seed: int) -> np.ndarray:
    """A picture with shapes in it, uint8 (32, 32, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.full((32, 32, 3), 40, np.uint8)
    for _ in range(4):
        x, y = (int(v) for v in rng.integers(0, 22, 2))
        picture[y : y + 9, x : x + 9] = rng.integers(60, 255, 3)
    return picture


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, ControlNets, a depth network, pictures and a clip."""
    folder = tmp_path_factory.mktemp("films")
    tiny_sd(folder / "tiny")
    tiny_control(folder / "edges", "sd")
    tiny_control(folder / "other", "sd", seed=1)
    tiny_control(folder / "quiet", "sd", loudness=0.05)
    tiny_control(folder / "sdxl", "sdxl")
    tiny_depth(folder / "eye")
    for number in range(3):
        (folder / f"hint_{number}.png").write_bytes(encode_png(scene(number)))
    write_clip(folder / "clip.mp4", [scene(number) for number in range(4)])
    return folder


def text(controls: str = "", frames: int = 4, top: str = "", motion: str = "") -> str:
    return (
        f'model = "tiny"\nframes = {frames}\nsize = [32, 32]\nprompts = "0: a cat"\n{top}\n'
        f"[diffusion]\nsteps = 2\nstrength = 1\nseed_behavior = 'fixed'\n"
        f"[motion]\nborder = 'replicate'\n{motion}\n{controls}"
    )


def control(name: str = "edges", **lines: object) -> str:
    given = {"model": "edges", **lines}
    return f"[control.{name}]\n" + "".join(f"{key} = {value!r}\n" for key, value in given.items())


def setup(folder: Path, controls: str, **more: str) -> ResolvedProject:
    return resolve(read_project(text(controls, **more), name="dream.toml", folder=folder))


RAMP = control(weight="0: (0), 1: (0), 3: (1)")


def film(folder: Path, out: Path, controls: str, only: str | None = None, **more: object) -> dict[str, bytes]:
    """Render with a model loaded anew, as after a kill."""
    project = read_project(text(controls, **more), name="dream.toml", folder=folder)  # type: ignore[arg-type]
    studio = api.Studio(device="cpu")
    api.render(project, take=out, studio=studio, film=False, metadata=False, frames=only)
    return files(out)


def test_a_ramp_is_seen_from_its_key_on_and_is_the_same_when_killed(films: Path, tmp_path: Path) -> None:
    plain, ramp = film(films, tmp_path / "plain", ""), film(films, tmp_path / "ramp", RAMP)
    assert [plain[name] == ramp[name] for name in plain] == [True, True, False, False]
    film(films, tmp_path / "parts", RAMP, "0-2")
    assert film(films, tmp_path / "parts", RAMP) == ramp
    silent = film(films, tmp_path / "silent", control(weight=0))
    assert silent == plain


def test_the_film_differs_the_more_the_higher_the_weight(films: Path, tmp_path: Path) -> None:
    """Strength 1 paints every frame from noise, so that a frame shows its own weight alone."""
    shown = control(model="quiet", source="hint_0.png", detect="canny", low=50, weight="0: (0), 5: (1)")
    film(films, tmp_path / "plain", "", frames=6)
    film(films, tmp_path / "ramp", shown, frames=6)
    plain, ramp = (Take(tmp_path / name) for name in ("plain", "ramp"))
    apart = [float(np.abs(plain.read(frame).astype(float) - ramp.read(frame)).mean()) for frame in range(6)]
    assert apart[0] == 0
    assert all(apart[frame] < apart[frame + 1] for frame in range(5)), apart


def first_change(folder: Path, one: str, two: str, top: str = "") -> int | None:
    keys = [keys_of(setup(folder, given, top=top)) for given in (one, two)]
    return next((frame for frame, (a, b) in enumerate(zip(*keys, strict=True)) if a != b), None)


CLIP = '[video]\ninput = "clip.mp4"\ncomposite = "none"\nfirst_frame = false\n'
HELD = control(source="hint_%d.png")


@pytest.mark.parametrize(
    ("one", "two", "first"),
    [
        ("", control(weight=0), None),
        ("", RAMP, 2),
        ("", control(), 1),  # frame 0 has no picture to be shown
        ("", control(source="hint_0.png"), 0),
        (control(start=0.5, end=0.5), control(weight=0), None),
        (RAMP, RAMP.replace("control.edges", "control.lines"), None),
        (RAMP, RAMP.replace("3: (1)", "3: (2)"), 2),
        (RAMP, RAMP.replace("'edges'", "'other'"), 2),
        (RAMP, RAMP + control("more", model="other", weight="0: (0), 2: (0), 3: (1)"), 3),
        (RAMP, RAMP + "detect = 'canny'\n", 2),
        (RAMP + "detect = 'canny'\n", RAMP + "detect = 'canny'\nlow = 50\n", 2),
        (RAMP + "detect = 'soft'\n", RAMP + "detect = 'soft'\nlow = 50\n", None),
        (RAMP, RAMP + "low = 50\n", None),
        (RAMP, RAMP + "mode = 'control'\n", 2),
        (RAMP, RAMP + "start = '0: (0), 3: (0.5)'\n", 2),
        (RAMP, RAMP + "end = '0: (1), 2: (1), 3: (0.5)'\n", 3),
        (control(source="hint_0.png"), control(source="hint_1.png"), 0),
        (HELD, control(source="hint_0.png"), 1),
        (CLIP, CLIP + control(source="video"), 0),
        (CLIP + control(source="video"), CLIP + control(source="clip.mp4"), None),
    ],
)
def test_all_that_changes_a_frame_is_in_its_key(films: Path, one: str, two: str, first: int | None) -> None:
    assert first_change(films, one, two) == first


def test_the_depth_that_is_shown_is_in_the_key(films: Path) -> None:
    deep = RAMP + "detect = 'depth'\n"
    keys = [
        keys_of(setup(films, deep, motion=f"depth = '{depth}'"))
        for depth in ("ground", "eye", "hint_0.png", "hint_1.png", "clip.mp4")
    ]
    assert len({tuple(made[:2]) for made in keys}) == 1, "without weight no depth is looked at"
    assert len({made[2] for made in keys}) == 5


def test_a_picture_before_frame_0_is_shown_too(films: Path) -> None:
    assert first_change(films, "", control(), top="init_image = 'hint_0.png'") == 0


def test_the_key_knows_what_is_in_the_files(films: Path) -> None:
    shown = control(source="hint_%d.png") + control("more", weight="0: (0), 2: (0), 3: (1)", model="other")
    before = keys_of(setup(films, shown))

    def changed(path: Path, data: bytes) -> list[bool]:
        kept = path.read_bytes()
        path.write_bytes(data)
        try:
            return [a == b for a, b in zip(before, keys_of(setup(films, shown)), strict=True)]
        finally:
            path.write_bytes(kept)

    assert changed(films / "hint_1.png", (films / "hint_0.png").read_bytes()) == [True, False, False, False]
    weights = "diffusion_pytorch_model.safetensors"
    swapped = (films / "edges" / weights).read_bytes()
    assert changed(films / "other" / weights, swapped) == [True, True, True, False]


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        (control(model="nothing"), ["dream.toml:14 control.edges.model", "was not found", "hf download"]),
        (control(model="sdxl"), ["control.edges.model", "does not fit", "cross_attention_dim 72"]),
        ("[control.edges]\nweight = 1\n", ['"control.edges.model" is missing', "Example: model ="]),
        (control(weight="0: (11)"), ["control.edges.weight", "Allowed: 0 to 10"]),
        (control(start=2), ["control.edges.start", "Allowed: 0 to 1"]),
        (control(end=[1]), ["must be a number, a schedule such as"]),
        (control(source="depth"), ['is written: detect = "depth"']),
        (control(source="fog"), ["is none of frame, video, a picture or a video"]),
        (control(source="gone.png"), ["control.edges.source", "there is no file"]),
        (control(source="../x.png"), ["lies outside the project's folder"]),
        (control(source="video"), ["control.edges.source", "there is no clip in [video]"]),
        (control(detect="lines"), ["control.edges.detect", "canny"]),
        (control(low=300), ["low = 300 is more than high = 200"]),
        (control(detect="depth", source="hint_0.png"), ["control.edges.detect", "needs a depth network"]),
        (control(wieght=1), ['"wieght" is not a setting here. Did you mean "weight"?']),
        (
            control("a", model="nothing", weight="0: (x)") + control("b", model="sdxl"),
            ["control.a.weight"],
        ),
        (control("a", model="nothing") + control("b", model="sdxl"), ["control.a.model", "control.b.model"]),
    ],
)
def test_mistakes_are_found_by_the_plan(films: Path, controls: str, said: list[str]) -> None:
    with pytest.raises(ProjectError) as error:
        setup(films, controls, motion="depth = 'ground'")
    assert all(words in str(error.value) for words in said), str(error.value)


def test_flat_depth_has_nothing_to_show(films: Path) -> None:
    with pytest.raises(ProjectError, match=r"control\.edges\.detect.*has no depth to show"):
        setup(films, control(detect="depth"), motion="depth = 'flat'")


def shown(made: ResolvedProject, frame: int, picture: np.ndarray | None) -> torch.Tensor:
    """What the only ControlNet is shown at a frame."""
    (found,) = hints(made, frame, picture)
    return found.picture


def hints(made: ResolvedProject, frame: int, picture: np.ndarray | None) -> tuple[Control, ...]:
    """What ControlNets are shown at a frame that is painted over a picture, or over none."""
    tools, stage = tools_for(made, CPU), stage_of(made, ControlHints)
    given = None if picture is None else to_tensor(picture, CPU)
    inputs = stage.inputs(replace(painted_frame(made, frame), pictured=picture is not None))
    assert inputs is not None
    try:
        return stage.apply(Canvas(tools=tools, picture=given), inputs).controls
    finally:
        tools.pictures.close()


def test_what_each_source_shows(films: Path) -> None:
    given = scene(9)
    for controls, frame, expected in (
        (control(), 1, given),
        (control(source="hint_1.png"), 3, scene(1)),
        (control(source="hint_%d.png"), 1, scene(1)),
        (control(source="hint_%d.png"), 3, scene(2)),  # the last one stays
        (control(detect="canny"), 1, canny(given, 100, 200)),
        (control(detect="soft"), 2, soft_edges(given)),
        (control(source="hint_2.png", detect="soft"), 0, soft_edges(scene(2))),
    ):
        found = shown(setup(films, controls), frame, given if frame else None)
        assert torch.equal(found, to_tensor(expected, CPU)), controls
    clip = shown(setup(films, CLIP + control(source="video")), 2, given)
    assert (clip - to_tensor(scene(2), CPU)).abs().mean() < 0.01
    assert torch.equal(clip, shown(setup(films, control(source="clip.mp4")), 2, given))


def test_depth_is_white_where_it_is_near(films: Path) -> None:
    ground = shown(setup(films, control(detect="depth"), motion="depth = 'ground'"), 1, scene(0))
    assert ground.shape == (1, 3, 32, 32)
    assert ground[0, 0, -1].mean() > ground[0, 0, 2].mean() + 0.3
    made = setup(films, control(detect="depth", source="hint_1.png"), motion="depth = 'eye'")
    seen, other = (
        shown(made, 1, scene(0)),
        shown(setup(films, control(detect="depth"), motion="depth = 'eye'"), 1, scene(0)),
    )
    assert torch.equal(seen[:, 0], seen[:, 2])
    assert (float(seen.min()), float(seen.max())) == (0.0, 1.0)
    assert not torch.equal(seen, other)
    assert torch.equal(
        seen, shown(setup(films, control(detect="depth"), motion="depth = 'eye'"), 1, scene(1))
    )


def test_without_a_picture_nothing_is_shown(films: Path) -> None:
    made = setup(films, control() + control("more", model="other", source="hint_0.png"))
    (found,) = hints(made, 0, None)
    assert found.number == 1


def square() -> np.ndarray:
    picture = np.zeros((48, 48, 3), np.uint8)
    picture[14:34, 14:34] = 200
    return picture


@pytest.mark.parametrize("find", [lambda p: canny(p, 100, 200), soft_edges])
def test_edges_are_white_where_a_shape_ends(find: Callable[[np.ndarray], np.ndarray]) -> None:
    found = find(square())
    assert (found.shape, found.dtype) == ((48, 48, 3), np.uint8)
    inside = np.zeros((48, 48), bool)
    inside[14:34, 14:34] = True
    wide = cv2.dilate(inside.astype(np.uint8), np.ones((13, 13))).astype(bool)
    narrow = cv2.erode(inside.astype(np.uint8), np.ones((13, 13))).astype(bool)
    assert not found[~wide].any()
    assert not found[narrow].any()
    rows = found[15:33, 10:19, 0].max(axis=1)
    assert (rows > 170).all(), "the left edge is seen at every row"
    assert np.array_equal(found[..., 0], found[..., 1])
    assert not find(np.full_like(square(), 130)).any()


def test_cannys_thresholds_and_the_softness_of_soft_edges() -> None:
    faint = np.full((48, 48, 3), 100, np.uint8)
    faint[12:36, 12:36] = 130
    assert not canny(faint, 300, 400).any()
    assert canny(faint, 20, 60).any()
    assert set(np.unique(canny(square(), 100, 200))) == {0, 255}
    strong = soft_edges(square()).max()
    assert 0 < soft_edges(faint).max() < strong
    both = np.concatenate([faint, square()], axis=1)
    assert np.array_equal(soft_edges(both)[:, :40], soft_edges(faint)[:, :40]), "no edge depends on another"


def test_plan_says_what_a_controlnet_is(films: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from render.cli import main

    (films / "dream.toml").write_text(text(RAMP + "detect = 'canny'\n"), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["plan", str(films / "dream.toml"), "--frames", "2"])
    out = capfd.readouterr().out
    assert ended.value.code == 0
    assert "  control   edges: edges (ControlNetModel), from frame by canny" in out.splitlines()
    assert "control.edges        0.5          linear between key 1 (0.0) and key 3 (1.0)" in out
