"""Which function took the time: functions are wrapped for a while and charged with what they did not pass on.

A function called within another's is charged itself and its caller is not, so that all charges together
are the time that was spent, and what no wrapped function did is left over.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from inspect import getattr_static
from operator import attrgetter
from typing import Any
from unittest.mock import patch

Charges = dict[tuple[str, str], float]


@dataclass(frozen=True, kw_only=True)
class Point:
    """A function to watch: where callers find it ("render.frame", "warp"), and what it is charged as."""

    module: str
    attribute: str
    name: str


class Ledger:
    """Seconds by (thread's name, charged name). wait: waits for the device, before and after every
    function.
    """

    def __init__(self, wait: Callable[[], None] = lambda: None) -> None:
        self._wait = wait
        self._charges: Charges = defaultdict(float)
        self._open = threading.local()

    def charges(self) -> Charges:
        """What was charged so far."""
        return dict(self._charges)

    def wrapped(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The same function, charging its time to `name`."""

        def charged(*args: Any, **kwargs: Any) -> Any:
            with self._span(name):
                return function(*args, **kwargs)

        return charged

    @contextmanager
    def _span(self, name: str) -> Iterator[None]:
        stack: list[float] = self._open.__dict__.setdefault("stack", [])
        key = (threading.current_thread().name, name)
        self._wait()
        stack.append(0.0)
        began = time.perf_counter()
        try:
            yield
        finally:
            self._wait()
            spent = time.perf_counter() - began
            self._charges[key] += spent - stack.pop()  # a key belongs to one thread: no lock is needed
            if stack:
                stack[-1] += spent


@contextmanager
def watching(ledger: Ledger, points: Sequence[Point], parts: Mapping[str, Any]) -> Iterator[None]:
    """Charge the functions of `points`, and the methods of `parts` ("vae.decode" -> the VAE), while this
    lasts.

    Raises AttributeError, with its name, for a function that is not where a point says.
    """
    with ExitStack() as patches:
        for point in points:
            owner, _, leaf = f"{point.module}.{point.attribute}".rpartition(".")
            place = _place(point.module, owner.removeprefix(point.module).strip("."))
            charged: Any = ledger.wrapped(getattr(place, leaf), point.name)
            if isinstance(getattr_static(place, leaf), staticmethod):
                charged = staticmethod(charged)
            patches.enter_context(patch.object(place, leaf, charged))
        for name, part in parts.items():
            leaf = name.rpartition(".")[2]
            patches.enter_context(patch.object(part, leaf, ledger.wrapped(getattr(part, leaf), name)))
        yield


def _place(module: str, inner: str) -> Any:
    found = import_module(module)
    return attrgetter(inner)(found) if inner else found
