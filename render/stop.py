"""SIGINT and SIGTERM end a render at once, wherever it is, and leave everything whole.

The handler raises Stopped in the main thread. That is safe anywhere: frames are stored in another thread, which
finishes the one it has, and files are put in place by renaming. A second signal changes nothing: the first one has the
process on its way out, and nothing that it does on that way may be torn.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from keyframes import Stopped


@contextmanager
def stoppable() -> Iterator[None]:
    """Within this, the first SIGINT raises Stopped with exit code 130, or the first SIGTERM with 143; from then on both
    are ignored for good. Elsewhere than in the main thread it does nothing, since only that one gets signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {
        number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is _stop:  # it was not stopped
                signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> None:
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, signal.SIG_IGN)
    raise Stopped(f"stopped by {signal.Signals(number).name}", 128 + number)
