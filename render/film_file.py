"""The film of a project as its [output] says; that of a take is encoded while frames are painted, and known by all
that it was made from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from projects import FrameWriter, Picture, Project, Take, canonical
from projects.files import digest_of, write_atomic
from projects.schema import Output

from .reports import RenderOptions, Reporter
from .resolve import ResolvedProject
from .stereo import pair_settings, viewer
from .subtitles import subtitles, write_subtitles
from .video.containers import Quality, container_of, exact_rate
from .video.encode import DEFAULT_QUALITY, Film, encode
from .video.postprocess import Postprocess
from .video.upscaler import NetworkUpscaler, Upscaler

RECORD = "film.json"  # in the take: what its film was made from


def write_film(
    project: Project,
    stored: Iterable[Picture],
    out: Path | str,
    postprocess: Postprocess,
    *,
    upscaler: Upscaler | None,
    device: str,
    metadata: bool = True,
    on_frame: Callable[[int], None] | None = None,
) -> Film:
    """Encode stored pictures of a project as the film `out`, with sound and quality if that kind of file has them.

    upscaler: the network that enlarges them on the device, "auto" or its name; None for Lanczos. metadata: whether the
    film carries the project. on_frame(n): is called after frame n. Raises as `encode`.
    """
    container, output, network = container_of(out), project.file.output, None
    if upscaler is not None:
        from .devices import find_device

        network = NetworkUpscaler(upscaler, output.upscale, find_device(device))
    return encode(
        postprocess.pictures(stored, network),
        out,
        fps=postprocess.fps_out,
        audio=project.audio if container.sound else None,
        audio_from=project.file.sound.offset + postprocess.starts_at,
        metadata=film_metadata(project) if metadata else None,
        quality=Quality(crf=output.crf, preset=output.preset) if container.preset else DEFAULT_QUALITY,
        on_frame=on_frame,
    )


def film_metadata(project: Project) -> dict[str, str]:
    """The texts that a film carries: its title and the project's text."""
    return {"title": project.file.title or project.name, "comment": project.text}


def postprocess_of(output: Output, fps: float, *, whole: bool = True) -> Postprocess:
    """What a project's [output] says of the film, at `fps` stored frames per second.

    whole: whether the film has all of the project's frames; a part of a film does not loop.
    """
    rate = exact_rate(fps)
    wanted = exact_rate(output.fps_out) if output.fps_out is not None else rate * output.interpolate
    return Postprocess(fps_in=rate, fps_out=wanted, upscale=output.upscale, loop=output.loop if whole else 0)


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

    @property
    def subtitles(self) -> str | None:
        """The subtitles of the film, whose loop leaves the first frames out; None if it has none."""
        postprocess = self.postprocess
        return subtitles(self.film, self.frames[postprocess.loop :], postprocess.fps_in)

    def key(self, keys: Sequence[str]) -> str:
        """A hash of all that the film file is made from. keys: of the project's frames."""
        project, output, upscaler = self.film.project, self.film.project.file.output, self.film.upscaler
        others = {"crf", "preset", "vr", "vr_eyes", "vr_screen", "subtitles"}
        made_from = [
            [keys[frame] for frame in self.frames],
            project.file.fps,
            {
                "crf": output.crf,
                "preset": output.preset,
                **output.model_dump(exclude=others, exclude_defaults=True),
                **({"upscaler": upscaler.asset.digest} if upscaler else {}),
                **pair_settings(self.film, self.frames),
                **({"offset": project.file.sound.offset} if project.audio else {}),
            },
            digest_of(project.audio) if project.audio else "",
            film_metadata(project) if self.options.metadata else {},
        ]
        return hashlib.sha256(canonical(made_from).encode()).hexdigest()

    def is_made(self, key: str) -> bool:
        """Whether the take has the film of that key, as far as its size shows; its subtitles are written if so."""
        try:
            record = json.loads((self.take.folder / RECORD).read_text())
            made = bool(record["key"] == key and self.take.film.stat().st_size == record["bytes"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if made:
            write_subtitles(self.take.film, self.subtitles)
        return made

    def note(self, key: str, made: Film) -> None:
        """Write the subtitles, and what the film was made from."""
        write_subtitles(self.take.film, self.subtitles)
        record = {"key": key, "bytes": made.path.stat().st_size}
        write_atomic(self.take.folder / RECORD, json.dumps(record).encode())


@contextmanager
def assembling(
    wanted: FilmFile | None, writer: FrameWriter, report: Reporter
) -> Iterator[Callable[[], Film | None]]:
    """Encode the film in a thread while frames are painted; what is yielded waits for it and hands it over."""
    if wanted is None:
        yield lambda: None
        return
    with ThreadPoolExecutor(1, "film") as thread:
        making = thread.submit(_encode, wanted, writer, report)
        try:
            yield lambda: _result(making)
        except BaseException:
            with suppress(Exception):  # what storing raises, the writer's own `with` reports
                writer.close()  # stores what waits; the thread then ends and leaves no half film
            raise


def _result(making: Future[Film]) -> Film:
    """The film, when it is made. Raises what encoding raised."""
    while not making.done():
        wait([making], 0.2)  # in pieces, so that a signal gets through
    return making.result()


def _encode(wanted: FilmFile, writer: FrameWriter, report: Reporter) -> Film:
    film, postprocess = wanted.film, wanted.postprocess
    enlarged = film.upscaler is not None
    count = postprocess.count(len(wanted.frames) - postprocess.loop)
    return write_film(
        film.project,
        _pictures(wanted, writer, wait_for_all=enlarged),
        wanted.take.film,
        postprocess,
        upscaler=film.upscaler,
        device=wanted.options.device,
        metadata=wanted.options.metadata,
        on_frame=(lambda done: report.film(done + 1, count)) if enlarged else None,
    )


def _pictures(wanted: FilmFile, writer: FrameWriter, *, wait_for_all: bool) -> Iterator[Picture]:
    """The stored frames. wait_for_all: a network enlarges them; the device is the painter's until it is done."""
    for frame in wanted.frames if wait_for_all else ():
        writer.wait_for(frame)
    with viewer(wanted.film) as view:
        for frame in wanted.frames:
            writer.wait_for(frame)
            yield view(frame, wanted.take.read(frame))
