"""SIGINT and SIGTERM end a render at once, wherever it is, and leave everything whole.

The handler raises Stopped in the main thread. That is safe anywhere: another thread stores the frames and finishes the
one it has, and files are put in place by renaming. A second signal is ignored until the first one has been handled, so
that it interrupts nothing that is still being finished.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def stoppable(*, ending: bool = False) -> Iterator[None]:
    """Within this, the first SIGINT raises Stopped with exit code 130, or the first SIGTERM with 143. Until Stopped
    leaves this, further signals are ignored; then the handlers from before are back.

    ending: the process ends after a stop, so signals stay ignored: a second one must not interrupt its end.
    Outside the main thread, which alone receives signals, and within another `stoppable` it changes nothing.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is _stop:
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
