"""One renderer per take: a lock that the operating system holds, and drops when the process ends, however it
ends.

The file stays when the lock is released (removing it would let two processes lock two files of one name), and
the text in it (pid, host, since when) is only for the message: text without a lock means nothing.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from keyframes.errors import EnvironmentFault, LockedError, printable

from .files import disk_errors

if sys.platform == "win32":
    import msvcrt

    _BEYOND_THE_TEXT = 1 << 30  # Windows locks bytes against reading too: lock one that nobody reads

    def _take_hold(descriptor: int) -> None:
        os.lseek(descriptor, _BEYOND_THE_TEXT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

    def _let_go(descriptor: int) -> None:
        os.lseek(descriptor, _BEYOND_THE_TEXT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    _HELD_BY_ANOTHER: tuple[type[OSError], ...] = (PermissionError,)
else:
    import fcntl

    def _take_hold(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _let_go(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # closing would not do while a forked child has it open

    _HELD_BY_ANOTHER: tuple[type[OSError], ...] = (BlockingIOError,)


class Lock:
    """The lock on `path`, held from `acquire` to `release` or within a `with`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1

    @property
    def held(self) -> bool:
        return self._descriptor >= 0

    def acquire(self) -> None:
        """Take the lock at once. Raises LockedError if another holder has it, EnvironmentFault if it cannot
        be had.
        """
        if self.held:
            raise LockedError(f"{printable(str(self.path))} is already held here")
        with disk_errors(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._hold(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def _hold(self, descriptor: int) -> None:
        try:
            _take_hold(descriptor)
        except _HELD_BY_ANOTHER as error:
            raise LockedError(
                f"{printable(str(self.path.parent))} is being rendered by {_holder(descriptor)}. "
                "Wait for it, stop it, or render into another folder."
            ) from error
        except OSError as error:
            name, reason = printable(str(self.path)), error.strerror
            raise EnvironmentFault(
                f"{name}: this disk offers no locks ({reason}). Render to a local disk."
            ) from error
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()})
        with disk_errors(self.path, needed=len(text)):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, text.encode("ascii"))

    def release(self) -> None:
        """Give the lock back; the file stays. Releasing what is not held is fine."""
        if self.held:
            _let_go(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _holder(descriptor: int) -> str:
    """Who holds the lock and for how long, as far as the text tells (it is written just after the lock is
    taken).
    """
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        text = json.loads(os.read(descriptor, 4096))
        pid, host, held = int(text["pid"]), str(text["host"]), max(0.0, time.time() - float(text["since"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "another process"
    return f"process {pid} on {printable(host[:100])}, for {_duration(held)}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
