"""The writer thread: frames in order, errors to the painter, and no thread left."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keyframes.errors import EnvironmentFault, RenderError
from projects.png import Picture
from projects.take import Take
from projects.writer import FrameWriter


def picture(frame: int) -> Picture:
    return np.full((8, 8, 3), frame % 256, np.uint8)


def key(frame: int) -> str:
    return hashlib.sha256(str(frame).encode()).hexdigest()


@pytest.fixture
def take(tmp_path: Path) -> Iterator[Take]:
    take = Take(tmp_path / "take", project="sea")
    with take.lock():
        yield take


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


class Slow:
    """A `store` that can be held up, fails at one frame, and remembers what it did."""

    def __init__(self, take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
        self.real = take.store
        self.go = threading.Event()
        self.done: list[int] = []
        self.fails_at = -1
        monkeypatch.setattr(take, "store", self)

    def __call__(self, frame: int, *arguments: Any, **more: Any) -> object:
        assert self.go.wait(10)
        if frame == self.fails_at:
            raise EnvironmentFault("the disk is full")
        self.done.append(frame)
        return self.real(frame, *arguments, **more)


@pytest.fixture
def slow(take: Take, monkeypatch: pytest.MonkeyPatch) -> Slow:
    return Slow(take, monkeypatch)


def put_all(writer: FrameWriter, frames: int, *, pause: float = 0.0) -> None:
    for frame in range(frames):
        writer.put(frame, picture(frame), key(frame))
        time.sleep(pause)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def in_thread(call: Callable[[], None]) -> tuple[threading.Thread, list[Exception]]:
    errors: list[Exception] = []

    def work() -> None:
        try:
            call()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, errors


def test_frames_are_stored_in_order(take: Take) -> None:
    with FrameWriter(take) as writer:
        for frame in range(20):
            writer.put(frame, picture(frame), key(frame), seconds=0.1, text={"n": str(frame)}, notes=["a"])
    assert take.stored() == tuple(range(20))
    assert all(take.kept(frame, key(frame)) for frame in range(20))
    assert take.entries[7].seconds == 0.1
    assert take.entries[7].notes == ("a",)


def test_put_waits_when_too_many_wait(take: Take, slow: Slow) -> None:
    with FrameWriter(take, depth=2) as writer:
        thread, errors = in_thread(lambda: put_all(writer, 6))
        thread.join(0.1)
        assert thread.is_alive()
        assert slow.done == []
        slow.go.set()
        thread.join(10)
        assert not errors
    assert slow.done == list(range(6))


def test_an_error_comes_up_at_the_next_put(take: Take, slow: Slow) -> None:
    slow.fails_at = 1
    slow.go.set()
    with pytest.raises(EnvironmentFault, match="disk is full"), FrameWriter(take) as writer:
        put_all(writer, 100, pause=0.001)
    assert slow.done == [0]
    assert take.stored() == (0,)


def test_an_error_frees_a_put_that_waits(take: Take, slow: Slow) -> None:
    slow.fails_at = 0
    writer = FrameWriter(take, depth=1)
    thread, errors = in_thread(lambda: put_all(writer, 5))
    thread.join(0.05)
    slow.go.set()
    thread.join(10)
    assert [type(error) for error in errors] == [EnvironmentFault]
    with pytest.raises(EnvironmentFault):
        writer.close()


def test_an_error_at_the_last_frame_comes_up_at_close(take: Take, slow: Slow) -> None:
    slow.fails_at = 0
    writer = FrameWriter(take)
    writer.put(0, picture(0), key(0))
    slow.go.set()
    for _ in range(2):
        with pytest.raises(EnvironmentFault):
            writer.close()


def test_after_the_painters_error_what_was_put_is_stored(take: Take, slow: Slow) -> None:
    def paint_and_stop(writer: FrameWriter) -> None:
        put_all(writer, 3)
        slow.go.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), FrameWriter(take) as writer:
        paint_and_stop(writer)
    assert take.stored() == (0, 1, 2)


def test_the_painters_error_is_not_hidden_by_the_writers(take: Take, slow: Slow) -> None:
    def paint_and_fail(writer: FrameWriter) -> None:
        writer.put(0, picture(0), key(0))
        slow.go.set()
        raise RenderError("frame 1 is not a number")

    slow.fails_at = 0
    with pytest.raises(RenderError, match="not a number") as caught, FrameWriter(take) as writer:
        paint_and_fail(writer)
    assert caught.value.__notes__ == ["Storing frames failed too: the disk is full"]


def test_another_thread_follows_the_frames(take: Take) -> None:
    seen: list[int] = []
    with FrameWriter(take) as writer:

        def follow() -> None:
            for frame in range(12):
                writer.wait_for(frame)
                seen.append(int(take.read(frame)[0, 0, 0]))

        take.store(0, picture(0), key(0))  # kept from an earlier run
        writer.announce(0)
        thread, errors = in_thread(follow)
        for frame in range(1, 12):
            writer.put(frame, picture(frame), key(frame))
        thread.join(10)
    assert not errors
    assert seen == list(range(12))


def test_who_waits_for_a_frame_that_never_comes_is_told(take: Take, slow: Slow) -> None:
    slow.go.set()
    writer = FrameWriter(take)
    thread, errors = in_thread(lambda: writer.wait_for(3))
    writer.put(0, picture(0), key(0))
    writer.close()
    thread.join(10)
    assert [str(error) for error in errors] == ["frame 3 was not painted"]
    writer.wait_for(0)


def test_who_waits_is_told_of_an_error(take: Take, slow: Slow) -> None:
    slow.fails_at = 0
    writer = FrameWriter(take)
    thread, errors = in_thread(lambda: writer.wait_for(0))
    writer.put(0, picture(0), key(0))
    slow.go.set()
    thread.join(10)
    assert [type(error) for error in errors] == [EnvironmentFault]
    with pytest.raises(EnvironmentFault):
        writer.close()


def test_what_is_no_picture_is_refused_at_once(take: Take) -> None:
    with FrameWriter(take) as writer, pytest.raises(ValueError, match="frame 4 must be uint8"):
        writer.put(4, np.zeros((8, 8, 3), np.float32), key(4))
    with pytest.raises(ValueError, match="depth"):
        FrameWriter(take, depth=0)
