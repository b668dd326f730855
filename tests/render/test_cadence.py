"""Cadence: which frames are painted, what lies between, what an edit or a stop changes, and that nothing stutters."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from keyframes import ProjectError
from motion import Move, optical_flow, warp
from projects import Picture, Take
from projects.png import encode_png
from render.cadence.segments import Cadence
from render.color import detail_of
from render.diffusion import Canvas, PaintJob
from render.frame import painted_frame, stages_of
from render.plans import ORIGINALS, Calls, hidden_originals, make_plan
from render.randomness import generator
from render.resolve import ResolvedProject, resolve
from render.stages.mask import Strength
from render.tensors import to_picture, to_tensor
from tests.fakes import keys_of

from ..fakes import FakePainter, Studio, files, load, pictures, project_text, render

MOVING = 'zoom = 1.02\nangle = 1\ntranslation_x = "0: (2*sin(t/5))"'
SPACE = 'mode = "3d"\ndepth = "ground"\ntranslation_z = 6\nrotation_3d_y = 0.5\nfov = "0: (70), 10: (60)"'


def film(cadence: object, motion: str = MOVING, frames: int = 10, more: str = "", **tables: str) -> str:
    return project_text(frames, motion=motion, diffusion=f"cadence = {cadence}\n{more}", **tables)


def painted(folder: Path, text: str, **options: object) -> list[int]:
    """Render into the folder's take and say which frames the model painted."""
    studio = Studio()
    render(load(folder, text), make_painter=studio.painter, **options)
    return studio.painted


def take_of(folder: Path) -> Path:
    return folder / "takes" / "dream"


def made(folder: Path) -> dict[str, bytes]:
    """The bytes of every frame and every hidden original."""
    take = take_of(folder)
    paths = [*sorted((take / "frames").iterdir()), *sorted((take / ORIGINALS / "frames").iterdir())]
    return {str(path.relative_to(take)): path.read_bytes() for path in paths}


def test_segments_follow_the_lane() -> None:
    cadence = Cadence([3, 9, 9, 1, 2, 9, 4, 9, 9])
    assert sorted({cadence.of(frame).start for frame in range(9)}) == [0, 3, 4, 6]
    assert [(s.start, s.length, s.before) for s in map(cadence.of, (2, 3, 5, 8))] == [
        (0, 3, None),
        (3, 1, 0),
        (4, 2, 3),
        (6, 4, 4),
    ]
    assert [cadence.of(f).share(f) for f in range(9)] == [1, 1, 1, 1, 0.5, 1, 0.25, 0.5, 0.75]
    assert [f for f in range(9) if cadence.of(f).shows(f)] == [0, 3]
    assert not cadence.plain
    assert Cadence([1, 1, 1]).plain


def test_what_is_missing() -> None:
    cadence = Cadence([4] * 12)
    assert cadence.missing([5], (), ()) == ({0, 5}, {0, 4})
    assert cadence.missing([11], (), {4}) == ({11}, {8}), "a stored original is enough"
    assert cadence.missing([7], (), {4}) == ({7}, set()), "the last of a segment is of its own original alone"
    assert cadence.missing([5], {0}, {4}) == ({5}, set())
    assert cadence.missing([5], {5}, ()) == (set(), set())


def test_cadence_1_is_no_cadence(home: Path) -> None:
    plain = project_text(4, motion=MOVING)
    keys = [
        keys_of(resolve(load(home, text)))
        for text in (plain, film(1, frames=4), film(1, frames=4, more='cadence_flow = "dis"'))
    ]
    assert keys[0] == keys[1] == keys[2]
    render(load(home, film(1, frames=4)))
    assert not (take_of(home) / ORIGINALS).exists()


