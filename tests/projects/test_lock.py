"""The lock of a take, with real processes."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keyframes.errors import LockedError, ProjectError
from projects.files import locked
from tests.pace import allowed

HOLD = """
import sys, time
from pathlib import Path
from projects.files import locked
from keyframes.errors import LockedError
try:
    with locked(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.readline()
except LockedError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def start(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def take(path: Path) -> None:
    with locked(path):
        pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "take.lock"


def test_the_second_is_told_who_and_how_long(path: Path) -> None:
    with start(path) as other:
        assert first_line(other) == "held\n"
        begin = time.perf_counter()
        with pytest.raises(LockedError) as caught:
            take(path)
        assert time.perf_counter() - begin < allowed(1)
        assert caught.value.exit_code == 4
        message = str(caught.value)
        assert f"process {other.pid} on " in message
        assert re.search(r" for \d+ s\.", message)
        assert "\n" not in message
        other.communicate("\n")
    take(path)


def test_in_one_process_two_cannot_hold_it_either(path: Path) -> None:
    with locked(path), pytest.raises(LockedError):
        take(path)
    take(path)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_holder_leaves_no_lock(path: Path) -> None:
    for _ in range(3):
        with start(path) as other:
            assert first_line(other) == "held\n"
            other.send_signal(signal.SIGKILL)
            other.wait()
        assert json.loads(path.read_text())["pid"] == other.pid  # its text is still there, and means nothing
        with locked(path):
            assert json.loads(path.read_text())["pid"] == os.getpid()


@pytest.mark.parametrize(
    "text", ["", "junk", "[]", '{"pid": "x"}', "\0" * 9000, '{"pid": 1, "host": "h", "since": 1e999}']
)
def test_any_text_is_no_lock_and_no_trouble(path: Path, text: str) -> None:
    path.write_text(text)
    with locked(path):
        path.write_text(text)
        with pytest.raises(LockedError, match=r"is being rendered by (another process|process 1 on h)"):
            take(path)


def test_a_clock_that_stepped_back(path: Path) -> None:
    with locked(path):
        path.write_text(json.dumps({"pid": 5, "host": "h", "since": time.time() + 5000}))
        with pytest.raises(LockedError, match="process 5 on h, for 0 s"):
            take(path)
        path.write_text(json.dumps({"pid": 5, "host": "h", "since": time.time() - 2 * 3600 - 90}))
        with pytest.raises(LockedError, match="for 2 h 1 min"):
            take(path)


def test_the_file_stays(path: Path) -> None:
    with locked(path):
        first = path.stat().st_ino
    with locked(path):
        assert path.stat().st_ino == first
    assert path.exists()


def test_of_many_starting_together_one_wins(path: Path) -> None:
    others = [start(path) for _ in range(6)]
    try:
        lines = [first_line(other) for other in others]
        assert sorted(line == "held\n" for line in lines) == [False] * 5 + [True]
        codes = [other.wait(10) for other, line in zip(others, lines, strict=True) if line != "held\n"]
        assert codes == [4] * 5
    finally:
        for other in others:
            other.communicate("\n")
    assert sorted(other.returncode for other in others) == [0, 4, 4, 4, 4, 4]


LEAVE_A_CHILD = """
import os, subprocess, sys
from pathlib import Path
from projects.files import locked
held = locked(Path(sys.argv[1]))
held.__enter__()
command = [sys.executable, "-c", "print(1, flush=True); input()"]
subprocess.Popen(command, stdin=0, stdout=1, close_fds=False)
os._exit(0)
"""


def test_a_lock_does_not_outlive_us_in_a_child(path: Path) -> None:
    """ffmpeg runs as a child: it must not inherit the lock."""
    command = [sys.executable, "-c", LEAVE_A_CHILD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert first_line(other) == "1\n"
        other.wait()
        take(path)
        other.communicate("\n")


def test_places_where_no_lock_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="there is a file where a folder is needed"):
        take(tmp_path / "file" / "take.lock")
    with pytest.raises(ProjectError, match="there is a folder"):
        take(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "precious.txt"
    other.write_text("precious")
    (tmp_path / "take.lock").symlink_to(other)
    with pytest.raises(ProjectError, match="there is a link"):
        take(tmp_path / "take.lock")
    assert other.read_text() == "precious"


NO_LOCKS = """
import errno, fcntl, sys
from pathlib import Path
from keyframes.errors import EnvironmentFault

def unsupported(descriptor, operation):
    raise OSError(int(sys.argv[2]), "Operation not supported")

fcntl.flock = unsupported  # as on a disk without locks
from projects.files import locked
try:
    with locked(Path(sys.argv[1])):
        pass
except EnvironmentFault as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK])
def test_a_disk_without_locks(path: Path, code: int) -> None:
    command = [sys.executable, "-c", NO_LOCKS, str(path), str(code)]
    assert "offers no locks" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
