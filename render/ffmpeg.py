"""ffmpeg as a process of our own: found, started, fed, watched, and never left behind.

The binary is the one that imageio-ffmpeg ships, or the one that IMAGEIO_FFMPEG_EXE names. imageio's own writer is not
used: it ignores the exit code, so that a full disk loses a film silently.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Self

from keyframes.errors import EnvironmentFault, Problem, ProjectError, RenderError, printable

# Nothing that an input says may make ffmpeg open a network address. Only plain containers of sound are read, so that a
# playlist named music.wav cannot point at other files.
SAFE_INPUT = ("-protocol_whitelist", "file,pipe")
SOUND_FORMATS = "wav,mp3,flac,ogg,aac,aiff,caf,w64,mov,mp4,m4a,matroska,webm"
_TAIL_LINES = 20
_GRACE_SECONDS = 5.0
_DISK_FULL = ("No space left on device", "File too large", "Disk quota exceeded")
_TOO_LARGE = -int(getattr(signal, "SIGXFSZ", 10_000))  # exit code of a process that reached its size limit
_FIX = (
    "Install it with: pip install --force-reinstall imageio-ffmpeg, or set IMAGEIO_FFMPEG_EXE to an ffmpeg."
)


def find_ffmpeg() -> Path:
    """The ffmpeg binary. Raises EnvironmentFault, with the fix, if it is missing or may not be run."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # type: ignore[import-untyped, unused-ignore]

        path = Path(get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise EnvironmentFault(f"ffmpeg was not found. {_FIX}") from error
    if os.sep not in str(path):
        return path  # a bare name, to be found on the PATH when it is started
    if not path.is_file():
        raise EnvironmentFault(f"ffmpeg was not found at {printable(str(path))}. {_FIX}")
    if not os.access(path, os.X_OK):
        raise EnvironmentFault(f"{printable(str(path))} may not be executed. Try: chmod +x, or: {_FIX}")
    return path


def file_argument(path: Path) -> str:
    """A path for ffmpeg: absolute and marked as a file, so that neither `-y.mp4` nor `http:` is special."""
    return f"file:{path.absolute()}"


class Ffmpeg:
    """A running ffmpeg. Feed it with `write` and end it with `finish`; leaving the `with` in any other way kills it.

    arguments: what follows the binary's name and the common options. doing: what it is for, for messages. feed: it has
    a standard input, and else a standard output, which `read` takes piece by piece, so that it never runs far ahead.
    Raises EnvironmentFault if it cannot be started.
    """

    def __init__(self, arguments: Sequence[str], *, doing: str, feed: bool = False) -> None:
        self._doing = doing
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        command = [str(find_ffmpeg()), "-hide_banner", "-nostdin", "-v", "warning", "-y", *arguments]
        self._process = _start(command, feed)
        self._drain = threading.Thread(target=self._drain_messages, name="ffmpeg messages", daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def write(self, data: bytes | memoryview) -> None:
        """Feed standard input; waits while ffmpeg is busy. Raises RenderError if it has ended."""
        try:
            _pipe(self._process.stdin).write(data)
        except (BrokenPipeError, OSError) as error:
            self._wait(_GRACE_SECONDS)
            raise self._failure("ended before it had all frames") from error

    @property
    def messages(self) -> tuple[str, ...]:
        """The last lines that it printed, warnings too, printable."""
        return tuple(printable(line) for line in self._tail)

    def read(self, count: int) -> bytes:
        """The next `count` bytes of standard output, fewer only at its end; waits for them."""
        return _pipe(self._process.stdout).read(count)

    def finish(self) -> bytes:
        """End the input, wait for the end, and return the rest of standard output.

        Raises RenderError with ffmpeg's last words if it failed, EnvironmentFault if the disk was full.
        """
        if self._process.stdin is not None:
            with suppress(OSError):  # the exit code of a dead process says more
                self._process.stdin.close()
        output = b"" if self._process.stdout is None else self._process.stdout.read()
        self._wait(None)
        if self._process.returncode != 0:
            raise self._failure("failed")
        return output

    def kill(self) -> None:
        """End the process now, if it runs, and let go of its pipes."""
        self._process.kill()
        self._wait(None)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):  # closing flushes into a process that is gone
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def _wait(self, seconds: float | None) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._drain.join()

    def _failure(self, how: str) -> RenderError | EnvironmentFault:
        tail = self.messages
        code = self._process.returncode
        if code == _TOO_LARGE or any(words in line for line in tail for words in _DISK_FULL):
            what = "the disk is full or a size limit is reached"
            return EnvironmentFault(f"{self._doing}: {what}. Free some space and run again.")
        said = "".join(f"\n    {line}" for line in tail) or " It said nothing."
        return RenderError(f"{self._doing}: ffmpeg {how} (exit code {code}).{said}")

    def _drain_messages(self) -> None:
        for line in _pipe(self._process.stderr):
            self._tail.append(line.decode("utf-8", "replace").rstrip()[:500])


def run_ffmpeg(arguments: Sequence[str], *, doing: str) -> bytes:
    """Run ffmpeg to its end, without input, and return its standard output. Raises as `Ffmpeg.finish`."""
    with Ffmpeg(arguments, doing=doing) as process:
        return process.finish()


def check_sound(path: Path, seconds: float | None = None) -> None:
    """Decode a sound file, to its end or for so many seconds, and drop the result.

    A file that has not changed is decoded once in a process. Raises ProjectError if there is no such file, or no sound
    in a plain container, or if ffmpeg fails on it, and EnvironmentFault without ffmpeg.
    """
    missing = "there is no such sound file."
    if fault := _sound_fault(path, stamp_of(path), seconds) if path.is_file() else missing:
        raise no_sound(path, fault)


def stamp_of(path: Path) -> tuple[int, int]:
    """A file's time and size, by which a change is noticed; zeros for one that is not there."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=16)
def _sound_fault(path: Path, _stamp: tuple[int, int], seconds: float | None) -> str:
    """What is wrong with a sound file, "" if nothing is."""
    limit = [] if seconds is None else ["-t", f"{seconds:.6f}"]
    few = ["-map", "0:a:0", "-vn", "-ac", "1", "-ar", "1000", "-f", "s16le", "-"]  # little memory is enough
    try:
        decoded = run_ffmpeg([*limit, *sound_input(path), *few], doing=f"reading {printable(str(path))}")
    except RenderError as error:
        return unreadable(error)
    return "" if decoded else "there is no sound in it."


def unreadable(error: RenderError) -> str:
    """What is wrong with a sound file on which ffmpeg failed: its last words."""
    return f"this is not a sound that can be read: {printable(str(error).splitlines()[-1].strip())}."


def no_sound(path: Path, what: str) -> ProjectError:
    """The error for a file that is not a sound."""
    hint = f'Allowed: {SOUND_FORMATS.replace(",", ", ")}. Example: audio = "music.wav"'
    return ProjectError(Problem(what=what, file=str(path), where="audio", hint=hint))


def check_encoders(names: Collection[str], *, needed_for: str) -> None:
    """Raise EnvironmentFault if ffmpeg is not there, or has not been built with these encoders.

    needed_for: what they encode, for the message, such as "film.mp4".
    """
    path = find_ffmpeg()
    missing = sorted(set(names) - _encoders(path))
    if missing:
        raise EnvironmentFault(
            f"{needed_for} cannot be encoded: {printable(str(path))} has no encoder {', '.join(missing)}. {_FIX}"
        )


@lru_cache(maxsize=4)
def _encoders(_path: Path) -> frozenset[str]:
    """The names of ffmpeg's encoders."""
    listing = run_ffmpeg(["-encoders"], doing="asking ffmpeg for its encoders").decode("utf-8", "replace")
    rows = (line.split() for line in listing.partition("------")[2].splitlines())
    return frozenset(row[1] for row in rows if len(row) > 1)


def sound_input(path: Path) -> list[str]:
    """ffmpeg's arguments to read sound from a file that may come from a stranger."""
    return [*SAFE_INPUT, "-format_whitelist", SOUND_FORMATS, "-i", file_argument(path)]


def _start(command: Sequence[str], feed: bool) -> subprocess.Popen[bytes]:
    """Start in a group of its own: Ctrl-C is for us, who then end ffmpeg."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if feed else subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            creationflags=flags,
        )
    except OSError as error:
        name = printable(command[0])
        raise EnvironmentFault(f"ffmpeg cannot be started ({name}): {error.strerror}. {_FIX}") from error


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("this ffmpeg was started without that pipe")
    return stream
