"""A clip: a video file as a row of pictures of the film's size, decoded when they are asked for.

ffmpeg picks the pictures of the row by a chain of filters that counts decoded pictures from the start of the file. It
never seeks by time, so picture k is the same one whatever was read before it, also with variable frame rates, edit
lists and rotated phone videos (which ffmpeg turns upright).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from keyframes import Problem, ProjectError, RenderError
from keyframes.errors import printable
from projects.files import digest_of, disk_errors
from projects.png import Picture

from ..cache import keep, recall
from ..ffmpeg import SAFE_INPUT, Ffmpeg, file_argument, find_ffmpeg

# Plain containers only: no playlists, which could point at other files.
CLIP_FORMATS = "mov,mp4,m4a,3gp,matroska,webm,avi,gif,mpeg,mpegts,mpegvideo,ogg,asf,flv,yuv4mpegpipe"
_INDEX = 1  # counts changes of the filters below
_EXACT = "flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
_CUT_OFF = ("ended prematurely", "partial file", "packet corrupt", "truncated", "moov atom not found")
_RECENT = 4  # pictures kept: a film's frame looks at its own picture of the clip and at the one before


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Which pictures of a file, in what order.

    start, stop: the first and the last picture taken, counted from 0; None is the last of the file. every: take one
    picture in `every`. rate: choose by time instead: picture k is the one on screen k / rate seconds after `start`.
    """

    start: int = 0
    stop: int | None = None
    every: int = 1
    rate: Fraction | None = None

    @property
    def filters(self) -> str:
        """The cut as ffmpeg's filters."""
        end = "" if self.stop is None else f":end_frame={self.stop + 1}"
        chain = f"trim=start_frame={self.start}{end}"
        if self.rate is not None:  # rounded up: a picture is shown from its own time on, never before
            return f"{chain},setpts=PTS-STARTPTS,fps=fps={self.rate}:round=up"
        return chain if self.every == 1 else f"{chain},select=not(mod(n\\,{self.every}))"


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip whose pictures are counted and identified by their content.

    size: (width, height) of the pictures. digests: of the pictures of the row, as far as they were looked at.
    """

    path: Path
    size: tuple[int, int]
    cut: Cut
    digests: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.digests)


def open_clip(path: Path, *, size: tuple[int, int], needed: int, cut: Cut, where: str) -> Clip:
    """Decode a clip as far as `needed` pictures and note the digest of each; known clips are not decoded again.

    Pictures are scaled to cover `size` (Lanczos) and cropped about their middle, never stretched; pixels that are not
    square are made so. where: the setting that names the file, for messages.
    Raises ProjectError for a file without pictures, one that is cut off or broken, and one that is not a video.
    """
    record = _record_of(path, size, cut)
    known = _recall(record)
    if known is None or (len(known[0]) < needed and not known[1]):
        known = _look(path, size, needed, cut, where)
        keep(record, {"digests": known[0], "whole": known[1]})
    return Clip(path=path, size=size, cut=cut, digests=known[0][:needed])


class ClipReader:
    """Reads the pictures of one clip, best in order: going back restarts ffmpeg at the beginning of the file."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._process: Ffmpeg | None = None
        self._next = 0  # the picture that ffmpeg hands over next
        self._recent: OrderedDict[int, Picture] = OrderedDict()

    def picture(self, index: int) -> Picture:
        """Picture `index` of the row, uint8 (H, W, 3).

        Raises IndexError beyond the row, RenderError if the file is no longer what it was when it was opened.
        """
        if not 0 <= index < len(self._clip):
            raise IndexError(f"this clip has pictures 0 to {len(self._clip) - 1}, not {index}")
        if index in self._recent:
            return self._recent[index]
        process = self._process
        if process is None or index < self._next:
            process = self._start(index)
        while self._next <= index:
            self._take(process)
        return self._recent[index]

    def close(self) -> None:
        """End ffmpeg."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _start(self, index: int) -> Ffmpeg:
        self.close()
        path, size = self._clip.path, self._clip.size
        arguments = [*_command(path, size, self._clip.cut, skip=index), "-f", "rawvideo", "-"]
        self._process = Ffmpeg(arguments, doing=f"reading {printable(path.name)}")
        self._next = index
        return self._process

    def _take(self, process: Ffmpeg) -> None:
        width, height = self._clip.size
        data = process.read(width * height * 3)
        if len(data) < width * height * 3:
            process.finish()  # raises the reason, if it failed
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != self._clip.digests[self._next]:
            self.close()
            name = printable(str(self._clip.path))
            raise RenderError(
                f"{name}: picture {self._next} has changed since the render began. Was the file replaced? "
                "Start again to repaint the frames that it changes."
            )
        self._recent[self._next] = np.frombuffer(data, np.uint8).reshape(height, width, 3).copy()
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)
        self._next += 1


def _command(path: Path, size: tuple[int, int], cut: Cut, *, skip: int = 0) -> list[str]:
    """ffmpeg's arguments from a file to its pictures, without those before `skip`."""
    width, height = size
    chain = [
        cut.filters,
        f"trim=start_frame={skip}",
        f"scale=w='max({width},round({height}*iw*sar/ih))':h='max({height},round({width}*ih/(iw*sar)))':{_EXACT}",
        "format=rgb24",
        f"crop={width}:{height}",
        "setsar=1,settb=1/25,setpts=N",
    ]
    return [
        *("-xerror", *SAFE_INPUT, "-format_whitelist", CLIP_FORMATS, "-i", file_argument(path)),
        *("-map", "0:V:0", "-fps_mode", "passthrough", "-vf", ",".join(chain)),
    ]


