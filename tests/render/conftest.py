"""Every test has a home of its own: speeds measured here must not reach the user's cache."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

STOPS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder for projects, empty."""
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


@pytest.fixture
def signals() -> Iterator[tuple[object, object]]:
    """The handlers of SIGINT and SIGTERM before the test; they are set again after it."""
    before = (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    yield before
    for number, handler in zip(STOPS, before, strict=True):
        signal.signal(number, handler)
