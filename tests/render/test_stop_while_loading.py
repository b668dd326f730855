"""A stop, and the time limit of a frame, while a library reads weights: neither becomes an error of the file.

Each test is the command line in a process of its own, with a tiny real model; the library hangs where it reads it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest import mock

import pytest

from projects import Take

from ..pace import allowed
from ..processes import SERVER, become_a_command
from ..tiny import tiny_depth, tiny_sd

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

TEXT = """
model = "{model}"
frames = 3
size = [32, 32]
prompts = "0: a cat"
[motion]
{motion}
[diffusion]
steps = 2
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with projects of tiny models: `a`, `b`, and `deep`, which needs a depth network from frame 1 on."""
    folder = tmp_path_factory.mktemp("loading")
    tiny_sd(folder / "tiny")
    tiny_sd(folder / "other", seed=1)
    tiny_depth(folder / "eye")
    plain, deep = "zoom = 1.1", 'mode = "3d"\ndepth = "eye"\ntranslation_z = 5'
    for name, model, motion in (("a", "tiny", plain), ("b", "other", plain), ("deep", "tiny", deep)):
        (folder / f"{name}.toml").write_text(TEXT.format(model=model, motion=motion))
    return folder


class Command:
    """`reverie` in a process of its own, one line after the other; reading `network` hangs there."""

    def __init__(self, home: Path, place: Path, *lines: list[str], network: str) -> None:
        self.log, self.mark = place / "log.txt", place / "reading"
        self.process: BaseProcess = SERVER.Process(target=run, args=(lines, home, place, network))
        self.process.start()

    def stop(self, number: signal.Signals, *, reading: int = 1) -> None:
        """Send a signal once so many networks are being read, or have been."""
        wait_until(lambda: self.mark.exists() and len(self.mark.read_text()) == reading, self.process)
        time.sleep(0.05)
        os.kill(self.process.pid or 0, number)

    def end(self) -> int:
        """The exit code, soon."""
        self.process.join(allowed(30))
        code = self.process.exitcode
        self.process.kill()
        self.process.join()
        assert code is not None, f"does not end:\n{self.said}"
        return code

    @property
    def said(self) -> str:
        """Its messages."""
        return self.log.read_text()


def run(lines: Sequence[list[str]], home: Path, place: Path, network: str) -> None:
    """The target of a process: the command lines, whatever becomes of each; the last one's exit code."""
    from render.cli import main

    os.chdir(home)
    become_a_command(place / "log.txt", place)
    code: object = 0
    with hanging(network, place / "reading"):
        for arguments in lines:
            try:
                main(arguments)
            except SystemExit as end:
                code = end.code
    sys.exit(code)  # type: ignore[arg-type]


@contextmanager
def hanging(network: str, mark: Path) -> Iterator[None]:
    """A library's class of networks notes in `mark` that it reads one, and hangs."""

    def hang(*_given: object, **_more: object) -> object:
        with mark.open("a") as file:
            file.write(".")
        time.sleep(600)
        raise AssertionError("nobody stopped it")

    with mock.patch(f"{network}.from_pretrained", hang):
        yield


def wait_until(there: Callable[[], bool], process: BaseProcess) -> None:
    for _ in range(int(allowed(60) / 0.01)):
        if there() or not process.is_alive():
            break
        time.sleep(0.01)
    assert there()


MODEL, DEPTH = "diffusers.DiffusionPipeline", "transformers.AutoModelForDepthEstimation"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_while_a_model_is_read(home: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    command = Command(home, tmp_path, ["render", "a.toml", "b.toml"], network=MODEL)
    command.stop(number)
    assert command.end() == code
    assert f"stopped by {number.name}" in command.said
    assert "could not be loaded" not in command.said
    assert "Traceback" not in command.said
    assert command.mark.read_text() == ".", "the next project is not begun"


def test_what_was_stopped_once_can_be_stopped_again(home: Path, tmp_path: Path) -> None:
    command = Command(home, tmp_path, ["render", "a.toml"], ["render", "b.toml"], network=MODEL)
    command.stop(signal.SIGTERM)
    command.stop(signal.SIGINT, reading=2)
    assert command.end() == 130
    assert "stopped by SIGINT" in command.said


def test_the_time_limit_of_a_frame_while_a_network_is_read(home: Path, tmp_path: Path) -> None:
    """Frame 0 needs no depth; the network is read for frame 1."""
    line = ["render", "deep.toml", "--take", str(tmp_path / "take")]
    limited = [*line, "--frame-timeout", "0.5"]
    command = Command(home, tmp_path, [*line, "--frames", "0"], limited, network=DEPTH)
    assert command.end() == 1
    assert "frame 1 took longer than 0.5 s, the limit that --frame-timeout sets" in command.said
    assert "could not be loaded" not in command.said
    assert Take(tmp_path / "take").stored() == (0,)
