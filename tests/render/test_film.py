"""From project to frames and film: what is kept, what is painted again, and that all comes out the same."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import projects.take
from keyframes import EnvironmentFault, LockedError, ProjectError, RenderError, Stopped
from projects import Picture, Project, Take, encode_png, read_text
from render.api import check, plan
from render.film import render_project
from render.plans import make_plan
from render.reports import Reporter
from render.resolve import resolve
from render.video.probe import read_metadata
from tests.films import probe

from ..clips import false_ffmpeg
from ..fakes import Studio, files, load, pictures, project_text, render

FRAMES = 12
TEXT = project_text(FRAMES, output='preset = "ultrafast"')


def edited(old: str, new: str, text: str = TEXT) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a rendered project, to be copied."""
    folder = tmp_path_factory.mktemp("master")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")  # the fixture below comes too late for this one
    render(load(folder, TEXT))
    return folder


@pytest.fixture
def done(master: Path, home: Path) -> Path:
    """A copy of the rendered project's folder."""
    shutil.copytree(master, home, dirs_exist_ok=True)
    return home


def again(folder: Path, text: str = TEXT, **options: object) -> tuple[list[int], list[int]]:
    """(frames the plan says, frames painted) of another render; they must be the same."""
    project, studio = load(folder, text), Studio()
    take = options.get("take_folder") or project.take_folder
    assert isinstance(take, Path)
    planned = list(make_plan(resolve(project), Take(take, project=project.name)).paint)
    made = render(project, make_painter=studio.painter, **options)
    assert list(made.painted) == studio.painted == planned
    return planned, studio.painted


def clean(folder: Path, text: str) -> list[Picture]:
    """The pictures of an uninterrupted render elsewhere."""
    folder.mkdir()
    return pictures(render(load(folder, text)).take)


def assert_equal(some: list[Picture], other: list[Picture]) -> None:
    assert len(some) == len(other)
    for frame, (one, two) in enumerate(zip(some, other, strict=True)):
        np.testing.assert_array_equal(one, two, err_msg=f"frame {frame}")


def test_a_take_and_its_film(done: Path) -> None:
    take = done / "takes" / "dream"
    assert Take(take, project="dream").stored() == tuple(range(FRAMES))
    found = probe(take / "film.mp4")
    assert (found.frames, found.width, found.height) == (FRAMES, 64, 64)
    assert (take / "project.toml").read_text() == TEXT
    assert len({picture.tobytes() for picture in pictures(take)}) == FRAMES


def test_again_is_up_to_date_without_a_painter(done: Path) -> None:
    before = files(done / "takes" / "dream")
    film = (done / "takes" / "dream" / "film.mp4").stat()

    def never(_setup: object) -> object:
        raise AssertionError("a model was loaded for nothing")

    made = render_project(load(done, TEXT), make_painter=never)  # type: ignore[arg-type]
    assert made.up_to_date
    assert made.painted == ()
    assert made.kept == tuple(range(FRAMES))
    assert files(done / "takes" / "dream") == before
    assert (done / "takes" / "dream" / "film.mp4").stat().st_mtime_ns == film.st_mtime_ns


def test_an_edited_prompt_repaints_from_its_key(home: Path) -> None:
    prompts = '0 = "a lighthouse"\n40 = "{}"'
    text = project_text(60, prompts=prompts.format("a storm"), output='preset = "ultrafast"')
    render(load(home, text), film=False)
    other = project_text(60, prompts=prompts.format("a calm sea"), output='preset = "ultrafast"')
    before = files(home / "takes" / "dream")
    planned, painted = again(home, other, film=False)
    assert planned == painted == list(range(40, 60))
    after = files(home / "takes" / "dream")
    assert [name for name in before if before[name] != after[name]] == [f"{f:06d}.png" for f in range(40, 60)]
    assert_equal(pictures(home / "takes" / "dream"), clean(home / "clean", other))


