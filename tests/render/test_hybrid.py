"""Films over, with and moved by a clip. At strength 0 the painter gives back what it got: the film is the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from keyframes import ProjectError
from projects import encode_png, read_project
from render.resolve import resolve
from tests.fakes import keys_of

from ..clips import number_of, numbered, panned, write_clip
from ..fakes import Studio, files, load, pictures, project_text, render
from .test_kill import children_at_work

Picture = NDArray[np.uint8]
QUIET = {"coherence": 'color_match = "none"', "diffusion": "strength = 0\nreveal_strength = 0"}


def text(video: str, frames: int = 8, *, motion: str = "", **tables: str) -> str:
    """A project that paints nothing of its own over clip.mp4."""
    given = {**QUIET, "motion": motion, "video": f'input = "clip.mp4"\n{video}', **tables}
    return project_text(frames, **given)


def film(
    home: Path, video: str, frames: int = 8, *, clip: list[Picture] | None = None, **tables: str
) -> list[Picture]:
    if clip is not None or not (home / "clip.mp4").exists():
        write_clip(home / "clip.mp4", numbered(12) if clip is None else clip)
    take = home / f"take {len(list(home.glob('take *')))}"
    done = render(load(home, text(video, frames, **tables)), take=take, film=False)
    assert not children_at_work(home)
    return pictures(done.take)


def keys(home: Path, video: str, frames: int = 8, **tables: str) -> list[str]:
    return keys_of(resolve(load(home, text(video, frames, **tables))))


def changed(first: list[str], second: list[str]) -> list[int]:
    return [frame for frame, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]


@pytest.mark.parametrize(
    ("video", "expected"),
    [
        ("", [0, 1, 2, 3, 4, 5, 6, 7]),
        ('every = 3\nend = "hold"', [0, 3, 6, 9, 9, 9, 9, 9]),
        ('from = 2\nto = 4\nend = "loop"', [2, 3, 4, 2, 3, 4, 2, 3]),
        ('sync = "time"', [0, 0, 1, 2, 2, 3, 4, 4]),  # 10 a second in a film of 15 a second
        ('video_alpha = "0: (1), 5: (0) hold"\nfirst_frame = true', [0, 1, 2, 3, 4, 4, 4, 4]),
    ],
)
def test_video_input(home: Path, video: str, expected: list[int]) -> None:
    if "video_alpha" in video:
        video = 'video_alpha = "0: (where(t < 5, 1, 0))"'
    shown = film(home, video)
    assert [number_of(picture) for picture in shown] == expected
    assert all(np.ptp(picture) == 0 for picture in shown)


def test_numbered_pictures_are_a_clip_too(home: Path) -> None:
    (home / "clip").mkdir()
    for number, picture in enumerate(numbered(12)):
        (home / "clip" / f"shot-{number + 1}.png").write_bytes(encode_png(picture))
    write_clip(home / "clip.mp4", numbered(12))
    project = text("every = 2", 6)
    from_files = render(load(home, project.replace("clip.mp4", "clip/shot-%d.png")), film=False)
    assert [number_of(picture) for picture in pictures(from_files.take)] == [0, 2, 4, 6, 8, 10]


def test_alpha_blends_with_the_moved_picture(home: Path) -> None:
    shown = [float(picture.mean()) for picture in film(home, "video_alpha = 0.25")]
    expected = [20.0]
    for number in range(1, 8):
        expected.append(float(np.round(0.75 * expected[-1] + 0.25 * (20 + 3 * number))))
    assert shown == expected


def test_before_init_and_after(home: Path) -> None:
    """The painter sees the clip in the first two, and adds to it only then; the film shows it bare after."""
    for composite, seen, shown in (("before", 2, 2), ("init", 3, 3), ("after", None, 3)):
        write_clip(home / "clip.mp4", numbered(12))
        studio = Studio()
        project = load(home, text(f'composite = "{composite}"\nfirst_frame = false', 4))
        done = render(project, make_painter=studio.painter, take=home / composite, film=False)
        given = studio.painters[0].seen[3][1]
        assert given is not None
        level = float(given.mean()) * 255
        assert level == pytest.approx(20 + 3 * (2 if seen is None else seen), abs=0.01)
        assert number_of(pictures(done.take)[3]) == shown


@pytest.mark.parametrize("motion", ["flow", "affine", "perspective"])
def test_the_clips_motion_moves_the_film(home: Path, motion: str) -> None:
    """Only frame 0 shows the clip; carried by its motion, the film is where the clip is, frames later."""
    clip = panned(8, side=96, step=3)
    shown = film(home, f'motion = "{motion}"\ncomposite = "none"', clip=clip, top="size = [96, 96]")
    inside = np.s_[8:-8, 8:-32]
    moved = np.abs(shown[7][inside].astype(int) - clip[7][inside]).mean()
    still = np.abs(shown[0][inside].astype(int) - clip[7][inside]).mean()
    assert moved < still / 4
    back = film(
        home,
        f'motion = "{motion}"\ncomposite = "none"\nvideo_flow_factor = -1',
        3,
        clip=clip,
        top="size = [96, 96]",
    )
    inside = np.s_[8:-8, 20:-20]
    there = np.roll(clip[0], 6, 1)[inside]  # 3 px a frame, the other way
    assert np.abs(back[2][inside].astype(int) - there).mean() < still / 4


def test_motion_from_the_render_pulls_it_to_the_clip(home: Path) -> None:
    clip = panned(5, side=96, step=3)
    shown = film(
        home,
        'motion = "flow"\nmotion_from = "render"\ncomposite = "none"',
        5,
        clip=clip,
        top="size = [96, 96]",
    )
    inside = np.s_[8:-8, 8:-24]
    assert np.abs(shown[4][inside].astype(int) - clip[4][inside]).mean() < 6


def moving_square(count: int) -> list[Picture]:
    ground = panned(1, side=96, seed=8)[0]
    square = panned(1, side=96, seed=9)[0][:40, :40] // 2 + 120
    shown = []
    for number in range(count):
        picture = ground.copy()
        picture[28:68, 8 + 4 * number : 48 + 4 * number] = square
        shown.append(picture)
    return shown


def test_consistency_shows_the_clip_where_it_uncovers_something(home: Path) -> None:
    """What comes out from behind the square has no past: without the mask it is smeared, with it it is the clip's."""
    clip = moving_square(6)
    common = {"frames": 6, "clip": clip, "top": "size = [96, 96]"}
    plain = film(home, 'motion = "flow"\nvideo_alpha = 0.001', **common)  # type: ignore[arg-type]
    checked = film(home, 'motion = "flow"\nvideo_alpha = 0.001\nconsistency = "clip"', **common)  # type: ignore[arg-type]
    behind = np.s_[30:66, 10:26]
    errors = [np.abs(shown[5][behind].astype(int) - clip[5][behind]).mean() for shown in (plain, checked)]
    assert errors[1] < errors[0] * 0.7
    still = film(home, 'motion = "flow"\nvideo_alpha = 0.001\nconsistency = "still"', **common)  # type: ignore[arg-type]
    assert not np.array_equal(still[5], plain[5])