class Steps:
    """What each frame of a film should be, from the originals and one warp a frame: the slow twin."""

    def __init__(self, setup: ResolvedProject, take: Path) -> None:
        self.setup = setup
        self.frames, self.hidden = Take(take), hidden_originals(setup, Take(take))

    def original(self, frame: int) -> Tensor:
        shown = self.setup.cadence.of(frame).shows(frame)
        assert self.hidden is not None
        picture = (self.frames if shown else self.hidden).read(frame)
        return torch.from_numpy(picture).permute(2, 0, 1)[None].double() / 255

    def carried(self, picture: Tensor, way: range) -> Tensor:
        for frame in way:
            numbers = self.setup.rows[frame].lanes
            move = Move(translation_x=numbers["translation_x"], translation_y=numbers["translation_y"])
            picture = warp(picture, [move], border="wrap").picture
        return picture

    def frame(self, frame: int) -> Picture:
        segment = self.setup.cadence.of(frame)
        mine = self.carried(self.original(segment.start), range(segment.start + 1, frame + 1))
        if segment.before is not None:
            before = self.carried(self.original(segment.before), range(segment.before + 1, frame + 1))
            mine = (1 - segment.share(frame)) * before + segment.share(frame) * mine
        return to_picture(mine)


def test_frames_between_are_deforums(home: Path) -> None:
    """Against the rule said plainly: both originals warped frame by frame, mixed by (j - m + 1) / k."""
    motion = 'border = "wrap"\ntranslation_x = "0: (3)"\ntranslation_y = "0: (-2)"'
    text = film('"0: (3) hold, 6: (2) hold, 8: (1)"', motion)
    assert painted(home, text) == [0, 3, 6, 8, 9]
    twin = Steps(resolve(load(home, text)), take_of(home))
    for frame, picture in enumerate(pictures(take_of(home))):
        np.testing.assert_allclose(picture.astype(int), twin.frame(frame), atol=1)


def test_the_tail_is_filled(home: Path) -> None:
    assert painted(home, film(4)) == [0, 4, 8]
    assert sorted(files(take_of(home))) == [f"{frame:06d}.png" for frame in range(10)]


@pytest.mark.parametrize(("motion", "flow"), [(MOVING, "dis"), (SPACE, "none"), (SPACE, "farneback")])
def test_stopped_anywhere_and_continued(home: Path, motion: str, flow: str) -> None:
    """Whatever was stored when a render died, the rest comes out with the same bytes."""
    text = film(3, motion, more=f'cadence_flow = "{flow}"')
    painted(home, text)
    whole = made(home)
    kept = home / "kept"
    shutil.copytree(take_of(home), kept)
    for frames, originals in ((0, 0), (3, 1), (4, 1), (5, 2), (7, 3), (9, 1), (4, 0)):
        shutil.rmtree(take_of(home))
        shutil.copytree(kept, take_of(home))
        (take_of(home) / "film.json").unlink()
        for path in sorted((take_of(home) / "frames").iterdir())[frames:]:
            path.unlink()
        for path in sorted((take_of(home) / ORIGINALS / "frames").iterdir())[originals:]:
            path.unlink()
        painted(home, text)
        again = made(home)
        assert set(again) >= {name for name in whole if name.startswith("frames")}
        assert again == {name: whole[name] for name in again}


def test_an_edit_repaints_what_it_changes(home: Path) -> None:
    text = film(3, 'zoom = "0: (1.01)"')
    painted(home, text)
    assert painted(home, film(3, 'zoom = "0: (1.01), 7: (1.01), 8: (1.05)"')) == [9]
    assert (
        painted(home, film(3, 'zoom = "0: (1.01), 7: (1.01), 8: (1.05)"', more='cadence_flow = "dis"')) == []
    )
    assert painted(home, text) == [9]
    assert painted(home, film('"0: (3) hold, 6: (2)"', 'zoom = "0: (1.01)"')) == [8], (
        "original 6 is still true"
    )
    assert painted(home, text.replace("lighthouse", "windmill")) == [0, 3, 6, 9]


def test_prompt_and_strength_between_do_nothing(home: Path) -> None:
    one = film(4, prompts='0 = "a"', more='strength = "0: (0.5) hold, 5: (0.5) hold"')
    other = film(
        4, prompts='0 = "a"\n6 = "b"\n8 = "a"', more='strength = "0: (0.5) hold, 5: (0.9) hold, 8: (0.5)"'
    )
    assert keys_of(resolve(load(home, one))) == keys_of(resolve(load(home, other)))