def test_a_blended_prompt_repaints_from_where_the_blend_begins(home: Path) -> None:
    prompts = 'blend = "linear"\n0 = "a lighthouse"\n4 = "a storm"\n8 = "{}"'
    render(load(home, project_text(FRAMES, prompts=prompts.format("a wreck"))), film=False)
    planned, _ = again(home, project_text(FRAMES, prompts=prompts.format("dawn")), film=False)
    assert planned == list(range(5, FRAMES))


@pytest.mark.parametrize("frame", [1, 7, 11])
def test_an_edited_lane_repaints_to_the_end(done: Path, frame: int) -> None:
    other = edited("angle = 1", f'angle = "0: (where(t < {frame}, 1, 2))"')
    planned, _ = again(done, other)
    assert planned == list(range(frame, FRAMES))
    assert_equal(pictures(done / "takes" / "dream"), clean(done / "clean", other))


@pytest.mark.parametrize(
    ("change", "film_changes"),
    [
        (lambda text: 'title = "Sea"\n' + text, True),
        (lambda text: text + "crf = 30\n", True),
        (lambda text: text + "# a remark\n", True),  # the film carries the project's text
        (lambda text: "fps = 30\n" + text, True),
        (lambda text: edited("angle = 1", "angle = 1.0", text), True),
    ],
)
def test_what_changes_no_picture_paints_nothing(
    done: Path, change: Callable[[str], str], film_changes: bool
) -> None:
    take = done / "takes" / "dream"
    before, film = files(take), (take / "film.mp4").read_bytes()
    assert again(done, change(TEXT)) == ([], [])
    assert files(take) == before
    assert ((take / "film.mp4").read_bytes() != film) == film_changes
    assert (take / "project.toml").read_text() == change(TEXT)
    assert probe(take / "film.mp4").frames == FRAMES


@pytest.mark.parametrize(
    ("coherence", "first"),
    [
        ("noise = 0.02\ncolor_frame = 5", 1),
        ('noise = 0.02\ncolor_match = "rgb"', 1),
        ('noise = 0.02\ncolor_method = "histogram"', 1),
        ('noise = 0.02\ncolor_match = "none"', 1),
        ('noise = 0.02\nnoise_type = "normal"', 1),
        ('noise = "0: (0.02), 5: (0.02), 6: (0.03)"', 6),
        ("noise = 0.02\ncontrast = 1.1", 1),
        ("noise = 0.02\nantiblur_amount = 0.5", 1),
        ('noise = 0.02\ncolor_amount = "0: (1), 8: (1), 9: (0.5)"', 9),
    ],
)
def test_coherence_never_repaints_frame_0(done: Path, coherence: str, first: int) -> None:
    if "color_match" not in coherence:
        coherence += '\ncolor_match = "lab"'
    other = edited('noise = 0.02\ncolor_match = "lab"', coherence)
    planned, _ = again(done, other)
    assert planned == list(range(first, FRAMES))
    assert_equal(pictures(done / "takes" / "dream"), clean(done / "clean", other))


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("seed = 3", "seed = 4", 0),
        ("seed = 3", "seed = 3\nsize = [64, 80]", 0),
        ("[output]", '[diffusion]\nsampler = "euler"\n[output]', 0),
        ("[output]", "[diffusion]\nstrength = 0.4\n[output]", 1),  # frame 0 is painted from nothing
        ("[output]", "[diffusion]\nsteps = 5\n[output]", 0),
        ("frames = 12", "frames = 14", 12),
    ],
)
def test_edits_repaint_what_they_touch(done: Path, old: str, new: str, first: int) -> None:
    other = edited(old, new)
    planned, _ = again(done, other)
    assert planned == list(range(first, 14 if "14" in new else FRAMES))
    assert_equal(pictures(done / "takes" / "dream"), clean(done / "clean", other))


def test_another_model_repaints_everything(done: Path) -> None:
    model = done / "fake" / "model_index.json"
    project, take = load(done, TEXT), Take(done / "takes" / "dream")
    assert make_plan(resolve(project), take).paint == ()
    model.write_text(json.dumps({"_class_name": "StableDiffusionPipeline", "_name_or_path": "another"}))
    assert make_plan(resolve(project), take).paint == tuple(range(FRAMES))


