"""Frames are stored by another thread, so that encoding and the disk cost the painter no time.

    painter --put--> at most `depth` frames wait --store--> the take --wait_for--> the assembly of the film

Frames are stored in the order they were put. An error while storing is raised in the painter's thread, at the
next `put` or at `close`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Self

from keyframes.errors import RenderError

from .png import Picture, check_picture
from .take import Take

DEPTH = 3


class FrameWriter:
    """Stores frames of a locked take in the background; at most `depth` wait in memory.

    Use it in a `with`: at the end, also after an error, what was put is stored and the thread has ended.
    """

    def __init__(self, take: Take, *, depth: int = DEPTH) -> None:
        if depth < 1:
            raise ValueError(f"depth must be at least 1, not {depth}")
        self._take = take
        self._depth = depth
        self._waiting: deque[tuple[int, Callable[[], object]]] = deque()
        self._there: set[int] = set()
        self._error: Exception | None = None
        self._closing = False
        self._ended = False
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="frame writer", daemon=True)
        self._thread.start()

    def put(
        self,
        frame: int,
        picture: Picture,
        key: str,
        *,
        seconds: float = 0.0,
        text: Mapping[str, str] | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """Store a frame in the background (arguments as Take.store). Waits while `depth` frames are waiting already.

        The picture is not copied: it must not change until it is stored. Raises what storing an earlier frame
        raised.
        """
        check_picture(picture, f"frame {frame}")
        text, notes = dict(text or {}), tuple(notes)
        store = partial(self._take.store, frame, picture, key, seconds=seconds, text=text, notes=notes)
        with self._change:
            self._change.wait_for(lambda: len(self._waiting) < self._depth or self._stopped())
            self._raise_error()
            if self._stopped():
                raise RuntimeError("the frame writer is closed")
            self._waiting.append((frame, store))
            self._change.notify_all()

    def announce(self, frame: int) -> None:
        """Mark a frame as already in the take, for those who wait for it."""
        with self._change:
            self._there.add(frame)
            self._change.notify_all()

    def wait_for(self, frame: int) -> None:
        """Wait, in any other thread, until a frame is stored or announced.

        Raises what storing raised, or RenderError if the writer ended without that frame.
        """
        with self._change:
            self._change.wait_for(lambda: frame in self._there or self._ended)
            if frame not in self._there:
                self._raise_error()
                raise RenderError(f"frame {frame} was not painted")

    def close(self) -> None:
        """Store what waits and end the thread. Raises what storing raised. Closing twice is fine."""
        self._end()
        with self._change:
            self._raise_error()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if error is None:
            self.close()
        elif self._error is not None and self._error is not error:
            error.add_note(f"Storing frames failed too: {self._error}")

    def _end(self) -> None:
        with self._change:
            self._closing = True
            self._change.notify_all()
        self._thread.join()

    def _stopped(self) -> bool:
        return self._closing or self._ended

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        """The thread: store until closed and empty, or until an error."""
        try:
            while job := self._next():
                frame, store = job
                store()
                self.announce(frame)
        except Exception as error:  # whatever it is, it belongs to the painter's thread
            self._error = error
        finally:
            with self._change:
                self._ended = True
                self._waiting.clear()
                self._change.notify_all()

    def _next(self) -> tuple[int, Callable[[], object]] | None:
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closing)
            job = self._waiting.popleft() if self._waiting else None
            self._change.notify_all()
            return job
