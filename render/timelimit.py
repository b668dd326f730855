"""A frame that takes too long stops the render: an overnight job should not hang with its device."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from keyframes import RenderError

OnStep = Callable[[int, int], None]


@contextmanager
def time_limit(seconds: float | None, frame: int, on_step: OnStep) -> Iterator[OnStep]:
    """Within this, painting a frame for longer than `seconds` (None: no limit) raises RenderError.

    Call the yielded function after each step in place of `on_step`. In the main thread, if the system has timers, an
    alarm also ends what happens between steps.
    """
    if seconds is None:
        yield on_step
        return
    ends = time.monotonic() + seconds

    def late() -> RenderError:
        return RenderError(
            f"frame {frame} took longer than {seconds:g} s, the limit that --frame-timeout sets. The frames before it "
            "are stored; run the same command again to continue. Give it more time, or fewer steps."
        )

    def checked(done: int, count: int) -> None:
        if time.monotonic() > ends:
            raise late()
        on_step(done, count)

    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield checked
        return

    def alarmed(_number: int, _frame: FrameType | None) -> None:
        raise late()

    before: Any = signal.signal(signal.SIGALRM, alarmed)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield checked
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