def test_a_shorter_film_keeps_its_frames_and_a_longer_one_too(done: Path) -> None:
    assert again(done, edited("frames = 12", "frames = 8")) == ([], [])
    assert probe(done / "takes" / "dream" / "film.mp4").frames == 8
    assert again(done) == ([], [])
    assert probe(done / "takes" / "dream" / "film.mp4").frames == FRAMES


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut to 1 %": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 100]),
    "cut to 90 %": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10]),
    "last 12 bytes gone": lambda path: path.write_bytes(path.read_bytes()[:-12]),
    "zeros at the end": lambda path: path.write_bytes(path.read_bytes()[:-500] + bytes(500)),
    "one bit": lambda path: path.write_bytes(flip(path.read_bytes())),
    "another size": lambda path: path.write_bytes(encode_png(np.zeros((32, 32, 3), np.uint8))),
    "another frame": lambda path: path.write_bytes(path.with_name("000002.png").read_bytes()),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [name for name in DAMAGES if name != "a folder"])
@pytest.mark.parametrize("frame", [0, 6])
def test_a_damaged_frame_is_painted_again(done: Path, master: Path, damage: str, frame: int) -> None:
    take = done / "takes" / "dream"
    DAMAGES[damage](take / "frames" / f"{frame:06d}.png")
    assert again(done) == ([frame], [frame])
    assert files(take) == files(master / "takes" / "dream")


def test_what_stands_in_a_frames_place_is_not_destroyed(done: Path) -> None:
    DAMAGES["a folder"](done / "takes" / "dream" / "frames" / "000006.png")
    with pytest.raises(ProjectError, match=r"000006\.png.*there is a folder where a file is needed"):
        render(load(done, TEXT))


def test_several_damaged_frames(done: Path, master: Path) -> None:
    take = done / "takes" / "dream"
    for frame in (1, 2, 5, 11):
        (take / "frames" / f"{frame:06d}.png").unlink()
    assert again(done)[1] == [1, 2, 5, 11]
    assert files(take) == files(master / "takes" / "dream")


@pytest.mark.parametrize("missing", ["journal", "film", "film record", "film cut"])
def test_what_else_may_be_gone(done: Path, master: Path, missing: str) -> None:
    take, whole = done / "takes" / "dream", master / "takes" / "dream"
    if missing == "journal":
        shutil.rmtree(take / "frames")
        (take / "journal.jsonl").unlink()
    elif missing == "film":
        (take / "film.mp4").unlink()
    elif missing == "film record":
        (take / "film.json").write_text("[1")
    else:
        (take / "film.mp4").write_bytes((take / "film.mp4").read_bytes()[:-1])
    planned, _ = again(done)
    assert planned == (list(range(FRAMES)) if missing == "journal" else [])
    assert files(take) == files(whole)
    assert (take / "film.mp4").read_bytes() == (whole / "film.mp4").read_bytes()


@pytest.mark.parametrize("kind", ["cut", "flip", "twice", "strange line"])
def test_a_damaged_journal_never_gives_a_wrong_frame(done: Path, master: Path, kind: str) -> None:
    journal = done / "takes" / "dream" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    changed = {
        "cut": [*lines[:-1], lines[-1][:40]],
        "flip": [*lines[:5], flip(lines[5]), *lines[6:]],
        "twice": [*lines[:5], lines[3], *lines[5:]],
        "strange line": [*lines[:5], b'{"frame": 3}\n', *lines[5:]],
    }[kind]
    journal.write_bytes(b"".join(changed))
    planned, _ = again(done)
    assert planned == {"cut": [11], "flip": [4]}.get(kind, [])
    assert files(done / "takes" / "dream") == files(master / "takes" / "dream")


def test_one_frame_paints_what_it_needs(home: Path) -> None:
    project, studio = load(home, TEXT), Studio()
    made = render(project, make_painter=studio.painter, frames=[4], film=False)
    assert studio.painted == [0, 1, 2, 3, 4]
    assert made.film is None
    render(project, make_painter=studio.painter, frames=[2, 6], film=False)
    assert studio.painted == [0, 1, 2, 3, 4, 5, 6]


