"""One renderer per take: a lock that the operating system holds, and drops when the process ends, however it
ends.

The file stays when the lock is released (removing it would let two processes lock two files of one name), and
the text in it (pid, host, since when) is only for the message: text without a lock means nothing.
"""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from keyframes.errors import EnvironmentFault, LockedError, ReverieError, printable

from .files import WRONG_PATH, disk_error, disk_errors


class Lock:
    """The lock on `path`, held from `acquire` to `release` or within a `with`. Never follows a link."""

    def __init__(self, path: Path) -> None:
        from filelock import FileLock  # here, so that what only looks at a take starts quickly

        self.path = path
        self._lock = FileLock(
            path,
            blocking=False,
            thread_local=False,
            preserve_lock_file=True,
            on_acquired=self._write_holder,
        )

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock.is_locked

    def acquire(self) -> None:
        """Take the lock at once. Raises LockedError if another holder has it, EnvironmentFault or ProjectError if it
        cannot be had.
        """
        from filelock import Timeout

        if self.held:
            raise LockedError(f"{printable(str(self.path))} is already held here")
        try:
            self._lock.acquire()
        except Timeout:
            raise LockedError(
                f"{printable(str(self.path.parent))} is being rendered by {self._holder()}. "
                "Wait for it, stop it, or render into another folder."
            ) from None
        except OSError as error:
            raise self._unlockable(error) from error

    def _unlockable(self, error: OSError) -> ReverieError:
        if error.errno in WRONG_PATH or isinstance(error, PermissionError):
            return disk_error(error, self.path)
        name, reason = printable(str(self.path)), error.strerror or error
        return EnvironmentFault(f"{name}: this disk offers no locks ({reason}). Render to a local disk.")

    def _write_holder(self, descriptor: int) -> None:
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()})
        with disk_errors(self.path, needed=len(text)):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, text.encode("ascii"))

    def _holder(self) -> str:
        """Who holds the lock and for how long, as far as the text tells (it is written just after the lock is
        taken).
        """
        try:
            with self.path.open("rb") as file:
                text = json.loads(file.read(4096))
            pid, host, held = (
                int(text["pid"]),
                str(text["host"]),
                max(0.0, time.time() - float(text["since"])),
            )
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return "another process"
        return f"process {pid} on {printable(host[:100])}, for {_duration(held)}"

    def release(self) -> None:
        """Give the lock back; the file stays. Releasing what is not held is fine."""
        self._lock.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
