"""Clips are counted, cut and read right, in whatever order their pictures are asked for."""

from __future__ import annotations

import os
import signal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from keyframes import ProjectError, RenderError
from render.ffmpeg import find_ffmpeg
from render.video.clip import Clip, ClipReader, Cut, open_clip

from ..clips import false_ffmpeg, ffmpeg, number_of, numbered, write_clip

SIZE = (64, 64)


def opened(path: Path, cut: Cut | None = None, *, needed: int = 1000, size: tuple[int, int] = SIZE) -> Clip:
    return open_clip(path, size=size, needed=needed, cut=cut or Cut(), where="video.input")


def numbers(clip: Clip) -> list[int]:
    reader = ClipReader(clip)
    found = [number_of(reader.picture(index)) for index in range(len(clip))]
    reader.close()
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 numbered pictures, 10 a second."""
    return write_clip(tmp_path_factory.mktemp("clips") / "plain.mp4", numbered(40))


def test_every_picture_is_there_and_is_the_right_one(plain: Path) -> None:
    clip = opened(plain)
    assert numbers(clip) == list(range(40))


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (Cut(every=3), list(range(0, 40, 3))),
        (Cut(start=7, stop=11), [7, 8, 9, 10, 11]),
        (Cut(start=5, stop=30, every=4), list(range(5, 31, 4))),
        (Cut(start=39), [39]),
        (Cut(rate=Fraction(5)), list(range(0, 40, 2))),
        (Cut(rate=Fraction(20), start=2, stop=4), [2, 2, 3, 3, 4, 4]),
    ],
)
def test_cuts(plain: Path, cut: Cut, expected: list[int]) -> None:
    assert numbers(opened(plain, cut)) == expected


def test_only_as_much_is_looked_at_as_is_needed(plain: Path) -> None:
    clip = opened(plain, needed=6)
    assert len(clip) == 6
    assert len(opened(plain, needed=41)) == 40


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_any_order_is_the_same_as_one_after_the_other(tmp_path: Path, codec: str) -> None:
    """With B-frames, whose pictures are stored in another order than they are shown."""
    path = tmp_path / "test.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-c:v", codec, "-bf", "2", "-g", "12", path)
    for cut in (Cut(), Cut(start=3, every=2)):
        clip = opened(path, cut, size=(48, 32))
        reader = ClipReader(clip)
        in_order = [reader.picture(index) for index in range(len(clip))]
        assert len(in_order) == (50 if cut.every == 1 else 24)
        order = [*np.random.default_rng(1).permutation(len(clip))[:6], 5, 4, 5, 3, 0]
        assert all(np.array_equal(reader.picture(int(index)), in_order[int(index)]) for index in order)
        reader.close()


def test_a_variable_frame_rate(tmp_path: Path) -> None:
    """Ten pictures of 0.1 s, then ten of 0.4 s: every one by count, and what is on screen by time."""
    path = tmp_path / "variable.mkv"
    source = write_clip(tmp_path / "even.mkv", numbered(20))
    slower = "setpts='if(lt(N,10),N,10+(N-10)*4)/10/TB'"
    ffmpeg("-i", source, "-vf", slower, "-fps_mode", "vfr", "-c:v", "libx264rgb", "-crf", "0", path)
    assert numbers(opened(path)) == list(range(20))
    starts = [n / 10 if n < 10 else 1 + (n - 10) * 0.4 for n in range(20)]
    shown = numbers(opened(path, Cut(rate=Fraction(8)), needed=38))
    assert shown == [max(n for n in range(20) if starts[n] <= k / 8 + 1e-3) for k in range(38)]


def test_a_turned_phone_video_stands_upright(tmp_path: Path) -> None:
    picture = np.zeros((48, 96, 3), np.uint8)
    picture[:, :24] = (255, 0, 0)  # a red left edge
    write_clip(tmp_path / "lying.mp4", [picture] * 4)
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", tmp_path / "lying.mp4", "-c", "copy", turned)
    reader = ClipReader(opened(turned, size=(48, 96)))
    upright = reader.picture(3)
    reader.close()
    expected = np.rot90(picture)  # counter-clockwise: the left edge lies at the foot
    assert np.abs(upright.astype(int) - expected).mean() < 2


def test_it_is_scaled_to_cover_and_cropped_about_the_middle(tmp_path: Path) -> None:
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, 32:96] = 200
    square_pixels = ClipReader(opened(write_clip(tmp_path / "wide.mp4", [picture] * 2)))
    assert (square_pixels.picture(0)[:, 2:-2] > 190).all()
    square_pixels.close()
    narrow = tmp_path / "narrow.mp4"  # the same, said to be shown half as wide
    ffmpeg("-i", tmp_path / "wide.mp4", "-vf", "setsar=1/2", *("-c:v", "libx264rgb", "-crf", "0"), narrow)
    reader = ClipReader(opened(narrow))
    shown = reader.picture(0)[32].mean(1)
    reader.close()
    assert (shown[:14] < 10).all()
    assert (shown[18:46] > 190).all()
    assert (shown[50:] < 10).all()


def test_a_clip_is_known_by_its_content(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(plain)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(plain.read_bytes())
    false_ffmpeg(monkeypatch, tmp_path / find_ffmpeg().name, "exit 1")  # a known clip is not decoded again
    assert opened(copy).digests == first.digests
    monkeypatch.undo()
    changed = numbered(40)
    changed[25] = changed[3]
    other = opened(write_clip(tmp_path / "other.mp4", changed))
    assert [n for n in range(40) if other.digests[n] != first.digests[n]] == [25]


def test_a_clip_that_is_replaced_while_it_is_read(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", numbered(10))
    reader = ClipReader(opened(path))
    reader.picture(9)
    write_clip(path, numbered(10)[::-1])
    with pytest.raises(RenderError, match=r"picture 2 has changed since the render began"):
        reader.picture(2)
    reader.close()


def test_an_ffmpeg_that_is_ended_from_outside(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = 'exec "$REAL" -readrate 1 "$@"'  # or it would be done before it is ended
    false_ffmpeg(monkeypatch, tmp_path / "ffmpeg", slow)
    reader = ClipReader(opened(plain, size=(512, 512)))
    reader.picture(0)
    assert reader._process is not None
    os.kill(reader._process.pid, signal.SIGKILL)
    with pytest.raises(RenderError, match=r"reading plain\.mp4: ffmpeg failed"):
        reader.picture(39)
    reader.close()


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_file_that_is_cut_off(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole.{suffix}"
    ffmpeg(
        *["-f", "lavfi", "-i", "testsrc2=s=160x90:d=2", "-c:v", "libx264", "-movflags", "+faststart"], whole
    )
    data, part = whole.read_bytes(), tmp_path / f"part.{suffix}"
    part.write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(ProjectError, match=r"part\.\w+ is cut off or damaged") as caught:
        opened(part)
    assert "\n" not in str(caught.value)
    assert len(opened(part, needed=5)) == 5, "what comes before the damage can be used"


def test_files_that_are_no_video(tmp_path: Path) -> None:
    sound, text, playlist = (tmp_path / name for name in ("sound.mp4", "text.mkv", "list.mp4"))
    ffmpeg(*["-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac"], sound)
    text.write_text("no video")
    playlist.write_text(f"ffconcat version 1.0\nfile {write_clip(tmp_path / 'ok.mp4', numbered(3))}\n")
    with pytest.raises(ProjectError, match=r"video\.input.*sound\.mp4 has no pictures in it"):
        opened(sound)
    for path in (text, playlist):
        with pytest.raises(ProjectError, match=r"(cannot be read as a video.*Allowed: MP4)|damaged"):
            opened(path)
    with pytest.raises(ProjectError, match="has no picture from 90 on"):
        opened(tmp_path / "ok.mp4", Cut(start=90))
