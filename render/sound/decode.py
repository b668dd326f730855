"""Sound files as samples, a block at a time: whatever ffmpeg can decode, never all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keyframes.errors import Problem, ProjectError, RenderError, printable

from ..ffmpeg import SOUND_FORMATS, Ffmpeg, sound_input

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 32_000
_BLOCK = 1 << 18  # bytes: two seconds


def samples(path: Path) -> Iterator[NDArray[np.float32]]:
    """The sound in blocks (n,), mono (its channels mixed), RATE samples a second, about -1 to 1.

    Raises ProjectError, at `audio`, if the file is not there or holds no sound in a plain container, and
    EnvironmentFault without ffmpeg.
    """
    if not path.is_file():
        raise _unheard(path, "there is no such sound file.")
    mono = ["-map", "0:a:0", "-vn", "-ac", "1", "-ar", str(RATE), "-c:a", "pcm_f32le", "-f", "f32le", "-"]
    doing = f"hearing {printable(str(path))}"
    try:
        with Ffmpeg([*sound_input(path), *mono], doing=doing, stream=True) as process:
            heard = b""
            while chunk := process.read(_BLOCK):
                heard += chunk
                whole = len(heard) // 4 * 4
                yield np.nan_to_num(np.frombuffer(heard[:whole], "<f4"), posinf=1.0, neginf=-1.0)
                heard = heard[whole:]
            process.finish()
    except RenderError as error:
        last = printable(str(error).splitlines()[-1].strip())
        raise _unheard(path, f"this is not a sound that can be read: {last}.") from error


def _unheard(path: Path, what: str) -> ProjectError:
    hint = f'Allowed: {SOUND_FORMATS.replace(",", ", ")}. Example: audio = "music.wav"'
    return ProjectError(Problem(what=what, file=str(path), where="audio", hint=hint))
