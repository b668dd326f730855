"""A take: one render of a project, in its own folder.

    project.toml     the project as it was rendered
    take.json        the folder that the project was rendered from, and whether this is a draft
    journal.jsonl    which frame was made from what, and its checksum (journal)
    frames/000000.png ...
    film.mp4         assembled from the frames at the end
    take.lock        held while rendering

A frame counts as stored when its file is there, whole, with the bytes that the journal says. The file is put
in place first and the journal line after it, so that a process killed between the two leaves an untrusted
frame. A file that has the size, time and inode that the journal recorded is taken for unchanged while plans are
made; before it is used its bytes are hashed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from keyframes.errors import Problem, ProjectError, RenderError, printable

from .files import disk_errors, locked, make_folder, remove_orphans, write_atomic
from .journal import Contents, Entry, FileMark, Journal, read_journal
from .png import Picture, decode_png, encode_png
from .project import Project


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a take comes from. file_name: of the project. folder: of the project, None if the take does not say.
    draft: whether the take is a draft of it.
    """

    file_name: str
    folder: Path | None = None
    draft: bool = False


class Take:
    """The take in `folder`, to look at; and to write to, while `lock()` is held.

    `project`: the name of the project it must belong to; None accepts any take that exists (to export or
    inspect it). `verify`: hash every file that `kept` looks at, even one that looks unchanged.
    Raises ProjectError when the folder holds another project's take, pictures without a journal, or is not a
    folder.
    """

    def __init__(self, folder: Path, *, project: str | None = None, verify: bool = False) -> None:
        self.folder = folder
        self.verify = verify
        self.frames = folder / "frames"
        self.journal = folder / "journal.jsonl"
        self.project_file = folder / "project.toml"
        self.film = folder / "film.mp4"
        self._origin_file = folder / "take.json"
        self._open: Journal | None = None
        self._inner: dict[str, Take] = {}
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

    def path(self, frame: int) -> Path:
        """Where a frame's picture is."""
        return self.frames / f"{frame:06d}.png"

    def stored(self) -> tuple[int, ...]:
        """The frames in the journal, in order."""
        return tuple(sorted(self._contents.entries.copy()))

    def inner(self, name: str) -> Take:
        """The take in the folder `name` of this one, for pictures that belong to it and are not frames of its film:
        one object, however often it is asked for.
        """
        if name not in self._inner:
            self._inner[name] = Take(self.folder / name, project=self.project, verify=self.verify)
        return self._inner[name]

    def kept(self, frame: int, key: str) -> bool:
        """Whether the stored frame was made from `key` and its file is the one that was stored then.

        A file whose size, time and inode are those in the journal is trusted, unless the take was opened with
        `verify`; any other is hashed. `read` hashes always.
        """
        entry = self._contents.entries.get(frame)
        if entry is None or entry.key != key:
            return False
        mark = self._mark(frame)
        if mark is None:
            return False
        if mark == entry.file and not self.verify:
            return True
        if self._bytes(entry) is None:
            return False
        if mark != entry.file and self._open is not None:  # a take that was copied: need not be hashed again
            self._open.append(replace(entry, file=mark), flush=False)
        return True

    def _mark(self, frame: int) -> FileMark | None:
        path = self.path(frame)
        with disk_errors(path):
            try:
                return FileMark.of(path)
            except (FileNotFoundError, NotADirectoryError):
                return None

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
        if hashlib.sha256(data).hexdigest() == entry.sha256:
            return data
        if self._mark(entry.frame) == entry.file:  # damaged, and looks unchanged: let the next plan see it
            with suppress(OSError):
                os.utime(path)
        return None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Within this, this process alone renders the take: folders are made, orphans removed, the journal is
        open.

        Raises LockedError at once if another process renders it; EnvironmentFault or ProjectError if the
        folder cannot be written.
        """
        make_folder(self.folder)
        with locked(self.folder / "take.lock"):
            self._look(self.project)  # another process may have made this folder its own since
            make_folder(self.frames)
            self.clean()
            with Journal.open(self.journal, self.project) as journal:
                self._open = journal
                self._contents = journal.contents
                try:
                    yield
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
        write_atomic(self.path(frame), data)
        entry = Entry(
            frame=frame,
            key=key,
            sha256=digest,
            seconds=seconds,
            notes=tuple(notes),
            file=self._mark(frame),
        )
        self._open.append(entry)
        return entry

    def keep_project(self, project: Project) -> None:
        """Store the project's text, and where it is, beside the frames. Needs the lock (else RuntimeError).

        Raises ProjectError if the take is that of another project of the same name, in another folder.
        """
        if self._open is None:
            raise RuntimeError("Take.keep_project needs Take.lock")
        self._check_origin(project)
        origin = {
            "project": project.file_name,
            "folder": _relative(project.folder, self.folder),
            "draft": project.draft,
        }
        text = json.dumps(origin, indent=2) + "\n"
        for path, data in (
            (self.project_file, project.text.encode("utf-8")),
            (self._origin_file, text.encode("ascii")),
        ):
            if not path.is_file() or path.read_bytes() != data:
                write_atomic(path, data)

    def origin(self) -> Origin:
        """Where the take comes from, as far as it says; what it says may be wrong, as a take may be a stranger's."""
        with suppress(OSError, ValueError, KeyError, TypeError):  # then it says nothing
            record = json.loads(self._origin_file.read_bytes())
            name, folder, draft = record["project"], record["folder"], record["draft"]
            if isinstance(name, str) and isinstance(folder, str) and Path(name).name == name:
                place = (self.folder.resolve() / folder).resolve()
                return Origin(file_name=name, folder=place, draft=draft is True)
        return Origin(file_name=f"{self.project}.toml")

    def _check_origin(self, project: Project) -> None:
        origin = self.origin()
        if origin.folder is None or origin.folder == project.folder.resolve():
            return
        other = origin.folder / origin.file_name
        if other.is_file():  # it was not moved here: both projects exist
            raise ProjectError(
                Problem(
                    what=f"this take belongs to {printable(str(other))}, another project of that name.",
                    file=str(self.folder),
                    hint=f"Choose another folder with --take, or remove {self._origin_file.name} from this one.",
                )
            )


def _relative(folder: Path, start: Path) -> str:
    """The path from `start` to `folder`, so that both may be moved together; Windows has none between two drives."""
    try:
        return os.path.relpath(folder.resolve(), start.resolve())
    except ValueError:
        return str(folder.resolve())