def test_masks_keep_the_picture_where_they_are_white(home: Path) -> None:
    half = np.zeros((64, 64, 3), np.uint8)
    half[:, 32:] = 255
    write_clip(home / "mask.mp4", [half] * 12)
    (home / "mask.png").write_bytes(encode_png(half))
    video = 'mask = "mask.mp4"'
    kept = film(home, video)[7]
    assert (number_of(kept[:, :30]), number_of(kept[:, 34:])) == (7, 0)
    assert np.array_equal(film(home, 'mask = "mask.png"')[7], kept)
    turned = film(home, f"{video}\nmask_invert = true")[7]
    assert (number_of(turned[:, :30]), number_of(turned[:, 34:])) == (0, 7)


def test_masks_made_of_both_pictures(home: Path) -> None:
    """Flat pictures have closed forms: out = p + (1 - m) (v - p)."""
    levels = [20.0 + 3 * number for number in range(8)]
    for video, mask in (
        ('mask = "difference"', lambda p, v: abs(p - v) / 255),
        ('mask = "blend"\nvideo_mask_blend = 0.25', lambda p, v: (0.75 * p + 0.25 * v) / 255),
        ('mask = "blend"\nmask_invert = true', lambda p, v: 1 - (p + v) / 2 / 255),
    ):
        expected = [levels[0]]
        for level in levels[1:]:
            before = expected[-1]
            expected.append(float(np.round(before + (1 - mask(before, level)) * (level - before))))
        shown = [float(picture.mean()) for picture in film(home, video)]
        assert shown == pytest.approx(expected, abs=1.01)