def test_some_frames(home: Path) -> None:
    text = film(4)
    assert painted(home, text, frames=[6]) == [0, 4]
    assert sorted(files(take_of(home))) == ["000000.png", "000006.png"]
    assert painted(home, text, frames=[4, 5]) == []
    some = made(home)
    painted(home, text)
    whole = made(home)
    assert some == {name: whole[name] for name in some}
    for name in ("000000.png", "000007.png"):
        (take_of(home) / "frames" / name).unlink()
    assert painted(home, text, frames=[7]) == [], "the last of a segment is of its own original alone"
    assert made(home)["frames/000007.png"] == whole["frames/000007.png"]


class Grainer(FakePainter):
    """Paints grain of each frame's own, whatever was there before."""

    def paint(self, canvas: Canvas, job: PaintJob, on_step: object = None) -> Tensor:
        width, height = job.size
        noise = torch.randn(1, 1, height, width, generator=generator(1, job.frame, "grain"))
        return (0.5 + 0.1 * noise).clamp(0, 1).expand(-1, 3, -1, -1)


@pytest.mark.parametrize(("amount", "middle"), [(0, 0.5**0.5), (1, 1)])
def test_detail_does_not_pulse(home: Path, amount: float, middle: float) -> None:
    """Half and half of two grains has the square root of a half of their deviation; held, all of it."""
    text = film(4, "zoom = 1", frames=12, coherence=f'color_match = "none"\ndetail_amount = {amount}')
    shown = pictures(render(load(home, text), make_painter=lambda setup: Grainer(setup), film=False).take)
    sizes = [detail_of(to_tensor(picture, torch.device("cpu"))).mean().item() for picture in shown]
    assert sizes[7] == pytest.approx(sizes[11], rel=0.1)  # whole originals
    assert sizes[9] / sizes[11] == pytest.approx(middle, abs=0.07)


def test_detail_between_is_part_of_the_key(home: Path) -> None:
    keys = [
        keys_of(resolve(load(home, film(4, coherence=f'color_match = "none"\ndetail_amount = {amount}'))))
        for amount in (0, 0.5)
    ]
    changed = [frame for frame, pair in enumerate(zip(*keys, strict=True)) if len(set(pair)) > 1]
    assert changed == [4, 5, 6, 8, 9]


def test_the_colors_of_a_frame_between(home: Path) -> None:
    text = film(3, coherence="color_frame = 4")
    painted(home, text)
    whole = made(home)
    shutil.rmtree(take_of(home))
    painted(home, text, frames=[9])
    assert all(whole[name] == pixels for name, pixels in made(home).items())
    assert (
        keys_of(resolve(load(home, film(3, coherence="color_frame = 5"))))[9]
        != keys_of(resolve(load(home, text)))[9]
    )


def test_the_plan_counts_what_is_painted(home: Path) -> None:
    setup = resolve(load(home, film(4, 'border = "replicate"', 30)))
    plan = make_plan(setup, None)
    assert len(plan.paint) == 30
    assert list(plan.originals) == list(range(0, 30, 4))
    calls = Calls(setup)
    assert plan.calls == sum(calls.of(frame) for frame in plan.originals)
    render(load(home, film(4, 'border = "replicate"', 30)), frames=range(20))
    rest = make_plan(setup, Take(take_of(home)))
    assert list(rest.originals) == [20, 24, 28]
    assert rest.seconds is not None


def test_holes_are_counted_from_the_last_painted_frame(home: Path) -> None:
    def hole(cadence: int, frame: int) -> float:
        made = resolve(load(home, film(cadence, "translation_x = 0.4")))
        strength = next(stage for stage in stages_of(made) if isinstance(stage, Strength))
        return strength.hole.deepest(painted_frame(made, frame))

    assert hole(1, 4) == pytest.approx(0.2)
    assert hole(4, 4) == pytest.approx(0.8), "a strip of 1.6 pixels, reach is 2"


def test_wrong_cadences_are_told_of(home: Path) -> None:
    for wrong in ("0", '"0: (2), 5: (-1)"'):
        with pytest.raises(ProjectError, match="cadence"):
            resolve(load(home, film(wrong)))
    with pytest.raises(ProjectError, match="cadence_flow"):
        load(home, film(2, more='cadence_flow = "sift"'))


class Same:
    """A painter that paints what it is given; frame 0 is a pattern."""

    device = torch.device("cpu")

    def __init__(self, setup: ResolvedProject) -> None:
        self.side = setup.size[0]

    def paint(self, canvas: Canvas, job: PaintJob, on_step: object = None) -> Tensor:
        return pattern(self.side) if canvas.picture is None else canvas.picture


