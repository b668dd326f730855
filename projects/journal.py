"""The journal of a take: one line for each frame stored, appended and flushed to the disk after the frame
itself.

The first line names the format and the project; each further line says of one frame what it was made from
(its key), which bytes it has (their SHA-256) and how its file looks from outside (size, time in ns, inode; missing in
older journals). A line for a frame replaces the earlier ones. Every line ends in a checksum of itself:

    {"reverie journal": 1, "project": "Lighthouse", "check": "5d0d2b86"}
    {"frame": 0, "key": "9f86...", "sha256": "60a3...", "seconds": 1.25, "notes": [], "file": [9, 8, 7], "check": ...}

What a crash or a damaged disk does to it:

- A last line without its end was being written when the process died: it is cut off.
- A damaged line between others makes its frame untrusted, so it is painted again; `damaged` lists
  such lines.
- A damaged first line, another version or another project is refused: nothing after it can be relied on.
"""

from __future__ import annotations

import json
import math
import os
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from keyframes.errors import EnvironmentFault, Problem, ProjectError, printable, quoted

from .files import disk_errors, write_atomic
from .framekeys import is_key

VERSION = 1
_VERSION_KEY = "reverie journal"
_APPEND = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)  # O_BINARY: Windows


class FileMark(NamedTuple):
    """How a file looks without reading it: a file with the same mark is taken for unchanged."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileMark:
        """The mark of the file that is there now. Raises OSError."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ino)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the journal knows of one stored frame.

    `key`: what it was made from (framekeys). `sha256`: of the file's bytes. `seconds`: how long it took.
    `notes`: what happened while painting that changes pixels, such as a level of memory saving. `file`: the file's mark
    when it was stored; None in an older journal.
    """

    frame: int
    key: str
    sha256: str
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    file: FileMark | None = None

    def __post_init__(self) -> None:
        if type(self.frame) is not int or self.frame < 0:
            raise ValueError(f"a frame number is an integer from 0, not {self.frame!r}")
        if not is_key(self.key) or not is_key(self.sha256):
            raise ValueError("key and sha256 must be 64 lower-case hex digits")
        if not isinstance(self.seconds, int | float) or not math.isfinite(self.seconds):
            raise ValueError(f"seconds must be a finite number, not {self.seconds!r}")
        if not isinstance(self.notes, tuple) or not all(isinstance(note, str) for note in self.notes):
            raise ValueError(f"notes must be a tuple of texts, not {self.notes!r}")
        if self.file is not None and not all(type(number) is int for number in self.file):
            raise ValueError(f"file must hold three whole numbers, not {self.file!r}")


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A journal as read: the project's name, the last entry of each frame, the numbers of the damaged lines
    (from 1), and how many bytes are whole lines."""

    project: str
    entries: dict[int, Entry] = field(default_factory=dict)
    damaged: tuple[int, ...] = ()
    whole: int = 0


def read_journal(path: Path, project: str | None = None) -> Contents:
    """Read a journal and change nothing. `project`: the name it must have; None accepts any.

    Raises ProjectError for a journal that cannot be trusted or belongs to another project.
    """
    with disk_errors(path):
        data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    header, *lines = data[:whole].split(b"\n")[:-1] or [b""]
    name = _project_of(path, header)
    if project is not None and name != project:
        raise _refused(
            path,
            f"this take belongs to the project {quoted(name)}, not to {quoted(project)}.",
            "Render into another folder.",
        )
    entries: dict[int, Entry] = {}
    damaged = []
    for number, line in enumerate(lines, start=2):
        entry = _parse_entry(line)
        if entry is None:
            damaged.append(number)
        else:
            entries[entry.frame] = entry
    return Contents(project=name, entries=entries, damaged=tuple(damaged), whole=whole)


