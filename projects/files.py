"""Writing files so that a crash, a full disk or a cut of power leaves the old file or the new one, never half
of one; and the lock that lets one process write.

A file is written under a temporary name in the folder it is meant for, flushed to the disk, renamed, and the
folder is flushed too. Temporary names end in `.tmp-<pid>-<random>`, so that what a killed process left is
recognised and removed.

The operating system holds the lock and drops it when the process ends, however it ends. The lock's file stays when it
is released (removing it would let two processes lock two files of one name), and the text in it (pid, host, since
when) is only for the message: text without a lock means nothing.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from pathlib import Path

from keyframes.errors import (
    EnvironmentFault,
    LockedError,
    Problem,
    ProjectError,
    ReverieError,
    printable,
)

TEMPORARY = ".tmp-"
_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
WRONG_PATH = {
    errno.ENOTDIR: "there is a file where a folder is needed",
    errno.EEXIST: "there is a file where a folder is needed",
    errno.EISDIR: "there is a folder where a file is needed",
    errno.ENOTEMPTY: "the folder is not empty",
    errno.ENAMETOOLONG: "the name is too long for this disk",
    errno.ENOENT: "there is no such file or folder",
    errno.ELOOP: "there is a link where a file or folder is needed",
}


@contextmanager
def temporary(path: Path) -> Iterator[Path]:
    """A name beside `path` that no other process uses, for the time of a `with`; what is there at the end is removed.

    It is short, so that a long name stays within 255 bytes.
    """
    name = path.with_name(f"{path.name[:40]}{TEMPORARY}{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield name
    finally:
        with suppress(OSError):  # the first error is the one to tell; `remove_orphans` gets what stays
            _remove(name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_atomic(path: Path, data: bytes) -> None:
    """Put `data` at `path`, whole and on the disk when this returns, or leave what was there.

    Raises EnvironmentFault (disk full, no permission) or ProjectError (the path cannot be a file), naming the
    path and the bytes needed.
    """
    with disk_errors(path, needed=len(data)):
        with temporary(path) as fresh:
            with fresh.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, path)
        sync_folder(path.parent)


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex; read again only if the file has changed since."""
    stat = path.stat()
    return _digest_of(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=10_000)
def _digest_of(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to the disk. Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents. Raises as `write_atomic`."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def remove_orphans(folder: Path) -> int:
    """Remove the temporary files that killed processes left in `folder`; the number removed.

    Call it only while no other process can be writing there.
    """
    with disk_errors(folder):
        orphans = [path for path in folder.iterdir() if TEMPORARY in path.name]
        for path in orphans:
            _remove(path)
    return len(orphans)


@contextmanager
def disk_errors(path: Path, *, needed: int = 0) -> Iterator[None]:
    """Turn an OSError within into one of our errors that names `path` and the bytes `needed`."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path, needed) from error


def disk_error(error: OSError, path: Path, needed: int = 0) -> ReverieError:
    """The error to raise for `error`, met when writing or reading `path`."""
    name = printable(str(path))
    if error.errno in _FULL:
        return EnvironmentFault(full_disk(path, needed))
    if error.errno in _FORBIDDEN:
        reason = "the disk is read-only" if error.errno == errno.EROFS else "permission denied"
        return EnvironmentFault(f"{name}: {reason}. Choose a folder you may write to.")
    if error.errno in WRONG_PATH:
        return ProjectError(
            Problem(what=f"{WRONG_PATH[error.errno]}.", file=name, hint="Choose another path for the output.")
        )
    return EnvironmentFault(f"{name}: {error.strerror or error}")


def full_disk(path: Path, needed: int = 0) -> str:
    """The message for a full disk: which path, how much was needed, how much is left."""
    try:
        left = f", {shutil.disk_usage(path.parent).free:,} bytes are free"
    except OSError:
        left = ""
    need = f" ({needed:,} bytes needed{left})" if needed else ""
    name = printable(str(path))
    return f"{name}: the disk is full or a size limit is reached{need}. Free some space and run again."


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on `path` within this. Never follows a link.

    Raises LockedError at once if another holder has it, EnvironmentFault or ProjectError if it cannot be had.
    """
    from filelock import FileLock, Timeout  # here, so that what only looks at a take starts quickly

    lock = FileLock(
        path,
        blocking=False,
        thread_local=False,
        preserve_lock_file=True,
        on_acquired=partial(_write_holder, path),
    )
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(
            f"{printable(str(path.parent))} is being rendered by {_holder(path)}. "
            "Wait for it, stop it, or render into another folder."
        ) from None
    except OSError as error:
        if error.errno in WRONG_PATH or isinstance(error, PermissionError):
            raise disk_error(error, path) from error
        name, reason = printable(str(path)), error.strerror or error
        raise EnvironmentFault(
            f"{name}: this disk offers no locks ({reason}). Render to a local disk."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _write_holder(path: Path, descriptor: int) -> None:
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()})
    with disk_errors(path, needed=len(text)):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode("ascii"))


def _holder(path: Path) -> str:
    """Who holds the lock and for how long, as far as the text tells: it is written just after the lock is taken."""
    try:
        with path.open("rb") as file:
            text = json.loads(file.read(4096))
        pid, host, since = int(text["pid"]), str(text["host"]), float(text["since"])
        minutes, seconds = divmod(int(max(0.0, time.time() - since)), 60)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "another process"
    hours, minutes = divmod(minutes, 60)
    held = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"
    return f"process {pid} on {printable(host[:100])}, for {held}"
