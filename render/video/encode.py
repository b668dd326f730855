"""Frames to a film file, which is whole or not there: encoded beside its place, counted, and then renamed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import numpy as np

from keyframes.errors import Problem, ProjectError, RenderError, printable
from projects.files import disk_errors, sync_folder, temporary, write_atomic
from projects.png import Picture, check_picture, encode_png

from ..ffmpeg import SAFE_INPUT, Ffmpeg, check_encoders, check_sound, file_argument, run_ffmpeg, sound_input
from .containers import BIT_EXACT, FOLDER, TAGS, Container, Quality, container_of, exact_rate
from .probe import counted, format_metadata

DEFAULT_QUALITY = Quality()
_A_MOMENT = 0.1  # seconds of sound: that it can be decoded to the end is known before frames are painted


@dataclass(frozen=True, kw_only=True)
class Film:
    """A film as written: size in pixels, padded if a row or a column was added to make it even, length in seconds."""

    path: Path
    frames: int
    width: int
    height: int
    padded: bool
    seconds: float


def check_encoder(out: Path | str, *, sound: bool = False) -> None:
    """Make sure that a film can be encoded at `out`: that ffmpeg is there, with the encoders for this kind of file.

    sound: whether the film has sound. Raises ProjectError for another kind of file, EnvironmentFault for what is
    missing.
    """
    container = container_of(out)
    if container is not FOLDER:
        check_encoders(container.encoders(sound=sound), needed_for=Path(out).name)


def encode(
    pictures: Iterable[Picture],
    out: Path | str,
    *,
    fps: float | Fraction,
    audio: Path | None = None,
    audio_from: float = 0.0,
    metadata: Mapping[str, str] | None = None,
    quality: Quality = DEFAULT_QUALITY,
    on_frame: Callable[[int], None] | None = None,
) -> Film:
    """Write `pictures`, uint8 (H, W, 3) RGB, all of one size, as the film `out`.

    out: .mp4 (H.264), .webm (VP9), .mov (ProRes 4444), .gif, .webp (animated), or a folder for PNG files (no suffix).
    audio_from: the second of the sound at which the film begins. metadata: texts by key (title, artist, comment,
    copyright, date, genre); .gif and .webp hold none. on_frame(n): called after frame n.

    Equal input gives equal bytes. Pictures are never rescaled: if a size must be even and is not, the last column or
    row is repeated. The film is as long as its frames: longer sound is cut, shorter sound ends early. Pictures are
    taken one at a time as ffmpeg is ready for them, so they may come from a render that is still running.
    Raises ProjectError (kind of file, sound, fps), RenderError (no frames, a frame of another size, ffmpeg failed),
    EnvironmentFault (no ffmpeg, disk full). After an error, what was at `out` before is still there, and nothing else.
    """
    path, container = Path(out), container_of(out)
    encoding, rate = container.encoding(quality), exact_rate(fps)
    tags = metadata or {}
    if wrong := next((key for key in tags if key not in TAGS), None):
        raise ValueError(f"metadata {wrong!r} is not one of {', '.join(TAGS)}")
    _check_limits(path, container, rate, audio)
    frames = _Frames(pictures, even=container.even, on_frame=on_frame)
    if container is FOLDER:
        _write_sequence(frames, path, tags)
    else:
        _write_film(frames, path, container, encoding, rate, audio, audio_from, tags)
    return Film(
        path=path,
        frames=frames.count,
        width=frames.width,
        height=frames.height,
        padded=frames.padded,
        seconds=float(frames.count / rate),
    )


class _Frames:
    """The pictures as ffmpeg gets them: checked, padded, counted."""

    def __init__(
        self, pictures: Iterable[Picture], *, even: bool, on_frame: Callable[[int], None] | None
    ) -> None:
        rest = iter(pictures)
        first = next(rest, None)
        if first is None:
            raise RenderError("there are no frames to make a film of")
        self._pictures, self._on_frame = chain([first], rest), on_frame
        self._shape = check_picture(first, "frame 0 of the film").shape
        height, width = first.shape[:2]
        self._extra = (height % 2, width % 2) if even else (0, 0)
        self.height, self.width = height + self._extra[0], width + self._extra[1]
        self.padded = self._extra != (0, 0)
        self.count = 0

    def __iter__(self) -> Iterator[Picture]:
        for picture in self._pictures:
            checked = check_picture(picture, f"frame {self.count} of the film")
            if checked.shape != self._shape:
                (height, width), (had_height, had_width) = checked.shape[:2], self._shape[:2]
                raise RenderError(
                    f"frame {self.count} of the film is {width} x {height}, "
                    f"those before are {had_width} x {had_height}; all must have one size"
                )
            below, right = self._extra
            yield np.pad(checked, ((0, below), (0, right), (0, 0)), mode="edge") if self.padded else checked
            if self._on_frame is not None:
                self._on_frame(self.count)
            self.count += 1


def _check_limits(path: Path, container: Container, rate: Fraction, audio: Path | None) -> None:
    """Refuse, before the work, what the file cannot hold and a place where it cannot be."""
    problems = []
    with disk_errors(path):
        if not path.parent.is_dir():
            problems.append(("there is no such folder.", "", f"Make it first: mkdir {path.parent}"))
        if container is not FOLDER and path.is_dir():
            problems.append(("there is a folder where the film should be.", "", "Choose another name."))
    if rate > container.fps_limit:
        hint = f"At most {container.fps_limit} in a {path.suffix} file."
        problems.append((f"{float(rate):g} frames per second are too many.", "fps", hint))
    if audio is not None and not container.sound:
        hint = "Leave the sound out, or write .mp4, .webm or .mov."
        problems.append(("this kind of file holds no sound.", "audio", hint))
    if problems:
        raise ProjectError(
            [Problem(what=what, file=str(path), where=where, hint=hint) for what, where, hint in problems]
        )
    if audio is not None:
        check_sound(audio, _A_MOMENT)


def _write_film(
    frames: _Frames,
    path: Path,
    container: Container,
    encoding: Sequence[str],
    rate: Fraction,
    audio: Path | None,
    audio_from: float,
    tags: Mapping[str, str],
) -> None:
    doing = f"writing {printable(str(path))}"
    texts = _tagging(path, tags if container.tagged else {})
    with temporary(path) as silent, temporary(path) as sounding, texts as tagging:
        with disk_errors(path):
            silent.touch()  # a folder that cannot be written to is refused in our words, before the work
        use_tags = ["-map_metadata", "1"] if tagging else []
        finish = [*container.muxing, *BIT_EXACT[:2], *use_tags, "-f", container.format]
        command = [*_raw_input(frames, rate), *tagging, *encoding, *finish, file_argument(silent)]
        with Ffmpeg(command, doing=doing, feed=True) as process:
            for picture in frames:
                process.write(np.ascontiguousarray(picture).data.cast("B"))
            process.finish()
        done = silent
        if audio is not None:
            # Only now is the length known: the finished picture is copied, so that no frame can be cut.
            sound = ["-t", f"{audio_from + float(frames.count / rate):.6f}", *sound_input(audio)]
            inputs = [*SAFE_INPUT, "-i", file_argument(silent), *tagging, *sound]
            mapped = ["-map", "0:v:0", "-map", f"{2 if tagging else 1}:a:0", "-c:v", "copy"]
            # trimmed by a filter, to the sample: seeking in some formats is a guess
            trim = ["-filter:a", f"atrim=start={audio_from:.6f},asetpts=PTS-STARTPTS"] if audio_from else []
            coding = [*container.sound, "-flags:a", "+bitexact"]
            run_ffmpeg([*inputs, *mapped, *trim, *coding, *finish, file_argument(sounding)], doing=doing)
            done = sounding
        _check_count(done, frames, path)
        with disk_errors(path):
            os.replace(done, path)
            sync_folder(path.parent)


def _raw_input(frames: _Frames, rate: Fraction) -> list[str]:
    size, fps = f"{frames.width}x{frames.height}", f"{rate.numerator}/{rate.denominator}"
    form = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", size, "-framerate", fps]
    return [*form, *SAFE_INPUT, "-i", "pipe:0"]


def _check_count(done: Path, frames: _Frames, path: Path) -> None:
    doing = f"writing {printable(str(path))}"
    if path.suffix.lower() == ".webp":
        return _check_webp(done, frames, doing)
    try:
        count, width, height = counted(done)
    except RenderError as error:
        raise RenderError(f"{doing}: the result cannot be read back. {error}") from error
    if (count, width, height) != (frames.count, frames.width, frames.height):
        went_in = f"{frames.count} frames of {frames.width} x {frames.height} went in"
        raise RenderError(f"{doing}: {went_in}, {count} of {width} x {height} came out")


def _check_webp(done: Path, frames: _Frames, doing: str) -> None:
    """ffmpeg cannot read these back, and equal neighbours are stored as one picture: Pillow reads the last one."""
    from PIL import Image

    try:
        with Image.open(done, formats=["WEBP"]) as image:
            size, count = image.size, int(getattr(image, "n_frames", 1))
            image.seek(count - 1)
            image.load()
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise RenderError(f"{doing}: the result cannot be read back. {error}") from error
    if size != (frames.width, frames.height) or not 1 <= count <= frames.count:
        raise RenderError(
            f"{doing}: {frames.count} frames went in, {count} of {size[0]} x {size[1]} came out"
        )


@contextmanager
def _tagging(path: Path, tags: Mapping[str, str]) -> Iterator[list[str]]:
    """ffmpeg's arguments to read texts from a file. Not as arguments themselves: each is limited to 128 KiB."""
    if not tags:
        yield []
        return
    text = format_metadata(tags)
    with temporary(path) as file:
        with disk_errors(path, needed=len(text)):
            file.write_bytes(text)
        yield ["-f", "ffmetadata", *SAFE_INPUT, "-i", file_argument(file)]