def pattern(side: int) -> Tensor:
    rng = np.random.default_rng(5)
    plane = np.zeros((side, side, 3), np.float32)
    for sigma in (2, 5):
        plane += cv2.GaussianBlur(rng.standard_normal(plane.shape).astype(np.float32), (0, 0), sigma) * sigma
    plane = (plane - plane.min()) / (plane.max() - plane.min())
    return torch.from_numpy(plane).permute(2, 0, 1)[None]


def steps(folder: Path, text: str) -> list[tuple[float, float]]:
    """How far the middle of the picture moves from each frame to the next, measured."""
    shutil.rmtree(take_of(folder), ignore_errors=True)
    render(load(folder, text), make_painter=Same, film=False)
    shown = [torch.from_numpy(p).permute(2, 0, 1)[None] / 255 for p in pictures(take_of(folder))]
    flows = [optical_flow(a, b, method="farneback")[0, :, 32:-32, 32:-32] for a, b in pairwise(shown)]
    return [(float(flow[0].mean()), float(flow[1].mean())) for flow in flows]


@pytest.mark.parametrize(
    ("motion", "step"),
    [
        ("translation_x = 1.6\ntranslation_y = -0.7", (1.6, -0.7)),
        ('mode = "3d"\ndepth = "ground"\nrotation_3d_y = 0.6', None),
    ],
)
def test_no_stutter(home: Path, motion: str, step: tuple[float, float] | None) -> None:
    """A pattern moves as far from frame to frame at any cadence, across originals as between them."""
    still = {"top": "size = [128, 128]", "coherence": 'color_match = "none"'}
    even = np.array(steps(home, film(1, motion, 12, **still)))
    for cadence, flow in ((2, "none"), (5, "none"), (5, "dis")):
        text = film(cadence, motion, 12, f'cadence_flow = "{flow}"', **still)
        found = np.array(steps(home, text))
        np.testing.assert_allclose(found, even, atol=0.2)
        assert np.abs(found - found.mean(0)).max() < 0.2
        if step is not None:
            np.testing.assert_allclose(found, np.broadcast_to(step, found.shape), atol=0.2)


class Mover(Same):
    """Paints a disc that goes its own way: 8 pixels to the right at every original."""

    def paint(self, canvas: Canvas, job: PaintJob, on_step: object = None) -> Tensor:
        card = (
            np.full((self.side, self.side, 3), 0.2, np.float32)
            + pattern(self.side)[0].permute(1, 2, 0).numpy() / 4
        )
        cv2.circle(card, (40 + job.frame * 2, 64), 16, (0.9, 0.8, 0.1), -1, cv2.LINE_AA)
        return torch.from_numpy(card).permute(2, 0, 1)[None]


@pytest.mark.parametrize("flow", ["dis", "farneback"])
def test_flow_carries_what_moves_by_itself(home: Path, flow: str) -> None:
    """Half way between two originals the disc stands half way, and once; without flow it is seen twice."""

    def doubled(flow: str) -> float:
        """How much of the disc's lead is neither disc nor ground, at frame 5: half of 4 to 7's segment."""
        text = film(4, "", 8, f'cadence_flow = "{flow}"', top="size = [128, 128]")
        render(load(home, text), make_painter=Mover, film=False)
        row = Take(take_of(home)).read(5)[64].astype(float)
        red = row[:, 0] / 255
        return float(((red > 0.5) & (red < 0.75)).sum())

    assert doubled("none") >= 12, "two edges, each as wide as the disc's way"
    assert doubled(flow) <= doubled("none") / 2


def test_a_damaged_original_is_painted_again(home: Path) -> None:
    text = film(4)
    painted(home, text)
    hidden = take_of(home) / ORIGINALS / "frames" / "000004.png"
    whole = made(home)
    hidden.write_bytes(encode_png(np.zeros((64, 64, 3), np.uint8)))
    assert painted(home, text) == [], "no frame needs it"
    (take_of(home) / "frames" / "000005.png").unlink()
    assert painted(home, text) == [4]
    assert made(home) == whole