def test_the_film_of_a_range_holds_that_range(done: Path) -> None:
    made = render(load(done, TEXT), frames=range(3, 8))
    assert made.painted == ()
    assert probe(made.take / "film.mp4").frames == 5


def test_a_take_that_is_rendered_is_locked(done: Path) -> None:
    with Take(done / "takes" / "dream").lock(), pytest.raises(LockedError, match="is being rendered by"):
        render(load(done, edited("angle = 1", "angle = 2")))


def test_the_take_of_another_project_is_refused(done: Path, master: Path) -> None:
    other = load(done, TEXT, "night.toml")
    take = done / "takes" / "dream"
    with pytest.raises(ProjectError, match=r'belongs to the project "dream", not to "night"') as caught:
        render(other, take=take)
    assert caught.value.exit_code == 2
    assert files(take) == files(master / "takes" / "dream")


def test_a_folder_of_strange_pictures_is_refused(home: Path) -> None:
    (home / "mine" / "frames").mkdir(parents=True)
    (home / "mine" / "frames" / "000000.png").write_bytes(b"precious")
    with pytest.raises(ProjectError, match="no journal"):
        render(load(home, TEXT), take=home / "mine")
    assert (home / "mine" / "frames" / "000000.png").read_bytes() == b"precious"


def test_a_painter_that_fails_loses_nothing(
    home: Path, master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = projects.take.encode_png

    def encode(*arguments: object) -> bytes:
        import time

        time.sleep(0.05)  # frames wait for the disk
        return slow(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(projects.take, "encode_png", encode)
    project, studio = load(home, TEXT), Studio(fails={7: RenderError("frame 7: not finite")})
    with pytest.raises(RenderError, match="frame 7: not finite"):
        render(project, make_painter=studio.painter)
    monkeypatch.undo()
    assert Take(project.take_folder).stored() == tuple(range(7))
    assert not (project.take_folder / "film.mp4").exists()
    assert again(home)[1] == list(range(7, FRAMES))
    assert files(project.take_folder) == files(master / "takes" / "dream")


def test_a_stop_keeps_what_is_painted(home: Path, master: Path) -> None:
    project, studio = load(home, TEXT), Studio(fails={5: Stopped("stopped by SIGINT", 130)})
    with pytest.raises(Stopped):
        render(project, make_painter=studio.painter)
    assert Take(project.take_folder).stored() == tuple(range(5))
    assert again(home)[1] == list(range(5, FRAMES))
    assert files(project.take_folder) == files(master / "takes" / "dream")


def test_without_ffmpeg_nothing_is_painted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(home / "nothing" / "ffmpeg"))
    project, studio = load(home, TEXT), Studio()
    with pytest.raises(EnvironmentFault, match="ffmpeg was not found"):
        render(project, make_painter=studio.painter)
    with pytest.raises(EnvironmentFault, match="ffmpeg was not found"):
        check(project)
    assert studio.painted == []
    assert render(project, film=False).painted == tuple(range(FRAMES)), "frames need no ffmpeg"


def test_an_encoder_that_is_missing_is_found_before_painting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    false_ffmpeg(monkeypatch, home / "ffmpeg", '"$REAL" "$@" | grep -v libx264')
    project, studio = load(home, TEXT), Studio()
    with pytest.raises(EnvironmentFault, match=r"film.mp4 cannot be encoded: .* has no encoder libx264"):
        render(project, make_painter=studio.painter)
    with pytest.raises(EnvironmentFault, match="libx264"):
        plan(project)
    assert plan(project, film=False).paint == tuple(range(FRAMES))
    assert studio.painted == []


def test_a_film_that_fails_keeps_the_frames(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = 'case "$*" in *-encoders*) exec "$REAL" "$@";; esac; echo "No space left on device" >&2; exit 1'
    false_ffmpeg(monkeypatch, home / "ffmpeg", script)
    project = load(home, TEXT)
    with pytest.raises(EnvironmentFault, match="disk is full"):
        render(project)
    assert Take(project.take_folder).stored() == tuple(range(FRAMES))
    monkeypatch.delenv("IMAGEIO_FFMPEG_EXE")
    assert again(home) == ([], [])
    assert probe(project.take_folder / "film.mp4").frames == FRAMES


def test_metadata_in_frames_and_film(done: Path) -> None:
    take = done / "takes" / "dream"
    texts = read_text(take / "frames" / "000004.png")
    assert texts["reverie project"] == TEXT
    assert texts["reverie name"] == "dream.toml"
    row = json.loads(texts["reverie row"])
    assert (row["frame"], row["seed"], row["lanes"]["angle"]) == (4, 7, 1)
    assert row["prompt"]["parts"][0]["mix"][0]["text"] == "a lighthouse by the sea"
    assert read_metadata(take / "film.mp4")["comment"] == TEXT


def test_no_metadata(home: Path) -> None:
    made = render(load(home, TEXT), metadata=False)
    for path in sorted((made.take / "frames").iterdir()):
        assert read_text(path) == {}
        assert b"lighthouse" not in path.read_bytes()
    assert b"lighthouse" not in (made.take / "film.mp4").read_bytes()
    assert b"dream" not in (made.take / "film.mp4").read_bytes()


def test_hostile_texts_are_kept_as_they_are(home: Path) -> None:
    prompt = "emoji 🌊, \\u202e rtl, 100 % {braces} %s %d, 'quotes' \\\"double\\\", ; rm -rf, \\u001b[31mred"
    text = project_text(2, prompts=f'0 = "{prompt}"', output='preset = "ultrafast"')
    made = render(load(home, text, "a #1 %d 'б'; rm.toml"))
    assert made.take.name == "a #1 %d 'б'; rm"
    assert read_text(made.take / "frames" / "000001.png")["reverie project"] == text
    assert read_metadata(made.take / "film.mp4")["comment"] == text
    assert {path.name for path in home.iterdir()} == {"fake", "takes", "a #1 %d 'б'; rm.toml"}


@pytest.mark.parametrize(("width", "height"), [(17, 33), (64, 16)])
def test_odd_sizes_are_padded_in_the_film_alone(home: Path, width: int, height: int) -> None:
    made = render(load(home, project_text(3, top=f"size = [{width}, {height}]")))
    assert {picture.shape for picture in pictures(made.take)} == {(height, width, 3)}
    found = probe(made.take / "film.mp4")
    assert (found.width, found.height) == (width + width % 2, height + height % 2)
    assert made.padded == bool(width % 2 or height % 2)


def test_what_is_reported(home: Path) -> None:
    told: list[object] = []

    class Listener(Reporter):
        def begin(self, plan: object) -> None:
            told.append("begin")

        def step(self, done: int, count: int) -> None:
            told.append((done, count))

        def frame(self, frame: int, seconds: float) -> None:
            assert seconds >= 0
            told.append(frame)

        def end(self, film: object) -> None:
            told.append("end")

    render(load(home, project_text(2)), report=Listener())
    assert told == ["begin", (1, 1), 0, (1, 1), 1, "end"]


def test_an_init_image_is_part_of_frame_0(home: Path) -> None:
    for level in (50, 200):
        (home / "start.png").write_bytes(encode_png(np.full((64, 64, 3), level, np.uint8)))
        text = project_text(3, top='init_image = "start.png"')
        project = replace(load(home, text), init_image=home / "start.png")
        studio = Studio()
        render(project, make_painter=studio.painter, film=False)
        assert studio.painted == [0, 1, 2]
        given = studio.painters[0].seen[0][1]
        assert given is not None
        assert given.mul(255).round().unique().tolist() == [level]
    assert isinstance(project, Project)


def test_a_render_leaves_nothing_open(home: Path) -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs /proc")
    project = load(home, TEXT)
    render(project, film=False)  # what is loaded once is loaded now
    files_before, threads_before = open_files(), threading.active_count()
    for angle in (2, 3, 4):
        render(load(home, edited("angle = 1", f"angle = {angle}")))
    with pytest.raises(RenderError):
        render(load(home, TEXT), make_painter=Studio(fails={7: RenderError("no")}).painter)
    assert open_files() <= files_before
    assert threading.active_count() == threads_before
