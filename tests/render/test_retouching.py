"""Masks, guides, symmetry, echo and colour references: what they do to frames, and that the keys know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from keyframes import ProjectError
from projects import Project
from render.frame import painted_frame, stages_of
from render.resolve import ResolvedProject, resolve
from render.stages.guides import Guide
from render.stages.mask import combined, feathered
from tests.fakes import keys_of

from ..clips import write_clip
from ..fakes import SIDE, files, load, pictures, project_text, render

STILL = "zoom = 1"
ALL = """
noise = 0.03
mask = "!left & (depth(0, 20000) | color(#ff0000, 40)) \\\\ nothing"
mask_feather = 9
mask_strength = 0.1
noise_mask = "left ^ moving"
symmetry = "kaleidoscope"
symmetry_amount = 0.4
symmetry_angle = "0: (5*t)"
saturation = 1.1
echo = 0.2
color_match = "lab"
color_from = "previous"
"""


def grey(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((values * 255).astype(np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    left = np.zeros((SIDE, SIDE))
    left[:, : SIDE // 2] = 1
    grey(tmp_path / "left.png", left)
    grey(tmp_path / "nothing.png", left * 0)
    for number in (2, 4):
        grey(tmp_path / f"masks/moving_{number:03d}.png", np.roll(left, 5 * number, 1))
    rng = np.random.default_rng(0)
    for name in ("start", "goal"):
        Image.fromarray(rng.integers(0, 255, (SIDE, SIDE, 3), np.uint8)).save(tmp_path / f"{name}.png")
    return tmp_path


def project(
    folder: Path, coherence: str, *, guide: str = "", frames: int = 6, top: str = "", motion: str = STILL
) -> Project:
    masks = 'left = "left.png"\nnothing = "nothing.png"\nmoving = "masks/moving_%03d.png"'
    tables = {"motion": f'depth = "ground"\n{motion}', "coherence": coherence, "masks": masks}
    if "color_match" not in coherence:
        tables["coherence"] += '\ncolor_match = "none"'
    if guide:
        tables["guide"] = guide
    return load(folder, project_text(frames, top=top, **tables))


def everything(folder: Path, **changes: str) -> Project:
    text = ALL
    for old, new in changes.items():
        assert f"\n{old} = " in text
        text = "\n".join(
            f"{old} = {new}" if line.startswith(f"{old} =") else line for line in text.split("\n")
        )
    guide = '0 = "start.png"\n3 = "goal.png"\nguide_tween = 2\nguide_color = 0.2'
    return project(folder, text, guide=guide, motion="zoom = 1.02\nangle = 2")


def test_going_on_gives_the_same_bytes(folder: Path) -> None:
    once = render(everything(folder), take=folder / "once", film=False)
    for frames in ([0, 1, 2], None):
        render(everything(folder), take=folder / "twice", frames=frames, film=False)
    assert files(once.take) == files(folder / "twice")


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"mask": '"left"'}, 1),
        ({"mask_strength": "0.2"}, 1),
        ({"mask_feather": "30"}, 1),
        ({"noise_mask": '"left"'}, 1),
        ({"symmetry_angle": '"0: (0), 4: (0), 5: (1)"'}, 0),
        ({"echo": '"0: (0.2), 3: (0.2), 4: (0.3)"'}, 4),
        ({"saturation": '"0: (1.1), 2: (1.1), 3: (1)"'}, 3),
        ({"color_from": '"goal.png"'}, 1),
    ],
)
def test_an_edit_changes_the_keys_from_its_frame_on(
    folder: Path, changes: dict[str, str], first: int
) -> None:
    before, after = (keys_of(resolve(p)) for p in (everything(folder), everything(folder, **changes)))
    changed = [a != b for a, b in zip(before, after, strict=True)]
    if "symmetry_angle" in changes:
        assert not changed[0]
    else:
        assert changed == [frame >= first for frame in range(6)]


@pytest.mark.parametrize(
    ("name", "first"), [("left.png", 1), ("masks/moving_004.png", 4), ("start.png", 1), ("goal.png", 3)]
)
def test_a_changed_file_changes_the_keys(folder: Path, name: str, first: int) -> None:
    before = keys_of(resolve(everything(folder)))
    Image.new("RGB", (7, 9), "teal").save(folder / name)
    after = keys_of(resolve(everything(folder)))
    assert [a != b for a, b in zip(before, after, strict=True)] == [frame >= first for frame in range(6)]


def test_lanes_that_do_nothing_change_no_key(folder: Path) -> None:
    plain = keys_of(resolve(project(folder, "")))
    idle = "symmetry_angle = 7\nmask_strength = 0.5\nmask_feather = 3\nsymmetry_folds = 5"
    assert keys_of(resolve(project(folder, idle, guide="guide_max = 0.9"))) == plain


def test_what_the_mask_does_not_hold_is_kept_bit_for_bit(folder: Path) -> None:
    take = render(project(folder, 'mask = "left"', frames=4), take=folder / "take", film=False).take
    first, *rest = pictures(take)
    for picture in rest:
        assert np.array_equal(picture[:, SIDE // 2 :], first[:, SIDE // 2 :])
        assert not np.array_equal(picture[:, : SIDE // 2], first[:, : SIDE // 2])


def test_a_mask_of_everything_is_no_mask(folder: Path) -> None:
    made = [
        pictures(render(project(folder, text, frames=3), take=folder / name, film=False).take)
        for name, text in (("all", 'mask = "everywhere"'), ("none", ""))
    ]
    assert all(np.array_equal(a, b) for a, b in zip(*made, strict=True))


@pytest.mark.parametrize("kind", ["horizontal", "vertical", "both"])
def test_symmetry_holds_in_every_frame(folder: Path, kind: str) -> None:
    take = render(project(folder, f'symmetry = "{kind}"', frames=3), take=folder / "t", film=False).take
    for picture in pictures(take):
        assert np.array_equal(picture, picture[:, ::-1]) == (kind != "vertical")
        assert np.array_equal(picture, picture[::-1]) == (kind != "horizontal")


def test_colours_of_a_picture(folder: Path) -> None:
    text = 'color_match = "rgb"\ncolor_from = "goal.png"'
    Image.new("RGB", (8, 8), (200, 40, 90)).save(folder / "goal.png")
    take = render(project(folder, text, frames=3), take=folder / "take", film=False).take
    last = pictures(take)[-1].reshape(-1, 3).mean(0)
    assert np.abs(last - (200, 40, 90)).max() < 3


def guided(folder: Path) -> ResolvedProject:
    return resolve(
        project(folder, "", guide='2 = "start.png"\n"12" = "goal.png"\nguide_tween = 4', frames=40)
    )


def test_guides_follow_deforums_formula(folder: Path) -> None:
    """b = max - slope * cos((i mod tween) / (tween / 2)) while i mod interval <= tween, else 0.07."""
    film = guided(folder)
    guides = next(stage for stage in stages_of(film) if isinstance(stage, Guide))
    found = [guides.inputs(painted_frame(film, frame)) for frame in range(40)]
    assert found[:2] == [None, None]
    for frame, guide in enumerate(found[2:], 2):
        assert guide is not None
        assert guide.picture.path.name == ("start.png" if frame < 12 else "goal.png")
        interval = 10 if frame < 12 else 25
        inside = frame % interval <= 4
        expected = 0.35 - 0.25 * np.cos((frame % 4) / 2) if inside else 0.07
        assert guide.share == pytest.approx(expected, abs=1e-12)


def test_guides_draw_the_film_to_them(folder: Path) -> None:
    goal = np.asarray(Image.open(folder / "goal.png").convert("RGB"), float)
    apart = []
    for name, guide in (("with", '0 = "goal.png"\nguide_max = 0.9\nguide_color = 0'), ("without", "")):
        take = render(project(folder, "", guide=guide), take=folder / name, film=False).take
        apart.append(np.abs(pictures(take)[-1] - goal).mean())
    assert apart[0] < 0.8 * apart[1]


def test_echo_leaves_the_last_frame_in_the_next(folder: Path) -> None:
    """Painting is strength 1 of a picture that ignores what it was given: only the echo is left of it."""
    motion = STILL + "\n[diffusion]\nstrength = 1"
    plain, trailed = (
        pictures(render(project(folder, text, motion=motion, frames=2), take=folder / n, film=False).take)
        for n, text in (("plain", ""), ("echo", "echo = 0.25"))
    )
    expected = 0.75 * plain[1].astype(float) + 0.25 * plain[0]
    assert np.abs(trailed[1] - expected).max() <= 1


@pytest.mark.parametrize(
    ("coherence", "guide", "message"),
    [
        ('mask = "skye & left"', "", r"coherence\.mask.*column 1.*no mask"),
        ('noise_mask = "left &"', "", r"coherence\.noise_mask.*too early"),
        ('color_from = "song.mp3"', "", r"coherence\.color_from.*not a colour reference"),
        ('color_from = "gone.png"', "", "no file 'gone.png'"),
        ("", '0 = "gone.png"', r"guide\.0.*no file 'gone.png'"),
        ("", '"soon" = "goal.png"', r"guide\.soon"),
        ("", "0 = 5", "a guide is a picture's file"),
    ],
)
def test_mistakes_are_told_before_anything_is_painted(
    folder: Path, coherence: str, guide: str, message: str
) -> None:
    with pytest.raises(ProjectError, match=message):
        project(folder, coherence, guide=guide)


def test_signs_on_soft_masks() -> None:
    a, b = torch.tensor([0.0, 0.25, 1.0]), torch.tensor([1.0, 0.5, 1.0])
    for sign, expected in {
        "&": [0, 0.25, 1],
        "|": [1, 0.5, 1],
        "^": [1, 0.25, 0],
        "\\": [0, 0.25, 0],
    }.items():
        assert combined(sign, [a, b]).tolist() == expected
    assert combined("!", [a]).tolist() == [1, 0.75, 0]


def test_feather_softens_an_edge_over_its_width() -> None:
    mask = torch.zeros(1, 1, 40, 40)
    mask[..., 20:] = 1
    line = feathered(mask, 8)[0, 0, 20]
    soft = (line > 0) & (line < 1)
    assert 6 <= int(soft.sum()) <= 10
    assert bool((line.diff() >= -1e-6).all())
    assert feathered(mask, 0) is mask


def test_a_video_is_a_mask(folder: Path) -> None:
    """Frame n is painted where picture n of the clip is white; its last picture stays; an edit repaints from it on."""
    halves = [np.zeros((SIDE, SIDE, 3), np.uint8) for _ in range(4)]
    for number, picture in enumerate(halves):
        picture[:, : SIDE // 2] = 255 * (number % 2)
        picture[:, SIDE // 2 :] = 255 * (1 - number % 2)
    write_clip(folder / "half.mkv", halves)
    masked = project(folder, 'mask = "left"').text.replace("left.png", "half.mkv")
    made = load(folder, masked)
    shown = pictures(render(made, film=False).take)
    for frame in range(1, 6):
        left, right = (
            bool((shown[frame][:, side] != shown[frame - 1][:, side]).any())
            for side in (slice(0, SIDE // 2 - 1), slice(SIDE // 2 + 1, SIDE))
        )
        painted_left = min(frame, 3) % 2 == 1
        assert (left, right) == (painted_left, not painted_left)
    before = keys_of(resolve(made))
    halves[2] = halves[2] // 2
    write_clip(folder / "half.mkv", halves)
    after = keys_of(resolve(load(folder, masked)))
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, False, False, False]