def _look(
    path: Path, size: tuple[int, int], needed: int, cut: Cut, where: str
) -> tuple[tuple[str, ...], bool]:
    """The digests of the first `needed` pictures, and whether there are no more."""
    hashed = ["-frames:v", str(needed), "-f", "framehash", "-hash", "md5", "-"]
    arguments, doing = [*_command(path, size, cut), *hashed], f"reading {printable(path.name)}"
    try:
        with Ffmpeg(arguments, doing=doing) as process:
            listing = process.finish().decode("ascii", "replace")
            said = process.messages
    except RenderError as error:
        raise _refused(path, where, str(error).splitlines()[1:]) from error
    digests = tuple(line.split(",")[-1].strip() for line in listing.splitlines() if line[:1] != "#")
    whole = len(digests) < needed
    if whole and _cut_off(said):
        raise _refused(path, where, said)
    if not digests:
        what = f"{path.name} has no picture from {cut.start} on."
        raise ProjectError(Problem(what=what, where=where, hint="Pictures are counted from 0."))
    return digests, whole


def _refused(path: Path, where: str, said: Sequence[str]) -> ProjectError:
    """What is wrong with a file, from what ffmpeg said of it."""
    lines = [re.sub(r"^\s*\[[^]]*\]\s*", "", line).strip() for line in said]
    what = f"{path.name} cannot be read as a video: {next(iter(lines), 'ffmpeg said nothing')}."
    hint = "Allowed: MP4, MOV, MKV, WebM, AVI, GIF, MPEG, Ogg, WMV, FLV and Y4M."
    if any("matches no streams" in line for line in lines):
        what = f"{path.name} has no pictures in it."
    elif reason := next((line for line in lines if _cut_off([line])), ""):
        what = f"{path.name} is cut off or damaged: {reason}."
        hint = "Copy it again, or save what can be read: ffmpeg -i OLD.mp4 NEW.mp4"
    return ProjectError(Problem(what=what, where=where, hint=hint))


def _cut_off(said: Sequence[str]) -> bool:
    return any(word in line.lower() for line in said for word in _CUT_OFF)


def _record_of(path: Path, size: tuple[int, int], cut: Cut) -> str:
    """Where the digests of a clip are kept in the user's cache: by the content of the file."""
    with disk_errors(path):
        content = digest_of(path)
    made_from = [_INDEX, content, *_command(Path("/clip"), size, cut), find_ffmpeg().name]
    return f"clips/{hashlib.sha256(json.dumps(made_from).encode()).hexdigest()}.json"


def _recall(record: str) -> tuple[tuple[str, ...], bool] | None:
    try:
        known = recall(record)
        return tuple(str(digest) for digest in known["digests"]), bool(known["whole"])
    except (KeyError, TypeError):
        return None
