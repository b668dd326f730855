"""The film of a take: encoded while frames are painted, and known by all that it was made from."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from projects import FrameWriter, Picture, Take, canonical
from projects.files import digest_of, write_atomic

from .exports import film_metadata, find_upscale, postprocess_of, subtitles, write_film
from .plans import Plan
from .reports import RenderOptions, Reporter
from .resolve import ResolvedProject
from .stereo import pair_settings, viewer
from .video.encode import Film
from .video.postprocess import Postprocess
from .video.subtitles import write_subtitles

RECORD = "film.json"  # in the take: what its film was made from


@dataclass(frozen=True)
class FilmFile:
    """The film that a render makes of some frames, in its take."""

    film: ResolvedProject
    take: Take
    frames: Sequence[int]
    options: RenderOptions

    @property
    def postprocess(self) -> Postprocess:
        """What happens to its frames on their way into the film."""
        file = self.film.project.file
        return postprocess_of(file.output, file.fps, whole=len(self.frames) == file.length)


def film_key(wanted: FilmFile, plan: Plan) -> str:
    """A hash of all that the film file is made from."""
    project, output = wanted.film.project, wanted.film.project.file.output
    settings, upscaler = {"crf": output.crf, "preset": output.preset}, wanted.film.upscaler
    others = {"crf", "preset", "vr", "vr_eyes", "vr_screen", "subtitles"}
    made_from = [
        [plan.keys[frame] for frame in wanted.frames],
        project.file.fps,
        {
            **settings,
            **output.model_dump(exclude=others, exclude_defaults=True),
            **({"upscaler": upscaler.asset.digest} if upscaler else {}),
            **pair_settings(wanted.film, wanted.frames),
            **({"offset": project.file.sound.offset} if project.audio else {}),
        },
        digest_of(project.audio) if project.audio else "",
        film_metadata(project) if wanted.options.metadata else {},
    ]
    return hashlib.sha256(canonical(made_from).encode()).hexdigest()


def is_made(wanted: FilmFile, key: str) -> bool:
    """Whether the take has the film of that key, as far as its size shows; its subtitles are written if so."""
    try:
        record = json.loads((wanted.take.folder / RECORD).read_text())
        made = bool(record["key"] == key and wanted.take.film.stat().st_size == record["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if made:
        write_subtitles(wanted.take.film, subtitles(wanted.film, wanted.frames))
    return made


def keep_made(wanted: FilmFile, key: str, made: Film) -> None:
    """Write the subtitles, and what the film was made from."""
    write_subtitles(wanted.take.film, subtitles(wanted.film, wanted.frames))
    record = {"key": key, "bytes": made.path.stat().st_size}
    write_atomic(wanted.take.folder / RECORD, json.dumps(record).encode())


@contextmanager
def assembling(
    wanted: FilmFile | None, writer: FrameWriter, report: Reporter
) -> Iterator[Callable[[], Film | None]]:
    """Encode the film in a thread while frames are painted; what is yielded waits for it and hands it over."""
    if wanted is None:
        yield lambda: None
        return
    thread = _Encoding(wanted, writer, report)
    thread.start()
    try:
        yield thread.wait
    except BaseException:
        with suppress(Exception):  # what storing raises, the writer's own `with` reports
            writer.close()  # stores what waits; the thread then ends and leaves no half film
        thread.join()
        raise


class _Encoding(threading.Thread):
    """Encodes the film as its frames appear."""

    def __init__(self, wanted: FilmFile, writer: FrameWriter, report: Reporter) -> None:
        super().__init__(name="film", daemon=True)
        self._wanted, self._writer, self._report = wanted, writer, report
        self._made: Film | None = None
        self._failed: BaseException | None = None

    def run(self) -> None:
        """Encode."""
        try:
            self._made = self._encode()
        except BaseException as error:  # handed to the painting thread, which raises it
            self._failed = error

    def wait(self) -> Film:
        """The film, when it is made. Raises what encoding raised."""
        while self.is_alive():
            self.join(0.2)  # in pieces, so that a signal gets through
        if self._failed is not None:
            raise self._failed
        assert self._made is not None
        return self._made

    def _encode(self) -> Film:
        wanted, postprocess = self._wanted, self._wanted.postprocess
        upscale = wanted.film.project.file.output.upscale
        larger = find_upscale(wanted.film.upscaler, upscale, wanted.options.device)
        count = postprocess.count(len(wanted.frames) - postprocess.loop)
        return write_film(
            wanted.film.project,
            self._pictures(wait_for_all=larger is not None),
            wanted.take.film,
            postprocess,
            metadata=wanted.options.metadata,
            upscaler=larger,
            on_frame=None if larger is None else lambda done: self._report.film(done + 1, count),
        )

    def _pictures(self, *, wait_for_all: bool) -> Iterator[Picture]:
        """The stored frames. wait_for_all: a network enlarges them; the device is the painter's until it is done."""
        wanted = self._wanted
        for frame in wanted.frames if wait_for_all else ():
            self._writer.wait_for(frame)
        with viewer(wanted.film) as view:
            for frame in wanted.frames:
                self._writer.wait_for(frame)
                yield view(frame, wanted.take.read(frame))