class Journal:
    """A journal open for appending. One process at a time: hold the take's lock. `contents`: what is in it."""

    def __init__(self, path: Path, contents: Contents, descriptor: int) -> None:
        self.path = path
        self.contents = contents
        self._descriptor = descriptor

    @classmethod
    def open(cls, path: Path, project: str) -> Self:
        """Open the journal of `project` at `path`, making it if there is none; a torn last line is cut off.

        Raises as `read_journal` and `write_atomic`.
        """
        if not path.exists():
            write_atomic(path, _line({_VERSION_KEY: VERSION, "project": project}))
        contents = read_journal(path, project)
        with disk_errors(path):
            descriptor = os.open(path, _APPEND)
            os.ftruncate(descriptor, contents.whole)
            os.fsync(descriptor)
        return cls(path, contents, descriptor)

    def append(self, entry: Entry, *, flush: bool = True) -> None:
        """Add a line; it is on the disk when this returns, but for `flush=False`. If it cannot be written, the journal
        is as it was.

        Raises EnvironmentFault when the disk is full or the journal is closed.
        """
        if self._descriptor < 0:
            raise EnvironmentFault(f"{printable(str(self.path))}: the journal is closed")
        value = {
            "frame": entry.frame,
            "key": entry.key,
            "sha256": entry.sha256,
            "seconds": entry.seconds,
            "notes": entry.notes,
        }
        line = _line(value if entry.file is None else {**value, "file": entry.file})
        with disk_errors(self.path, needed=len(line)):
            self._write(line, flush=flush)
        self.contents.entries[entry.frame] = entry

    def _write(self, line: bytes, *, flush: bool) -> None:
        start = os.fstat(self._descriptor).st_size
        try:
            rest = line
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            if flush:
                os.fsync(self._descriptor)
        except BaseException:
            # Half a line must not stay: the next one would be glued to it. If even cutting it off fails,
            # append no more.
            try:
                os.ftruncate(self._descriptor, start)
            except OSError:
                self.close()
            raise

    def close(self) -> None:
        """Close the file; appending is then an error. Closing twice is fine."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _line(value: dict[str, object]) -> bytes:
    body = json.dumps(value, allow_nan=False)[:-1].encode("ascii")
    return body + _seal(body) + b"\n"


def _seal(body: bytes) -> bytes:
    return f', "check": "{zlib.crc32(body):08x}"}}'.encode("ascii")


_SEAL_LENGTH = len(_seal(b""))


def _unseal(line: bytes) -> dict[str, object] | None:
    """The line as a mapping, or None if it is not what was written."""
    body, seal = line[:-_SEAL_LENGTH], line[-_SEAL_LENGTH:]
    if seal != _seal(body):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _parse_entry(line: bytes) -> Entry | None:
    value = _unseal(line)
    if value is None:
        return None
    try:
        notes, mark = value["notes"], value.get("file")
        if not isinstance(notes, list) or not isinstance(mark, list | None):
            return None
        return Entry(
            frame=value["frame"],  # type: ignore[arg-type]  # Entry checks
            key=value["key"],  # type: ignore[arg-type]
            sha256=value["sha256"],  # type: ignore[arg-type]
            seconds=value["seconds"],  # type: ignore[arg-type]
            notes=tuple(notes),
            file=None if mark is None else FileMark(*mark),
        )
    except (KeyError, ValueError, TypeError):
        return None


def _project_of(path: Path, header: bytes) -> str:
    value = _unseal(header)
    if value is None or _VERSION_KEY not in value:
        raise _refused(
            path,
            "the first line is damaged, so it is unknown which project these frames belong to.",
            "Restore the file, or move the folder away and render again.",
        )
    version = value.get(_VERSION_KEY)
    if version != VERSION:
        raise _refused(
            path,
            f"this journal has version {quoted(str(version))}; this Reverie reads version {VERSION}.",
            "Use the Reverie that wrote it, or render into another folder.",
        )
    return str(value.get("project", ""))


def _refused(path: Path, what: str, hint: str) -> ProjectError:
    return ProjectError(Problem(what=what, file=str(path), line=1, hint=hint))
