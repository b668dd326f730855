"""A take: one render of a project, in a folder of its own.

    project.toml     the project as it was rendered
    journal.jsonl    which frame was made from what, and its checksum (journal)
    frames/000000.png ...
    film.mp4         assembled from the frames at the end
    take.lock        held while rendering (lock)

A frame counts as stored when its file is there, whole, with the bytes that the journal says. The file is put
in place first and the journal line after it, so that a process killed between the two leaves a frame that
nobody trusts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from keyframes.errors import Problem, ProjectError, RenderError, printable

from .files import disk_errors, make_folder, remove_orphans, write_atomic
from .journal import Contents, Entry, Journal, read_journal
from .lock import Lock
from .png import Picture, decode_png, encode_png


class Take:
    """The take in `folder`, to look at; and to write to, while `lock()` is held.

    `project`: the name of the project it must belong to; None accepts any take that exists (to export or
    inspect it).
    Raises ProjectError when the folder holds another project's take, pictures without a journal, or is no
    folder.
    """

    def __init__(self, folder: Path, *, project: str | None = None) -> None:
        self.folder = folder
        self.frames = folder / "frames"
        self.journal = folder / "journal.jsonl"
        self.project_file = folder / "project.toml"
        self.film = folder / "film.mp4"
        self._open: Journal | None = None
        self._contents = self._look(project)

    def _look(self, project: str | None) -> Contents:
        with disk_errors(self.folder):
            if self.journal.exists():
                return read_journal(self.journal, project)
            strangers = self.frames.exists() and any(self.frames.glob("*.png"))
        if strangers:
            raise self._refused("there are pictures in frames/ but no journal that says what they are.")
        if project is None:
            raise self._refused("there is no take here (no journal.jsonl).")
        return Contents(project=project)

    def _refused(self, what: str) -> ProjectError:
        return ProjectError(
            Problem(what=what, file=str(self.folder), hint="Choose another folder, or move this one away.")
        )

    @property
    def project(self) -> str:
        """The name of the project that this take belongs to."""
        return self._contents.project

    @property
    def entries(self) -> Mapping[int, Entry]:
        """What the journal says of each frame. Their files may be damaged or gone: `kept` and `read` look."""
        return MappingProxyType(self._contents.entries)

    @property
    def damaged_lines(self) -> tuple[int, ...]:
        """Lines of the journal that could not be trusted; their frames are painted again."""
        return self._contents.damaged

    def path(self, frame: int) -> Path:
        """Where a frame's picture is."""
        return self.frames / f"{frame:06d}.png"

    def stored(self) -> tuple[int, ...]:
        """The frames in the journal, in order."""
        return tuple(sorted(self._contents.entries.copy()))

    def kept(self, frame: int, key: str) -> bool:
        """Whether the stored frame was made from `key` and its file has the bytes that were stored then."""
        entry = self._contents.entries.get(frame)
        return entry is not None and entry.key == key and self._bytes(entry) is not None

    def read(self, frame: int) -> Picture:
        """A stored picture, uint8 (H, W, 3), checked against the journal.

        Raises RenderError if the frame is not stored or its file is damaged or gone.
        """
        entry = self._contents.entries.get(frame)
        data = None if entry is None else self._bytes(entry)
        if data is None:
            problem = "is not in the journal" if entry is None else "is damaged or gone"
            raise RenderError(
                f"frame {frame} {problem} ({printable(str(self.path(frame)))}). Render again to repair."
            )
        return decode_png(data, name=str(self.path(frame)))

    def _bytes(self, entry: Entry) -> bytes | None:
        """The file's bytes if they are those of the journal, else None."""
        path = self.path(entry.frame)
        with disk_errors(path):
            try:
                data = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
        return data if hashlib.sha256(data).hexdigest() == entry.sha256 else None

    @contextmanager
    def lock(self) -> Iterator[Lock]:
        """Within this, this process alone renders the take: folders are made, orphans removed, the journal is
        open.

        Raises LockedError at once if another process renders it; EnvironmentFault or ProjectError if the
        folder cannot be written.
        """
        make_folder(self.folder)
        with Lock(self.folder / "take.lock") as held:
            self._look(self.project)  # another process may have made this folder its own since
            make_folder(self.frames)
            self.clean()
            with Journal.open(self.journal, self.project) as journal:
                self._open = journal
                self._contents = Contents(
                    project=self.project, entries=journal.entries, damaged=journal.damaged
                )
                try:
                    yield held
                finally:
                    self._open = None

    def clean(self) -> int:
        """Remove what killed processes left (`*.tmp-*`); the number of files. Only while the lock is held."""
        return remove_orphans(self.folder) + remove_orphans(self.frames)

    def store(
        self,
        frame: int,
        picture: Picture,
        key: str,
        *,
        seconds: float = 0.0,
        text: Mapping[str, str] | None = None,
        notes: Sequence[str] = (),
    ) -> Entry:
        """Store a frame, uint8 (H, W, 3): file first, then journal, both on the disk when this returns.

        `text` goes into the PNG, `seconds` and `notes` into the journal. Needs the lock (else RuntimeError).
        Raises EnvironmentFault (disk full, no permission) with the path and the bytes needed, or
        ProjectError.
        """
        if self._open is None:
            raise RuntimeError("Take.store needs Take.lock")
        data = encode_png(picture, text)
        digest = hashlib.sha256(data).hexdigest()
        entry = Entry(frame=frame, key=key, sha256=digest, seconds=seconds, notes=tuple(notes))
        write_atomic(self.path(frame), data)
        self._open.append(entry)
        return entry

    def keep_project(self, text: str) -> None:
        """Store the project's own text beside the frames. Needs the lock (else RuntimeError)."""
        if self._open is None:
            raise RuntimeError("Take.keep_project needs Take.lock")
        write_atomic(self.project_file, text.encode("utf-8"))
