"""The journal: whatever happens to the file, it is recovered or refused, and never makes a frame wrong."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyframes.errors import EnvironmentFault, ProjectError
from projects.journal import Entry, Journal, read_journal
from tests.pace import within


def digest(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


def entry(frame: int, key: object = "", **more: Any) -> Entry:
    return Entry(frame=frame, key=digest(f"{frame} {key}"), sha256=digest((frame, key)), **more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def write(path: Path, frames: int = 5) -> dict[int, Entry]:
    with Journal.open(path, "sea") as journal:
        for frame in range(frames):
            journal.append(entry(frame, seconds=frame / 3, notes=("vae tiled",) if frame == 2 else ()))
        return dict(journal.contents.entries)


def test_what_is_appended_is_read_back(path: Path) -> None:
    written = write(path)
    contents = read_journal(path, "sea")
    assert contents.entries == written
    assert contents.entries[2].notes == ("vae tiled",)
    assert contents.project == "sea"
    assert contents.damaged == ()


def test_the_last_line_of_a_frame_counts(path: Path) -> None:
    write(path)
    with Journal.open(path, "sea") as journal:
        journal.append(entry(3, "again"))
    assert read_journal(path).entries[3] == entry(3, "again")
    assert len(read_journal(path).entries) == 5


def test_a_line_copied_twice_changes_nothing(path: Path) -> None:
    written = write(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[2], lines[2]]))
    assert read_journal(path).entries == written


@pytest.mark.parametrize("name", ["", "Leuchtturm — Ä 🎈", 'a"b\\c\nd', "x" * 10_000])
def test_any_project_name(path: Path, name: str) -> None:
    Journal.open(path, name).close()
    assert read_journal(path, name).project == name


@pytest.fixture
def no_fsync(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests with many writes that end without a power cut."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


@pytest.mark.usefixtures("no_fsync")
def test_cut_anywhere_it_keeps_exactly_the_whole_lines(path: Path) -> None:
    written = write(path)
    data = path.read_bytes()
    header = data.index(b"\n") + 1
    for cut in range(header, len(data), 3):
        path.write_bytes(data[:cut])
        whole = data[:cut].count(b"\n") - 1
        with Journal.open(path, "sea") as journal:
            assert journal.contents.entries == {frame: written[frame] for frame in range(whole)}
            assert journal.contents.damaged == ()
            journal.append(entry(whole, "after"))
        again = read_journal(path, "sea")
        assert again.damaged == ()
        assert again.entries[whole] == entry(whole, "after")


def test_reading_alone_does_not_change_a_torn_file(path: Path) -> None:
    write(path)
    torn = path.read_bytes()[:-10]
    path.write_bytes(torn)
    assert len(read_journal(path).entries) == 4
    assert path.read_bytes() == torn


def test_zeros_after_a_power_cut_are_cut_off(path: Path) -> None:
    written = write(path)
    path.write_bytes(path.read_bytes() + b"\0" * 300)
    with Journal.open(path, "sea") as journal:
        assert journal.contents.entries == written
    assert b"\0" not in path.read_bytes()


def test_every_flipped_bit_takes_the_trust_from_its_frame_only(path: Path) -> None:
    written = write(path, 3)
    data = path.read_bytes()
    header = data.index(b"\n") + 1
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1 << (position % 7)
        path.write_bytes(bytes(damaged))
        if position < header:
            with pytest.raises(ProjectError):
                read_journal(path, "sea")
            continue
        contents = read_journal(path, "sea")
        assert all(written[frame] == found for frame, found in contents.entries.items())
        assert len(contents.entries) >= 1
        assert len(contents.entries) < 3


@settings(max_examples=60)
@given(junk=st.binary(max_size=60), at=st.integers(0, 10_000))
def test_junk_never_becomes_an_entry(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.jsonl"
    path.unlink(missing_ok=True)
    written = write(path, 3)
    data = path.read_bytes()
    header = data.index(b"\n") + 1
    place = header + at % (len(data) - header)
    path.write_bytes(data[:place] + junk + data[place:])
    with Journal.open(path, "sea") as journal:
        assert all(written[frame] == found for frame, found in journal.contents.entries.items())


def test_a_damaged_line_is_told(path: Path) -> None:
    write(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b'"frame": 2', b'"frame": 9')
    path.write_bytes(b"".join(lines))
    contents = read_journal(path)
    assert contents.damaged == (4,)
    assert sorted(contents.entries) == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (b"", "first line is damaged"),
        (b"{}\n", "first line is damaged"),
        (b'{"reverie journal": 1, "project": "sea"}\n', "first line is damaged"),
        (b"\xff\xfe\n", "first line is damaged"),
    ],
)
def test_a_damaged_first_line_is_refused(path: Path, first: bytes, message: str) -> None:
    write(path)
    path.write_bytes(first + path.read_bytes().split(b"\n", 1)[1])
    before = path.read_bytes()
    for read in (lambda: read_journal(path), lambda: Journal.open(path, "sea")):
        with pytest.raises(ProjectError, match=message) as caught:
            read()
        assert caught.value.problems[0].file == str(path)
        assert caught.value.problems[0].line == 1
        assert caught.value.problems[0].hint
    assert path.read_bytes() == before


def test_a_journal_of_another_version_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projects.journal.VERSION", 2)
    write(path)
    monkeypatch.undo()
    with pytest.raises(ProjectError, match='version "2"; this Reverie reads version 1'):
        read_journal(path)


def test_a_journal_of_another_project_is_refused(path: Path) -> None:
    write(path)
    with pytest.raises(ProjectError, match='belongs to the project "sea", not to "night"'):
        Journal.open(path, "night")
    with pytest.raises(ProjectError, match=r"journal\.jsonl:1"):
        read_journal(path, "night")


@pytest.mark.parametrize(
    "wrong",
    [{"frame": -1}, {"frame": True}, {"frame": 1.0}, {"key": "x"}, {"sha256": "F" * 64}, {"notes": ["list"]}]
    + [{"seconds": bad} for bad in (float("nan"), float("inf"), "1")],
)
def test_an_entry_is_checked(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|frame number"):
        Entry(**{"frame": 1, "key": digest(1), "sha256": digest(2), **wrong})


class FullDisk:
    """An os.write that takes `room` bytes and then has no more."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.write = os.write

    def __call__(self, descriptor: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self.write(descriptor, data[: self.room])
        self.room -= written
        return written


@pytest.mark.parametrize("room", [0, 1, 50, 100])
def test_a_full_disk_leaves_no_half_line(path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    written = write(path)
    before = path.read_bytes()
    with Journal.open(path, "sea") as journal:
        with monkeypatch.context() as patch:
            patch.setattr("os.write", FullDisk(room))
            with pytest.raises(EnvironmentFault, match=r"journal\.jsonl: the disk is full .*bytes needed"):
                journal.append(entry(5))
        assert path.read_bytes() == before
        assert journal.contents.entries == written
        journal.append(entry(5))
    assert read_journal(path).entries == {**written, 5: entry(5)}


def test_when_half_a_line_cannot_be_removed_nothing_more_is_appended(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, length: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    written = write(path)
    with Journal.open(path, "sea") as journal:
        with monkeypatch.context() as patch:
            patch.setattr("os.write", FullDisk(20))
            patch.setattr("os.ftruncate", refuse)
            with pytest.raises(EnvironmentFault):
                journal.append(entry(5))
        with pytest.raises(EnvironmentFault, match="closed"):
            journal.append(entry(6))
    with Journal.open(path, "sea") as journal:
        assert journal.contents.entries == written


@pytest.mark.usefixtures("no_fsync")
def test_ten_thousand_lines_load_in_a_second(path: Path) -> None:
    write(path, 10_000)
    with within(1):
        assert len(read_journal(path).entries) == 10_000
