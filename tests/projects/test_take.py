"""The take on disk: what is stored stays, what is damaged is found, a kill at any moment costs one frame."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from keyframes.errors import EnvironmentFault, LockedError, ProjectError, RenderError
from projects import Project, read_project
from projects.files import disk_error, remove_orphans, write_atomic
from projects.journal import Entry, FileMark, Journal
from projects.png import Picture, encode_png, read_text
from projects.take import Origin, Take


def picture(frame: int, size: int = 24) -> Picture:
    return np.random.default_rng(frame).integers(0, 256, (size, size, 3), dtype=np.uint8)


def project_in(folder: Path) -> Project:
    text = 'title = "Meer 🎈"\r\nframes = 5\r\nprompts = "sea"\r\n'
    return read_project(text, name="sea.toml", folder=folder)


def key(frame: int, version: str = "") -> str:
    return hashlib.sha256(f"{frame} {version}".encode()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "takes" / "sea 1"


@pytest.fixture
def take(folder: Path) -> Take:
    """A take of five frames."""
    take = Take(folder, project="sea")
    with take.lock():
        for frame in range(5):
            take.store(frame, picture(frame), key(frame), seconds=0.5, text={"prompt": f"sea {frame}"})
    return take


def test_a_stored_frame_is_kept_and_read(take: Take) -> None:
    again = Take(take.folder, project="sea")
    assert again.stored() == (0, 1, 2, 3, 4)
    for frame in range(5):
        assert again.kept(frame, key(frame))
        assert not again.kept(frame, key(frame, "edited"))
        np.testing.assert_array_equal(again.read(frame), picture(frame))
        assert read_text(again.path(frame)) == {"prompt": f"sea {frame}"}
    assert again.entries[3].seconds == 0.5
    assert again.path(3).name == "000003.png"
    assert not again.kept(5, key(5))
    with pytest.raises(RenderError, match="frame 5 is not in the journal"):
        again.read(5)


def test_storing_again_replaces(take: Take) -> None:
    with take.lock():
        take.store(2, picture(99), key(2, "edited"), notes=["vae tiled"])
    again = Take(take.folder)
    assert not again.kept(2, key(2))
    assert again.kept(2, key(2, "edited"))
    assert again.entries[2].notes == ("vae tiled",)
    np.testing.assert_array_equal(again.read(2), picture(99))


def test_equal_frames_make_equal_files(take: Take, tmp_path: Path) -> None:
    other = Take(tmp_path / "other", project="sea")
    with other.lock():
        for frame in reversed(range(5)):
            other.store(frame, picture(frame), key(frame), seconds=9, text={"prompt": f"sea {frame}"})
    for frame in range(5):
        assert other.path(frame).read_bytes() == take.path(frame).read_bytes()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut 1 %": lambda data: data[: len(data) // 100],
    "cut 10 %": lambda data: data[: len(data) // 10],
    "cut 50 %": lambda data: data[: len(data) // 2],
    "cut 90 %": lambda data: data[: len(data) * 9 // 10],
    "12 bytes missing": lambda data: data[:-12],
    "zero tail": lambda data: data[:-200] + b"\0" * 200,
    "one bit": lambda data: data[:300] + bytes([data[300] ^ 4]) + data[301:],
    "empty": lambda data: b"",
    "another size": lambda data: encode_png(picture(2, 32)),
    "another picture": lambda data: encode_png(picture(7)),
    "same picture, other text": lambda data: encode_png(picture(2)),
    "longer": lambda data: data + b"\0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_frame_is_found_before_use(take: Take, damage: Callable[[bytes], bytes]) -> None:
    path = take.path(2)
    time.sleep(0.02)  # some kernels count time in steps of 10 ms
    path.write_bytes(damage(path.read_bytes()))
    assert not take.kept(2, key(2))
    with pytest.raises(RenderError, match="frame 2 is damaged or gone"):
        take.read(2)
    with take.lock():
        take.store(2, picture(2), key(2), text={"prompt": "sea 2"})
    assert take.kept(2, key(2))


def test_the_file_of_another_frame_is_found(take: Take) -> None:
    take.path(2).write_bytes(take.path(3).read_bytes())
    assert not take.kept(2, key(2))
    take.path(3).unlink()
    assert not take.kept(3, key(3))


def test_another_project_is_refused(take: Take) -> None:
    with pytest.raises(ProjectError, match='belongs to the project "sea", not to "night"'):
        Take(take.folder, project="night")
    assert Take(take.folder).project == "sea"


def test_another_project_that_came_first_is_refused_at_the_lock(folder: Path) -> None:
    late = Take(folder, project="night")
    with Take(folder, project="sea").lock():
        pass
    with pytest.raises(ProjectError, match='belongs to the project "sea"'), late.lock():
        pass
    assert Take(folder).project == "sea"


def test_pictures_without_a_journal_are_not_overwritten(take: Take) -> None:
    take.journal.unlink()
    with pytest.raises(ProjectError, match=r"no journal"):
        Take(take.folder, project="sea")
    assert take.path(0).exists()


def test_looking_at_nothing(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no take here"):
        Take(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_new_take_touches_nothing_until_it_is_locked(folder: Path) -> None:
    take = Take(folder, project="sea")
    assert take.stored() == ()
    assert not folder.exists()


def test_two_cannot_render_one_take(take: Take) -> None:
    with take.lock(), pytest.raises(LockedError, match=f"process {os.getpid()}"), Take(take.folder).lock():
        pass


def test_storing_needs_the_lock(take: Take) -> None:
    with pytest.raises(RuntimeError, match="needs"):
        take.store(0, picture(0), key(0))
    with pytest.raises(RuntimeError, match="needs"):
        take.keep_project(project_in(take.folder))


def test_looking_goes_on_while_another_renders(take: Take) -> None:
    with take.lock():
        looking = Take(take.folder)
        take.store(5, picture(5), key(5))
        assert looking.kept(4, key(4))
        assert Take(take.folder).kept(5, key(5))


def test_the_project_is_kept_beside_the_frames(take: Take) -> None:
    project = project_in(take.folder.parent.parent)
    with take.lock():
        take.keep_project(project)
    assert take.project_file.read_bytes().decode() == project.text
    assert take.origin() == Origin(file_name="sea.toml", folder=project.folder.resolve())
    with take.lock():
        take.keep_project(replace(project, draft=True))
    assert take.origin().draft


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{}", '{"project": "../a", "folder": "", "draft": true}', '{"project": 1}']
)
def test_a_take_that_does_not_say_where_it_is_from(take: Take, text: str | None) -> None:
    if text is not None:
        (take.folder / "take.json").write_text(text)
    assert take.origin() == Origin(file_name="sea.toml", folder=None)


def test_two_projects_of_one_name_are_told_apart(take: Take, tmp_path: Path) -> None:
    homes = [tmp_path / "first", tmp_path / "second"]
    projects = []
    for home in homes:
        home.mkdir()
        projects.append(project_in(home))
        (home / "sea.toml").write_bytes(projects[-1].text.encode())
    with take.lock():
        take.keep_project(projects[0])
        take.keep_project(projects[0])
        with pytest.raises(ProjectError, match=r"belongs to .*first.sea\.toml, another project of that name"):
            take.keep_project(projects[1])
    (homes[0] / "sea.toml").unlink()  # it was moved to `second`
    with take.lock():
        take.keep_project(projects[1])
    assert take.origin().folder == homes[1].resolve()


def test_a_take_may_be_moved_together_with_its_project(take: Take, tmp_path: Path) -> None:
    home = take.folder.parent.parent
    (home / "sea.toml").write_bytes(project_in(home).text.encode())
    with take.lock():
        take.keep_project(project_in(home))
    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(home, copy)
    moved = Take(copy / take.folder.relative_to(home), project="sea")
    with moved.lock():
        moved.keep_project(project_in(copy))
    assert moved.origin().folder == copy.resolve()


def test_pictures_that_are_no_frames_are_in_one_take_within(take: Take) -> None:
    inner = take.inner("originals")
    with inner.lock():
        inner.store(3, picture(3), key(3))
    assert take.inner("originals") is inner
    assert Take(take.folder, project="sea").inner("originals").kept(3, key(3))
    assert inner.path(3) == take.folder / "originals" / "frames" / "000003.png"


# Files that look unchanged are not read for a plan.


def unchanged_but(path: Path, data: bytes) -> None:
    """Other bytes in a file that has the same size, time and inode as before."""
    mark = path.stat()
    assert len(data) == mark.st_size
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(mark.st_atime_ns, mark.st_mtime_ns))


def flipped(data: bytes) -> bytes:
    return data[:300] + bytes([data[300] ^ 4]) + data[301:]


def test_a_plan_trusts_what_looks_unchanged_and_what_uses_a_frame_does_not(take: Take) -> None:
    unchanged_but(take.path(2), flipped(take.path(2).read_bytes()))
    assert Take(take.folder).kept(2, key(2))
    assert not Take(take.folder, verify=True).kept(2, key(2))
    again = Take(take.folder)
    with pytest.raises(RenderError, match="frame 2 is damaged or gone"):
        again.read(2)


def test_damage_that_was_found_once_is_seen_by_the_next_plan(take: Take) -> None:
    unchanged_but(take.path(2), flipped(take.path(2).read_bytes()))
    with pytest.raises(RenderError):
        take.read(2)
    assert not Take(take.folder).kept(2, key(2))


def test_a_copied_take_is_hashed_once(take: Take, tmp_path: Path) -> None:
    shutil.copytree(take.folder, tmp_path / "copy")
    copy = Take(tmp_path / "copy", project="sea")
    assert copy.kept(2, key(2))
    unchanged_but(copy.path(2), flipped(copy.path(2).read_bytes()))
    assert not copy.kept(2, key(2)), "its inode is another"
    with copy.lock():
        assert copy.kept(3, key(3))
    unchanged_but(copy.path(3), flipped(copy.path(3).read_bytes()))
    assert Take(tmp_path / "copy").kept(3, key(3)), "its mark was written down under the lock"


def test_a_take_of_before_the_marks_is_hashed(take: Take) -> None:
    data = take.journal.read_bytes()
    take.journal.unlink()
    with Journal.open(take.journal, "sea") as journal:
        for entry in take.entries.values():
            journal.append(replace(entry, file=None))
    assert b"file" not in take.journal.read_bytes()
    assert b"file" in data
    old = Take(take.folder)
    assert old.kept(2, key(2))
    unchanged_but(old.path(2), flipped(old.path(2).read_bytes()))
    assert not old.kept(2, key(2))


def test_the_file_looks_as_the_journal_says(take: Take) -> None:
    assert {frame: FileMark.of(take.path(frame)) for frame in range(5)} == {
        frame: entry.file for frame, entry in take.entries.items()
    }


def test_what_killed_processes_left_is_removed(take: Take) -> None:
    orphans = [
        take.frames / "000002.png.tmp-1-ab",
        take.folder / "film.mp4.tmp-99-cd",
        take.folder / "seq.tmp-3-ef",
    ]
    for orphan in orphans[:2]:
        orphan.write_bytes(b"half")
    orphans[2].mkdir()
    (orphans[2] / "000000.png").write_bytes(b"half")
    with take.lock():
        assert not any(orphan.exists() for orphan in orphans)
        assert take.clean() == 0
    assert take.kept(2, key(2))


# Places where a take cannot be. Root may write anywhere, so permissions are tried as errors below.


def test_a_file_in_the_way(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("mine")
    for folder in (place, place / "take"):
        take = Take(folder, project="sea")
        with pytest.raises(ProjectError, match="there is a file where a folder is needed"), take.lock():
            pass
    assert place.read_text() == "mine"


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="name is too long"):
        Take(tmp_path / ("x" * 300), project="sea")


def test_a_name_of_255_bytes_works(tmp_path: Path) -> None:
    write_atomic(tmp_path / ("x" * 255), b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["x" * 255]


def test_a_folder_in_place_of_a_frame(take: Take) -> None:
    take.path(2).unlink()
    take.path(2).mkdir()
    assert not take.kept(2, key(2))
    with pytest.raises(ProjectError, match="there is a folder where a file is needed"), take.lock():
        take.store(2, picture(2), key(2))


@pytest.mark.parametrize(
    ("number", "kind", "code", "message"),
    [
        ("ENOSPC", EnvironmentFault, 3, "disk is full .*1,234 bytes needed"),
        ("EDQUOT", EnvironmentFault, 3, "disk is full"),
        ("EROFS", EnvironmentFault, 3, "read-only"),
        ("EACCES", EnvironmentFault, 3, "permission denied"),
        ("EIO", EnvironmentFault, 3, "Input/output error"),
        ("ENOTDIR", ProjectError, 2, "there is a file"),
        ("ENAMETOOLONG", ProjectError, 2, "too long"),
    ],
)
def test_each_error_of_the_disk_is_told(
    number: str, kind: type[Exception], code: int, message: str, tmp_path: Path
) -> None:
    code_number = getattr(errno, number)
    error = disk_error(OSError(code_number, os.strerror(code_number)), tmp_path / "a\nb.png", 1234)
    assert isinstance(error, kind)
    assert error.exit_code == code
    assert "\n" not in str(error)
    assert str(tmp_path) in str(error)
    with pytest.raises(kind, match=message):
        raise error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(take: Take) -> None:
    take.frames.chmod(0o500)
    try:
        with pytest.raises(EnvironmentFault, match="permission denied"), take.lock():
            take.store(9, picture(9), key(9))
    finally:
        take.frames.chmod(0o700)


@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "pathlib.Path.open"])
def test_a_disk_full_at_each_step_leaves_no_half_frame(
    take: Take, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with take.lock():
        with monkeypatch.context() as patch:
            patch.setattr(step, full)
            with pytest.raises(EnvironmentFault, match=r"000007\.png: the disk is full .*bytes needed"):
                take.store(7, picture(7), key(7))
        assert not take.kept(7, key(7))
        assert not take.path(7).exists()
        take.store(7, picture(7), key(7))
        assert take.kept(7, key(7))
    assert sorted(path.name for path in take.frames.iterdir()) == [f"{n:06d}.png" for n in (0, 1, 2, 3, 4, 7)]


def test_a_kill_between_a_new_picture_and_its_journal_line(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal then has the old key and the file the new picture: neither may be trusted."""

    def killed(journal: Journal, entry: Entry) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, take.lock():
        patch.setattr(Journal, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            take.store(2, picture(99), key(2, "edited"))
    assert not take.kept(2, key(2))
    assert not take.kept(2, key(2, "edited"))
    with pytest.raises(RenderError, match="damaged"):
        take.read(2)


STORE = """
import hashlib, os, signal, sys
from pathlib import Path
import numpy as np
from projects.take import Take

def picture(frame):
    return np.random.default_rng(frame).integers(0, 256, (24, 24, 3), dtype=np.uint8)

def key(frame):
    return hashlib.sha256(f"{frame} ".encode()).hexdigest()

def render(folder, frames):
    take = Take(Path(folder), project="sea")
    with take.lock():
        print("ready", flush=True)
        for frame in range(frames):
            if not take.kept(frame, key(frame)):
                take.store(frame, picture(frame), key(frame))
"""


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", STORE + code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def limited(folder: Path, size: int) -> tuple[int, str]:
    """Render 3 frames in a process whose files may have `size` bytes; the exit code and what it said."""
    code = f"""
import resource
from keyframes.errors import ReverieError
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
try:
    render(sys.argv[1], 3)
except ReverieError as error:
    print(error)
    sys.exit(error.exit_code)
"""
    process = run(code, folder)
    said, errors = process.communicate()
    assert "Traceback" not in errors
    return process.returncode, said


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits")
@pytest.mark.parametrize("size", [0, 40, 90, 700, 1500])
def test_a_real_limit_on_file_sizes(folder: Path, size: int) -> None:
    code, said = limited(folder, size)
    assert code == 3
    assert "the disk is full or a size limit is reached" in said
    assert "bytes needed" in said
    code, _ = limited(folder, resource.RLIM_INFINITY)
    assert code == 0
    take = Take(folder)
    assert [take.kept(frame, key(frame)) for frame in range(3)] == [True] * 3
    assert not [path for path in folder.rglob("*") if ".tmp-" in path.name]


def assert_whole(folder: Path) -> Take:
    """All that the journal names is there and right, but for at most the one frame that was being stored."""
    take = Take(folder)
    wrong = [frame for frame in take.stored() if not take.kept(frame, key(frame))]
    assert wrong == []
    files = {int(path.stem) for path in take.frames.glob("*.png")}
    assert len(files - set(take.stored())) <= 1
    return take


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_random_times_it_goes_on_to_the_same_take(folder: Path, tmp_path: Path) -> None:
    frames, moments = 400, random.Random(7)
    for _ in range(10):
        process = run("render(sys.argv[1], int(sys.argv[2]))", folder, frames)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moments.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if (folder / "journal.jsonl").exists():
            assert_whole(folder)
    done = len(assert_whole(folder).stored())
    for place in (folder, tmp_path / "uninterrupted"):
        process = run("render(sys.argv[1], int(sys.argv[2]))", place, done + 5)
        assert process.communicate()[1] == ""
    for frame in range(done + 5):
        file = f"frames/{frame:06d}.png"
        assert (folder / file).read_bytes() == (tmp_path / "uninterrupted" / file).read_bytes()


# Each call that changes the disk, killed just before or just after it, each time it is made; in a fork each.
FAULT = """
name, when, faults = sys.argv[2], sys.argv[3], int(sys.argv[4])
for count in range(1, faults + 1):
    child = os.fork()
    if child == 0:
        break
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
else:
    sys.exit(0)

real = getattr(os, name)

def fault(*arguments, **more):
    global count
    count -= 1
    if count == 0 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    if count == 0 and when == "half" and name == "write":
        real(arguments[0], arguments[1][: len(arguments[1]) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*arguments, **more)
    if count == 0 and when == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(os, name, fault)
render(os.path.join(sys.argv[1], str(count)), 4)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize(
    ("name", "when"),
    [(name, when) for name in ("fsync", "replace", "write") for when in ("before", "after")]
    + [("write", "half")],
)
def test_killed_at_each_step_nothing_half_counts(tmp_path: Path, name: str, when: str) -> None:
    faults = 14 if name == "fsync" else 5
    process = run(FAULT, tmp_path, name, when, faults)
    assert process.communicate()[1] == ""
    assert process.returncode == 0
    for folder in [tmp_path / str(count) for count in range(1, faults + 1)]:
        if (folder / "journal.jsonl").exists():
            assert_whole(folder)
        take = Take(folder, project="sea")
        with take.lock():
            for frame in range(4):
                if not take.kept(frame, key(frame)):
                    take.store(frame, picture(frame), key(frame))
        assert all(take.kept(frame, key(frame)) for frame in range(4))
        assert not [path for path in folder.rglob("*") if ".tmp-" in path.name]


@pytest.fixture(autouse=True)
def no_file_left_open() -> Iterator[None]:
    """Each test gives back the file descriptors it opened."""
    place = Path("/proc/self/fd")
    before = len(list(place.iterdir())) if place.exists() else 0
    yield
    after = len(list(place.iterdir())) if place.exists() else 0
    assert after <= before


def test_removing_orphans_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no such file or folder"):
        remove_orphans(tmp_path / "none")
