"""What ends a render early: SIGINT and SIGTERM, at once and wherever it is, and a limit on the time of a frame.

Both raise in the main thread. That is safe anywhere: another thread stores the frames and finishes the one it has, and
files are put in place by renaming. A second signal is ignored until the first one has been handled, so that it
interrupts nothing that is still being finished.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

OnStep = Callable[[int, int], None]


@contextmanager
def stoppable(*, ending: bool = False) -> Iterator[None]:
    """Within this, the first SIGINT raises Stopped with exit code 130, or the first SIGTERM with 143. Until Stopped
    leaves this, further signals are ignored; then the handlers from before are back.

    ending: the process ends after a stop, so signals stay ignored: a second one must not interrupt its end.
    Outside the main thread, which alone receives signals, and within another `stoppable` it changes nothing.
    """
    if not _in_main_thread() or signal.getsignal(signal.SIGINT) is _stop:
        yield
        return
    before: dict[int, Any] = {
        number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        stopped = signal.getsignal(signal.SIGINT) is not _stop
        for number, handler in before.items() if not (ending and stopped) else ():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _stop(number: int, _frame: FrameType | None) -> None:
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)
    from keyframes.errors import Stopped  # the command line starts without it

    raise Stopped(f"stopped by {signal.Signals(number).name}", 128 + number)


@contextmanager
def time_limit(seconds: float | None, frame: int, on_step: OnStep) -> Iterator[OnStep]:
    """Within this, painting a frame for longer than `seconds` (None: no limit) raises RenderError: an overnight job
    should not hang with its device.

    Call the yielded function after each step in place of `on_step`. In the main thread, if the system has timers, an
    alarm also ends what happens between steps.
    """
    if seconds is None:
        yield on_step
        return
    from keyframes import RenderError

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

    if not _in_main_thread() or not hasattr(signal, "setitimer"):
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


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