def _write_sequence(frames: Iterable[Picture], path: Path, texts: Mapping[str, str]) -> None:
    """Write `frames` as 000000.png, 000001.png ... with `texts` in each, to the folder `path`.

    The folder appears when it is complete, and replaces an earlier one that holds only such files.
    Raises ProjectError if something else is there, and as `write_atomic`.
    """
    if path.exists() and not _is_sequence(path):
        what = "this is not a folder of numbered PNG files only, so it is not replaced."
        raise ProjectError(Problem(what=what, file=str(path), hint="Choose a new folder."))
    with temporary(path) as fresh, temporary(path) as old:
        with disk_errors(path):
            fresh.mkdir()
        for number, picture in enumerate(frames):
            write_atomic(fresh / f"{number:06d}.png", encode_png(picture, texts))
        with disk_errors(path):
            _swap(fresh, path, old)


def _swap(fresh: Path, path: Path, old: Path) -> None:
    """Put folder `fresh` at `path` and what was there at `old`; if that fails, put it back."""
    if path.exists():
        os.replace(path, old)
    try:
        os.replace(fresh, path)
    except OSError:
        if old.exists():
            os.replace(old, path)
        raise
    sync_folder(path.parent)


def _is_sequence(path: Path) -> bool:
    return path.is_dir() and all(item.suffix == ".png" and item.stem.isdecimal() for item in path.iterdir())
