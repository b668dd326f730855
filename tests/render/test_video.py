"""Films, with the real ffmpeg: exact frames, sizes, sound and texts; and how ffmpeg can fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keyframes.errors import EnvironmentFault, ProjectError, RenderError
from projects.png import Picture, decode_png, read_text
from render.exports import contact_sheet
from render.ffmpeg import Ffmpeg, check_sound, file_argument, run_ffmpeg
from render.video.containers import Quality, container_of, exact_rate
from render.video.encode import Film, encode
from render.video.probe import counted, read_metadata
from tests.clips import false_ffmpeg
from tests.films import probe

FILMS = ["film.mp4", "film.webm", "film.mov", "film.gif"]
TAGGED = FILMS[:3]


def pictures(frames: int, height: int = 48, width: int = 64) -> list[Picture]:
    """Smooth pictures that move."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.stack([x * 3 + n * 5, y * 4 - n * 3, x + y + n * 7], axis=-1) for n in range(frames)]
    return [(127 + 120 * np.sin(wave / 40)).astype(np.uint8) for wave in waves]


def decoded(path: Path) -> list[Picture]:
    """The film's frames as RGB, as a player sees them."""
    found = probe(path)
    raw = run_ffmpeg(
        ["-i", file_argument(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], doing="decoding"
    )
    return list(np.frombuffer(raw, np.uint8).reshape(-1, found.height, found.width, 3))


def sound(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = np.sin(np.arange(int(8000 * seconds)) / 3) * 9000
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def children() -> set[int]:
    """The processes that we have started and that run."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = stat.read_text().split(" (", 1)
        except OSError:
            continue
        state, parent = rest.rsplit(") ", 1)[1].split(" ")[:2]
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(pid))
    return found


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path) -> Iterator[None]:
    """No test leaves a process, a thread or a temporary file."""
    before = children(), threading.active_count()
    yield
    assert (children(), threading.active_count()) == before
    assert not [path for path in tmp_path.rglob("*") if ".tmp-" in path.name]


# What comes out


@pytest.mark.parametrize("name", FILMS)
def test_a_film_has_its_frames_size_and_length(tmp_path: Path, name: str) -> None:
    told: list[int] = []
    film = encode(iter(pictures(30)), tmp_path / name, fps=24, on_frame=told.append)
    assert film == Film(path=tmp_path / name, frames=30, width=64, height=48, padded=False, seconds=1.25)
    found = probe(film.path)
    assert (found.frames, found.width, found.height, found.sound) == (30, 64, 48, 0.0)
    assert float(found.fps) == pytest.approx(24, abs=0.05)
    assert found.seconds == pytest.approx(1.25, abs=0.005)
    assert told == list(range(30))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("name", "worst"), [("film.mp4", 3.0), ("film.webm", 3.0), ("film.mov", 1.5)])
def test_colours_come_back(tmp_path: Path, name: str, worst: float) -> None:
    """Also the colour matrix: with the wrong one, red and green are off by more than ten levels."""
    colours = [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (200, 120, 40),
        (128, 128, 128),
        (0, 0, 0),
        (255, 255, 255),
    ]
    flat = [np.full((32, 32, 3), colour, np.uint8) for colour in colours]
    encode(flat, tmp_path / name, fps=24)
    for colour, back in zip(colours, decoded(tmp_path / name), strict=True):
        assert np.abs(back[4:-4, 4:-4].astype(float) - colour).max() <= worst + 1


@pytest.mark.parametrize("name", FILMS)
def test_frames_come_in_order(tmp_path: Path, name: str) -> None:
    given = pictures(12)
    encode(given, tmp_path / name, fps=12)
    back = decoded(tmp_path / name)
    for number, picture in enumerate(back):
        distances = [np.abs(picture.astype(float) - other).mean() for other in given]
        assert int(np.argmin(distances)) == number


@pytest.mark.parametrize("name", FILMS)
def test_equal_input_makes_equal_bytes(tmp_path: Path, name: str) -> None:
    given, texts = pictures(20, 130, 146), {"title": "Sea", "comment": "x = 1"}
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    encode(given, tmp_path / "one" / name, fps=24, metadata=texts)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})  # as on a machine with one core
    try:
        encode(given, tmp_path / "two" / name, fps=24, metadata=texts)
    finally:
        os.sched_setaffinity(0, cores)
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


SIZES = [(1, 1), (1, 2), (2, 1), (101, 77), (513, 512), (4096, 2), (2, 4096)]


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def test_odd_sizes_are_padded_and_never_rescaled(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    width, height = size
    film = encode(pictures(3, height, width), tmp_path / name, fps=24)
    even = name != "film.gif"
    expected = (width + width % 2, height + height % 2) if even else size
    found = probe(film.path)
    assert (film.width, film.height) == (found.width, found.height) == expected
    assert film.padded == (expected != size)
    assert found.frames == 3


def test_padding_repeats_the_edge(tmp_path: Path) -> None:
    given = pictures(1, 77, 101)
    encode(given, tmp_path / "film.mov", fps=24)
    back = decoded(tmp_path / "film.mov")[0].astype(float)
    assert np.abs(back[:77, :101] - given[0]).mean() < 1.5
    assert np.abs(back[77, :101] - given[0][76]).mean() < 2.5
    assert np.abs(back[:77, 101] - given[0][:, 100]).mean() < 2.5


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (24, "24"),
        (12.5, "25/2"),
        (23.976, "24000/1001"),
        (23.98, "24000/1001"),
        (29.97, "30000/1001"),
        (59.94, "60000/1001"),
        (Fraction(24000, 1001), "24000/1001"),
        (0.5, "1/2"),
        (25.0, "25"),
        (24.01, "2401/100"),
        (1000, "1000"),
    ],
)
def test_rates_are_exact(fps: float | Fraction, rate: str) -> None:
    assert exact_rate(fps) == Fraction(rate)


@pytest.mark.parametrize("fps", [0, -1, 1e9, float("nan"), float("inf")])
def test_impossible_rates(tmp_path: Path, fps: float) -> None:
    with pytest.raises(ProjectError, match="frames per second is not possible"):
        encode(pictures(1), tmp_path / "film.mp4", fps=fps)


@pytest.mark.parametrize("name", ["film.mp4", "film.mov"])
def test_ntsc_is_exact_in_the_file(tmp_path: Path, name: str) -> None:
    film = encode(pictures(48), tmp_path / name, fps=23.976)
    assert probe(film.path).fps == Fraction(24000, 1001)
    assert film.seconds == pytest.approx(48 * 1001 / 24000)


# Sound


@pytest.mark.parametrize("name", TAGGED)
@pytest.mark.parametrize(("seconds", "kept"), [(9.0, 1.25), (0.5, 0.5)], ids=["longer", "shorter"])
@pytest.mark.parametrize("texts", [{}, {"title": "Sea"}], ids=["plain", "tagged"])
def test_sound_never_cuts_frames(
    tmp_path: Path, name: str, seconds: float, kept: float, texts: dict[str, str]
) -> None:
    track = sound(tmp_path / "music; $1.wav", seconds)
    film = encode(pictures(30), tmp_path / name, fps=24, audio=track, metadata=texts)
    found = probe(film.path)
    assert found.frames == 30
    assert found.seconds == pytest.approx(1.25, abs=0.005)
    assert found.sound == pytest.approx(kept, abs=0.05)
    assert read_metadata(film.path).get("title") == texts.get("title")


def test_slow_films_with_sound(tmp_path: Path) -> None:
    """At few frames per second encoders look far ahead in time: the sound must not end the film."""
    film = encode(pictures(20), tmp_path / "film.mp4", fps=0.5, audio=sound(tmp_path / "a.wav", 60))
    found = probe(film.path)
    assert (found.frames, round(found.seconds), round(found.sound)) == (20, 40, 40)


def test_with_sound_bytes_repeat_too(tmp_path: Path) -> None:
    track = sound(tmp_path / "a.wav", 2)
    films = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for film in films:
        encode(pictures(10), film, fps=24, audio=track)
    assert films[0].read_bytes() == films[1].read_bytes()


def test_sound_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "words.wav").write_text("hello")
    (tmp_path / "list.wav").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n")
    silent = encode(pictures(2), tmp_path / "silent.mp4", fps=24).path
    for path in (tmp_path / "none.wav", tmp_path, tmp_path / "words.wav", tmp_path / "list.wav", silent):
        with pytest.raises(ProjectError, match="audio: "):
            check_sound(path)
        with pytest.raises(ProjectError, match="Allowed: wav, mp3"):
            encode(pictures(2), tmp_path / "film.mp4", fps=24, audio=path)
    with pytest.raises(ProjectError, match="holds no sound"):
        encode(pictures(2), tmp_path / "film.gif", fps=24, audio=sound(tmp_path / "a.wav", 1))


# Texts

TEXTS = {
    "a project": 'title = "Meer 🎈"\r\n# comment; = \\ "x"\n\n[motion]\nzoom = "0: (1.0)"\n',
    "ends in backslashes": "a\\\\\\",
    "a backslash": "\\",
    "newlines only": "\n\n\r\n",
    "spaces around": "  a  ",
    "controls": "\x01\x1b[31m\x7f\t",
    "right to left": "\u202eabc\u202c שלום",
    "like the format": ";FFMETADATA1\n[CHAPTER]\nSTART=1\n#x\n",
    "100 kB": "prompt = 'ein Leuchtturm; é#=\\'\n" * 3_000,
    "1 MB": "x" * 1_000_000,
}


@pytest.mark.parametrize("name", TAGGED)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_texts_come_back(tmp_path: Path, name: str, text: str) -> None:
    texts = {"title": "T=1;#\\", "comment": text, "artist": "ä"}
    film = encode(pictures(2, 16, 16), tmp_path / name, fps=24, metadata=texts)
    back = read_metadata(film.path)
    assert {key: back[key] for key in texts} == texts


@pytest.mark.parametrize("name", TAGGED)
def test_every_tag_comes_back(tmp_path: Path, name: str) -> None:
    texts = {key: f"my {key}" for key in ("title", "artist", "comment", "copyright", "date", "genre")}
    film = encode(pictures(1, 16, 16), tmp_path / name, fps=24, metadata=texts)
    assert texts.items() <= read_metadata(film.path).items()


def test_texts_that_cannot_be_stored(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not one of title, artist"):
        encode(pictures(1), tmp_path / "film.mp4", fps=24, metadata={"mood": "blue"})
    with pytest.raises(ValueError, match="NUL"):
        encode(pictures(1), tmp_path / "film.mp4", fps=24, metadata={"comment": "a\0b"})


# Names and kinds

NAMES = ["-y.mp4", "a b;rm -rf $HOME %d #1.mp4", "Ä🎈'\".mp4", "http:x.mp4", "FILM.MP4", "x" * 251 + ".mp4"]


@pytest.mark.parametrize(
    "name", NAMES, ids=["option", "shell", "unicode", "protocol", "capitals", "255 bytes"]
)
def test_any_name_is_a_name(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    film = encode(pictures(2), Path(name), fps=24, metadata={"comment": "c"})
    assert probe(film.path).frames == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["film.avi", "film.txt", "film.mp4x", "film.v2/"])
def test_unknown_kinds_list_the_known(tmp_path: Path, name: str) -> None:
    if name.endswith("/"):
        assert container_of(str(tmp_path / name) + "/").format == "png"
        return
    with pytest.raises(ProjectError, match=r"Allowed: \.mp4, \.webm, \.mov, \.webp, \.gif, or a folder"):
        encode(pictures(1), tmp_path / name, fps=24)


def test_a_folder_is_a_png_sequence(tmp_path: Path) -> None:
    given = pictures(5, 7, 9)
    film = encode(given, str(tmp_path / "frames") + "/", fps=24, metadata={"comment": "ü"})
    assert (film.frames, film.width, film.height, film.padded) == (5, 9, 7, False)
    files = sorted(film.path.iterdir())
    assert [file.name for file in files] == [f"{number:06d}.png" for number in range(5)]
    for file, picture in zip(files, given, strict=True):
        np.testing.assert_array_equal(decode_png(file.read_bytes()), picture)
        assert read_text(file) == {"comment": "ü"}
    encode(given[:2], film.path, fps=24)
    assert len(list(film.path.iterdir())) == 2


def test_a_folder_with_other_things_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "beach.png").write_text("mine")
    with pytest.raises(ProjectError, match="not replaced"):
        encode(pictures(2), folder, fps=24)
    assert (folder / "beach.png").read_text() == "mine"


def test_places_where_no_film_can_be(tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    for out, message in [
        (tmp_path / "none" / "film.mp4", "no such folder.*mkdir"),
        (tmp_path / "folder.mp4", "there is a folder"),
        (tmp_path / ("x" * 300 + ".mp4"), "name is too long"),
    ]:
        with pytest.raises(ProjectError, match=message):
            encode(pictures(1), out, fps=24)


def test_settings_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="crf is 0"):
        encode(pictures(1), tmp_path / "film.mp4", fps=24, quality=Quality(crf=99))
    with pytest.raises(ValueError, match=r"for \.mp4 and \.webm"):
        encode(pictures(1), tmp_path / "film.mov", fps=24, quality=Quality(crf=17))
    with pytest.raises(ValueError, match="preset 'fastest' is not one of ultrafast"):
        encode(pictures(1), tmp_path / "film.mp4", fps=24, quality=Quality(preset="fastest"))
    with pytest.raises(ProjectError, match=r"60 frames per second are too many\. At most 50 in a \.gif"):
        encode(pictures(1), tmp_path / "film.gif", fps=60)


def test_quality_and_preset_are_used(tmp_path: Path) -> None:
    noise = [np.random.default_rng(n).integers(0, 256, (64, 64, 3), dtype=np.uint8) for n in range(4)]
    sizes = []
    for crf, preset in ((0, "medium"), (17, "medium"), (40, "medium"), (40, "ultrafast")):
        film = encode(noise, tmp_path / "film.mp4", fps=24, quality=Quality(crf=crf, preset=preset))
        sizes.append(film.path.stat().st_size)
    assert sizes[0] > sizes[1] > sizes[2]
    assert sizes[3] != sizes[2]


# Failures


def test_no_frames(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="there are no frames"):
        encode([], tmp_path / "film.mp4", fps=24)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["film.mp4", "film.gif", "film.webp", "frames"])
def test_frames_that_do_not_fit(tmp_path: Path, name: str) -> None:
    with pytest.raises(RenderError, match="frame 2 of the film is 65 x 48, those before are 64 x 48"):
        encode([*pictures(2), *pictures(1, 48, 65)], tmp_path / name, fps=24)
    with pytest.raises(ValueError, match="frame 1 of the film must be uint8"):
        encode([*pictures(1), np.zeros((48, 64, 3))], tmp_path / name, fps=24)  # type: ignore[list-item]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["film.mp4", "frames"])
def test_an_error_of_the_source_leaves_the_old_film(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    old = encode(pictures(2), out, fps=24)
    content = sorted(out.iterdir()) if out.is_dir() else out.read_bytes()

    def broken() -> Iterator[Picture]:
        yield from pictures(3)
        raise RenderError("frame 3 is damaged")

    with pytest.raises(RenderError, match="frame 3 is damaged"):
        encode(broken(), out, fps=24)
    assert (sorted(out.iterdir()) if out.is_dir() else out.read_bytes()) == content
    assert old.frames == 2


FAULTS = {
    "fails at once": (
        'echo "Unknown encoder libx264" >&2; exit 8',
        RenderError,
        "exit code 8.*\n.*Unknown encoder",
    ),
    "says nothing": ("exit 1", RenderError, "It said nothing"),
    "killed": ("head -c 50000 >/dev/null; kill -9 $$", RenderError, "exit code -9"),
    "dies while writing": ('head -c 50000 >"$OUT"; exit 1', RenderError, "ended before it had all frames"),
    "takes nothing": ("exit 0", RenderError, "ended before it had all frames"),
    "writes nothing": ("cat >/dev/null", RenderError, "the result cannot be read back"),
    "writes junk": ('cat >"$OUT"', RenderError, "the result cannot be read back"),
    "loses frames": (
        'case "$*" in *framecrc*) exec "$REAL" "$@";; esac; head -c 921600 | "$REAL" "$@"; cat >/dev/null',
        RenderError,
        "200 frames of 64 x 48 went in, 100 of 64 x 48 came out",
    ),
    "disk full": (
        'cat >/dev/null; echo "av_interleaved_write: No space left on device" >&2; exit 1',
        EnvironmentFault,
        "disk is full",
    ),
    "size limit": ('ulimit -f 1; exec $REAL "$@"', EnvironmentFault, "a size limit is reached"),
}


@pytest.mark.parametrize(("script", "kind", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_when_ffmpeg_fails_no_film_is_claimed(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    kind: type[Exception],
    message: str,
) -> None:
    out = tmp_path / "film.mp4"
    encode(pictures(2), out, fps=24)
    before = out.read_bytes()
    elsewhere = tmp_path_factory.mktemp("fake")
    false_ffmpeg(monkeypatch, elsewhere / "ffmpeg", script)
    monkeypatch.chdir(elsewhere)  # a false ffmpeg takes "-", standard output, for a name
    with pytest.raises(kind, match=message):
        encode(pictures(200), out, fps=24)
    assert out.read_bytes() == before
    monkeypatch.undo()
    assert encode(pictures(200), out, fps=24).frames == 200


def test_ffmpeg_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "ffmpeg"
    for mode, message in [
        (None, "was not found at .*pip install"),
        (0o644, "may not be executed.*chmod"),
        (0o755, "cannot be started.*Exec format error.*pip install"),
    ]:
        if mode is not None:
            place.write_text("x")
            place.chmod(mode)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(place))
        with pytest.raises(EnvironmentFault, match=message) as caught:
            encode(pictures(1), tmp_path / "film.mp4", fps=24)
        assert caught.value.exit_code == 3
        assert not (tmp_path / "film.mp4").exists()


def test_ffmpeg_killed_by_another_hand(tmp_path: Path) -> None:
    def kill_it() -> Iterator[Picture]:
        for number, picture in enumerate(pictures(400, 96, 96)):
            if number == 20:
                for pid in children() - before:
                    os.kill(pid, signal.SIGKILL)
            yield picture

    before = children()
    with pytest.raises(RenderError, match="exit code -9"):
        encode(kill_it(), tmp_path / "film.mp4", fps=24)
    assert not list(tmp_path.iterdir())


def test_leaving_by_an_error_ends_ffmpeg() -> None:
    def interrupted(process: Ffmpeg) -> None:
        os.kill(process.pid, 0)  # it runs
        raise KeyboardInterrupt

    endless = ["-f", "lavfi", "-i", "testsrc", "-f", "null", "-"]
    with pytest.raises(KeyboardInterrupt), Ffmpeg(endless, doing="testing") as process:
        interrupted(process)
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


ENDLESS = """
import sys, time
from pathlib import Path
import numpy as np
from render.video.encode import encode
def endless():
    while True:
        yield np.zeros((64, 64, 3), np.uint8)
        time.sleep(0.002)
encode(endless(), Path(sys.argv[1]), fps=24, on_frame=lambda n: n == 5 and print("going", flush=True))
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks into /proc")
def test_no_ffmpeg_outlives_a_killed_render(tmp_path: Path) -> None:
    folder = tmp_path / "it"
    folder.mkdir()
    command = [sys.executable, "-c", ENDLESS, str(folder / "film.mp4")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as render:
        assert render.stdout is not None
        assert render.stdout.readline() == "going\n"
        render.kill()
    end = time.monotonic() + 10
    while any(str(folder) in line for line in command_lines()):
        assert time.monotonic() < end, "ffmpeg still runs"
        time.sleep(0.02)
    assert not (folder / "film.mp4").exists()
    for rest in folder.iterdir():
        rest.unlink()


def command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(errors="replace"))
        except OSError:
            continue
    return found


def test_probing_what_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "words.mp4").write_text("hello")
    for path in (tmp_path / "words.mp4", tmp_path / "none.mp4", tmp_path):
        with pytest.raises(RenderError, match="reading"):
            counted(path)
        with pytest.raises(RenderError, match="reading"):
            read_metadata(path)
    with pytest.raises(RenderError):
        counted(sound(tmp_path / "a.wav", 1))


def test_importing_needs_no_torch() -> None:
    code = "import sys, render.video.encode, render.exports, projects.writer; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


# Contact sheets


@pytest.mark.parametrize("name", ["sheet.png", "sheet.webp", "sheet.jpg"])
def test_a_contact_sheet_shows_the_frames_in_rows(tmp_path: Path, name: str) -> None:
    shades = [np.full((60, 80, 3), 40 * n, np.uint8) for n in range(1, 6)]
    contact_sheet(shades, 2, tmp_path / name, [f"frame {n} 🎈\n" for n in range(5)])
    with Image.open(tmp_path / name) as image:
        sheet = np.asarray(image.convert("RGB")).astype(int)
    step_x, step_y = 80 + 8, 60 + 8 + 24
    assert sheet.shape == (3 * step_y + 8, 2 * step_x + 8, 3)
    for number in range(5):
        row, column = divmod(number, 2)
        middle = sheet[8 + row * step_y + 30, 8 + column * step_x + 40]
        assert np.abs(middle - 40 * (number + 1)).max() <= 3
    label = sheet[8 + 60 : 8 + 60 + 24, 8:88]
    assert label.max() > 200


def test_large_frames_are_scaled_down_and_labels_cut(tmp_path: Path) -> None:
    contact_sheet(pictures(2, 300, 600), 5, tmp_path / "sheet.png", ["x" * 500, ""], width=120)
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.size == (2 * 128 + 8, 60 + 8 + 24 + 8)


def test_contact_sheets_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"Allowed: \.png, \.webp, \.jpg"):
        contact_sheet(pictures(1), 2, tmp_path / "sheet.gif", ["1"])
    with pytest.raises(ProjectError, match="columns"):
        contact_sheet(pictures(1), 0, tmp_path / "sheet.png", ["1"])
    with pytest.raises(RenderError, match="no frames"):
        contact_sheet([], 2, tmp_path / "sheet.png", [])
    with pytest.raises(ValueError, match="shorter"):
        contact_sheet(pictures(2), 2, tmp_path / "sheet.png", ["one"])
    with pytest.raises(ProjectError, match="too many for WEBP"):
        contact_sheet(pictures(300), 1, tmp_path / "sheet.webp", [""] * 300)


def test_an_animated_webp_holds_the_frames_in_their_time(tmp_path: Path) -> None:
    """Odd sizes stay, and a picture that does not change is one picture for the time of all."""
    shown = [np.full((33, 35, 3), 40 * number, np.uint8) for number in (0, 1, 1, 2, 3, 3)]
    film = encode(shown, tmp_path / "film.webp", fps=10)
    assert (film.frames, film.width, film.height, film.padded) == (6, 35, 33, False)
    with Image.open(film.path) as image:
        assert image.is_animated
        assert image.info["loop"] == 0
        seen, spent = [], 0
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            spent += image.info["duration"]
            seen.append(np.asarray(image.convert("RGB"), float).mean())
    assert spent == 600
    assert seen == pytest.approx([0, 40, 80, 120], abs=3)