def test_depth_as_a_mask_and_for_the_camera(home: Path) -> None:
    near = np.zeros((64, 64, 3), np.uint8)
    near[:, 32:] = 255
    write_clip(home / "depth.mp4", [near] * 8)
    shown = film(home, 'mask = "depth"', motion='depth = "depth.mp4"')[7]
    assert (number_of(shown[:, :30]), number_of(shown[:, 34:])) == (7, 0)


def test_depth_from_a_video(home: Path) -> None:
    """Frame n is moved by the depth of frame n - 1; the same as a picture of it, and an edit tells from there on."""
    near = np.zeros((64, 64, 3), np.uint8)
    near[16:48, 16:48] = 255
    space = 'mode = "3d"\ntranslation_x = 20\ndepth = "{}"'
    write_clip(home / "depth.mp4", [near] * 6)
    (home / "depth.png").write_bytes(encode_png(near))
    takes = [
        render(load(home, project_text(6, motion=space.format(name))), take=home / name.replace(".", " "))
        for name in ("depth.mp4", "depth.png")
    ]
    assert all(map(np.array_equal, pictures(takes[0].take), pictures(takes[1].take)))
    project = project_text(6, motion=space.format("depth.mp4"))
    before = keys_of(resolve(load(home, project)))
    write_clip(home / "depth.mp4", [near, near, near, 255 - near, near, near])
    assert changed(before, keys_of(resolve(load(home, project)))) == [4, 5]


def test_keys_change_with_the_pictures_of_the_clip_that_count(home: Path) -> None:
    write_clip(home / "clip.mp4", numbered(12))
    plain, moved = keys(home, ""), keys(home, 'motion = "flow"')
    late = keys(home, 'composite = "before"')
    other = numbered(12)
    other[5] = other[0]
    write_clip(home / "clip.mp4", other)
    assert changed(plain, keys(home, "")) == [5, 6, 7]
    assert changed(moved, keys(home, 'motion = "flow"')) == [5, 6, 7]
    assert changed(late, keys(home, 'composite = "before"')) == [6, 7]


def test_keys_change_with_the_settings_that_count(home: Path) -> None:
    write_clip(home / "clip.mp4", numbered(12))
    base, every = keys(home, ""), list(range(1, 8))
    for video in ("video_flow_factor = 2", "video_mask_blend = 0.3", "consistency_blur = 7", 'end = "hold"'):
        assert changed(base, keys(home, video)) == [], video
    for video in ("video_alpha = 0.5", 'composite = "after"', 'mask = "difference"', 'motion = "affine"'):
        assert set(changed(base, keys(home, video))) >= set(every), video
    masked = keys(home, 'mask = "blend"')
    for video in ("video_mask_blend = 0.3", "video_mask_contrast = 2", "mask_invert = true"):
        assert changed(masked, keys(home, f'mask = "blend"\n{video}')) == every, video
    moved = keys(home, 'motion = "flow"')
    for video in (
        'flow = "farneback"',
        'consistency = "clip"',
        'motion_from = "render"',
        "video_flow_factor = 2",
    ):
        assert changed(moved, keys(home, f'motion = "flow"\n{video}')) == every, video


def test_an_edit_of_the_clip_paints_only_what_it_changes(home: Path) -> None:
    write_clip(home / "clip.mp4", numbered(12))
    render(load(home, text("video_alpha = 0.5")), film=False)
    other = numbered(12)
    other[6] = other[1]
    write_clip(home / "clip.mp4", other)
    again = render(load(home, text("video_alpha = 0.5")), film=False)
    assert again.painted == (6, 7)
    whole = render(load(home, text("video_alpha = 0.5")), take=home / "whole", film=False)
    assert files(again.take) == files(whole.take)


@pytest.mark.parametrize(
    ("video", "said"),
    [
        (
            "every = 2",
            r"dream\.toml:\d+ video\.input, frame 6: clip\.mp4 gives 6 pictures, and the film has 8 frames",
        ),
        ("from = 90", "clip.mp4 has no picture from 90 on"),
        ("from = 5\nto = 2", "to = 2 comes before from = 5"),
        ('sync = "time"\nevery = 2', 'every = ... needs sync = "frames"'),
        ('consistency = "still"', 'needs motion = "flow"'),
        ('motion = "flow"\nconsistency = "clip"\ncomposite = "after"', 'it needs composite = "init"'),
        ('mask = "fog"', "mask 'fog' is none of none, depth"),
        ('mask = "gone.mp4"', "there is no file 'gone.mp4'"),
        ("video_alpha = 2", r"video\.video_alpha.*2"),
        ("form = 3", 'Did you mean "from"'),
    ],
)
def test_mistakes_are_found_before_anything_is_painted(home: Path, video: str, said: str) -> None:
    write_clip(home / "clip.mp4", numbered(12))
    with pytest.raises(ProjectError, match=said):
        resolve(load(home, text(video)))


@pytest.mark.parametrize("cadence", [2, 3])
def test_with_a_cadence_the_clips_motion_goes_on(home: Path, cadence: int) -> None:
    """The frames that are not painted are where the clip is, too, and their keys know its pictures."""
    clip = panned(8, side=96, step=3)
    diffusion = f"{QUIET['diffusion']}\ncadence = {cadence}"
    video, size = 'motion = "flow"\ncomposite = "none"', "size = [96, 96]"
    shown = film(home, video, clip=clip, top=size, diffusion=diffusion)
    inside = np.s_[8:-8, 8:-32]
    for frame in range(2, 8):
        moved = np.abs(shown[frame][inside].astype(int) - clip[frame][inside]).mean()
        still = np.abs(shown[frame - 1][inside].astype(int) - clip[frame][inside]).mean()
        assert moved < still / 2
    before = keys(home, video, top=size, diffusion=diffusion)
    write_clip(home / "clip.mp4", [*clip[:-1], clip[0]])
    assert changed(before, keys(home, video, top=size, diffusion=diffusion)) == [7]


def test_with_a_cadence_the_clip_is_laid_over_what_is_painted(home: Path) -> None:
    shown = film(home, "", 7, diffusion=f"{QUIET['diffusion']}\ncadence = 3")
    levels = [float(picture.mean()) for picture in shown]
    assert levels == sorted(levels)  # each painted frame is the clip's, and fades in
    assert number_of(shown[5]) == 3


def test_clips_that_are_not_there_or_may_not_be_read(home: Path) -> None:
    write_clip(home.parent / "clip.mp4", numbered(3))
    for name, said in (
        ("clip.mp4", "there is no file"),
        ("../clip.mp4", "lies outside the project"),
        ("shots/%d.png", "there is no file"),
        ("clip.doc", "is not a video"),
    ):
        project = project_text(3, video=f'input = "{name}"')
        with pytest.raises(ProjectError, match=said):
            load(home, project)
    assert load(home, project_text(3, video="")).file.video.input == ""
    with pytest.raises(ProjectError, match="needs a clip"):
        load(home, project_text(3, video="every = 2"))
    away = read_project(text(""), name="dream.toml", folder=home, need_files=False)
    assert away.footage["video.input"] == ()
