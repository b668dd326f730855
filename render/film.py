"""The whole: a project becomes frames in a take, and the frames become a film.

    plan -> for each frame: keep it, or paint it -> a thread stores it -> another thread feeds it to ffmpeg -> film.mp4

The film is made from the stored frames, read back as they appear; stopping anywhere loses at most the frame that was
being painted.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keyframes import Row, Stopped
from projects import FrameWriter, Picture, Project, Take, canonical
from projects.files import digest_of, write_atomic
from projects.schema import ProjectFile

from .cadence.originals import Originals, storing
from .exports import assembly_of, film_metadata, find_upscale, keep_record, subtitles
from .notes import Notes
from .options import DEFAULTS, RenderOptions
from .painter import Painter
from .pictures import read_picture
from .plans import Plan, hidden_originals, make_plan
from .reports import Reporter, plan_report
from .setup import Setup, prepare
from .space.stereo import pair_settings, viewer
from .speed import remember
from .timelimit import time_limit
from .video.encode import Film, check_encoder
from .video.subtitles import write_subtitles
from .video.upscaler import upscaler_settings

if TYPE_CHECKING:
    from .cadence.between import Between
    from .frame import FramePainter

MakePainter = Callable[[Setup], Painter]
FILM_RECORD = "film.json"


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What a render did. film: None when only frames were asked for."""

    take: Path
    film: Path | None
    painted: tuple[int, ...]
    kept: tuple[int, ...]
    up_to_date: bool
    padded: bool = False


def render_project(
    project: Project,
    options: RenderOptions = DEFAULTS,
    *,
    make_painter: MakePainter,
    report: Reporter | None = None,
) -> Rendered:
    """Render a project into its take: paint the frames that are missing or out of date, then assemble the film.

    make_painter: loads what paints; it is called only if something is to be painted.
    Raises ProjectError, EnvironmentFault, LockedError, RenderError or Stopped; what was stored stays.
    """
    report, film, metadata = report or Reporter(), options.film, options.metadata
    setup = prepare(project)
    frames = options.chosen(setup.frames)
    take = Take(options.take or project.take_folder, project=project.name)
    with take.lock():
        plan = make_plan(setup, take, frames)
        key = _film_key(setup, plan, metadata)
        if not plan.paint and (not film or _film_is(take, key)):
            if film:
                write_subtitles(take.film, subtitles(setup, plan.frames))
            return Rendered(
                take=take.folder,
                film=take.film if film else None,
                painted=(),
                kept=plan.kept,
                up_to_date=True,
            )
        if film:
            check_encoder(take.film, sound=project.audio is not None)
        init = None
        if 0 in plan.originals and project.init_image is not None:
            init = read_picture(project.init_image, setup.size)
        report.begin(plan_report(setup, plan))
        painter = make_painter(setup) if plan.paint else None
        take.keep_project(project.text)
        keep_record(take.folder, project)
        larger = find_upscale(setup.upscaler, project.file.output.upscale, options.device) if film else None
        with (
            FrameWriter(take) as writer,
            _assembling(setup, take, plan, writer, film, metadata, larger, report) as assembly,
        ):
            for frame in plan.kept:
                writer.announce(frame)
            if painter is not None:
                work = _Work(setup, take, plan, writer, report, metadata, options.frame_timeout)
                with storing(setup.cadence, hidden_originals(setup, take), work.picture) as originals:
                    work.paint(painter, init, originals)
            made = assembly()
        if made is not None:
            write_subtitles(take.film, subtitles(setup, plan.frames))
            write_atomic(
                take.folder / FILM_RECORD,
                json.dumps({"key": key, "bytes": made.path.stat().st_size}).encode(),
            )
        report.end(made)
        return Rendered(
            take=take.folder,
            film=take.film if made else None,
            painted=plan.paint,
            kept=plan.kept,
            up_to_date=False,
            padded=bool(made and made.padded),
        )


class _Work:
    """Painting the frames of one plan, in order."""

    def __init__(
        self,
        setup: Setup,
        take: Take,
        plan: Plan,
        writer: FrameWriter,
        report: Reporter,
        metadata: bool,
        frame_timeout: float | None,
    ) -> None:
        self.setup, self.take, self.plan, self.writer = setup, take, plan, writer
        self.report, self.metadata, self.frame_timeout = report, metadata, frame_timeout
        self.notes = Notes(setup.cadence, take, hidden_originals(setup, take))
        self.fresh: tuple[int, Picture] | None = None  # the frame painted last, not necessarily stored yet

    def paint(self, painter: Painter, init: Picture | None, originals: Originals) -> None:
        """Make every frame that the plan says is missing: paint the originals, and from them what lies between."""
        from .cadence.between import Between  # torch is loaded only when something is painted
        from .frame import FramePainter

        self.notes.painter = painter
        hand = FramePainter(self.setup, painter, self.picture, originals.get)
        try:
            self._paint_all(hand, Between(self.setup, hand, originals.get), init, originals)
        finally:
            hand.close()

    def _paint_all(
        self, hand: FramePainter, between: Between, init: Picture | None, originals: Originals
    ) -> None:
        making, start, moving = set(self.plan.paint), time.monotonic(), 0.0
        for row in self.setup.timeline.rows(sorted({*making, *self.plan.originals})):
            began, painted = time.monotonic(), 0.0
            if row.frame in self.plan.originals:
                picture = self._paint_one(hand, row, init, originals)
                painted = time.monotonic() - began
                notes = self.notes.end(row.frame)
                originals.put(row.frame, picture, self.plan.originals[row.frame], painted, notes)
            if row.frame not in making:
                continue
            if not self.setup.cadence.of(row.frame).shows(row.frame):
                picture, painted = between.make(row), time.monotonic() - began - painted
                moving += painted
            self._store(row, picture, painted)
            self.report.frame(row.frame, time.monotonic() - began)
        spent = time.monotonic() - start - moving
        paces = {self.setup.at(frame).pace for frame in self.plan.originals}
        if len(paces) == 1:  # what each of several models took is not told apart
            remember(paces.pop(), self.setup.size, spent, self.plan.calls)

    def _store(self, row: Row, picture: Picture, seconds: float) -> None:
        text = frame_text(self.setup, row) if self.metadata else None
        shown = self.setup.cadence.of(row.frame).shows(row.frame)
        notes = self.notes.of(row.frame) if shown else ()
        self.writer.put(
            row.frame, picture, self.plan.keys[row.frame], seconds=seconds, text=text, notes=notes
        )
        self.fresh = (row.frame, picture)

    def _paint_one(self, hand: FramePainter, row: Row, init: Picture | None, originals: Originals) -> Picture:
        segment = self.setup.cadence.of(row.frame)
        self.notes.begin(row, segment.before)
        with time_limit(self.frame_timeout, row.frame, self.report.step) as on_step:
            if segment.before is None:
                return hand.first(row, init, on_step)
            way = [self.setup.timeline.row(frame) for frame in segment.way[:-1]]
            return hand.next(row, originals.get(segment.before), on_step, (*way, row))

    def picture(self, frame: int) -> Picture:
        """A frame that is painted or kept: from memory if it is the last one, else read back and verified."""
        if self.fresh is not None and self.fresh[0] == frame:
            return self.fresh[1]
        if frame not in self.plan.kept:
            self.writer.wait_for(frame)
        return self.take.read(frame)


def frame_text(setup: Setup, row: Row) -> dict[str, str]:
    """What a frame's PNG says of itself: the project that painted it, and its row of the timeline."""
    told = {
        "frame": row.frame,
        "seed": setup.seed(row),
        "lanes": row.numbers,
        "words": row.words,
        "prompt": row.prompt,
    }
    return {
        "reverie name": setup.project.file_name,
        "reverie project": setup.project.text,
        "reverie row": canonical(told),
    }


@contextmanager
def _assembling(
    setup: Setup,
    take: Take,
    plan: Plan,
    writer: FrameWriter,
    film: bool,
    metadata: bool,
    larger: Callable[[Picture], Picture] | None,
    report: Reporter,
) -> Iterator[Callable[[], Film | None]]:
    """Encode the film in a thread while frames are painted; what is yielded waits for it and hands it over.

    larger: the network that makes the pictures so. It begins when all is painted: until then the device is the
    painter's.
    """
    if not film:
        yield lambda: None
        return
    made: list[Film] = []
    failed: list[BaseException] = []
    file = setup.project.file
    assembly = assembly_of(setup.project, whole=len(plan.frames) == file.length, metadata=metadata)
    count = assembly.postprocess.count(len(plan.frames) - assembly.postprocess.loop)

    def pictures() -> Iterator[Picture]:
        view = viewer(setup)
        if larger is not None:
            for frame in plan.frames:
                writer.wait_for(frame)
        for frame in plan.frames:
            writer.wait_for(frame)
            yield view(frame, take.read(frame))

    def work() -> None:
        try:
            made.append(
                assembly.write(
                    pictures(),
                    take.film,
                    upscaler=larger,
                    on_frame=None if larger is None else lambda done: report.film(done + 1, count),
                )
            )
        except BaseException as error:  # handed to the painting thread, which raises it
            failed.append(error)

    thread = threading.Thread(target=work, name="film", daemon=True)
    thread.start()

    def finish() -> Film:
        while thread.is_alive():
            thread.join(0.2)  # in pieces, so that a signal gets through
        if failed:
            raise failed[0]
        return made[0]

    try:
        yield finish
    except BaseException:
        with suppress(Exception):  # what storing raises, the writer's own `with` tells
            writer.close()  # stores what waits; the film's thread then ends and leaves no half film
        thread.join()
        raise


def _film_key(setup: Setup, plan: Plan, metadata: bool) -> str:
    """A hash of all that the film file is made from."""
    project = setup.project
    audio = digest_of(project.audio) if project.audio else ""
    told = film_metadata(project) if metadata else {}
    made_from = [
        [plan.keys[f] for f in plan.frames],
        project.file.fps,
        {
            **_output(project.file),
            **upscaler_settings(setup.upscaler),
            **pair_settings(setup, plan.frames),
        },
        audio,
        told,
    ]
    return hashlib.sha256(canonical(made_from).encode()).hexdigest()


def _output(file: ProjectFile) -> dict[str, object]:
    """What the film's file is made by; what is not used is left out, so that a film of before is still true."""
    given = file.output
    told: dict[str, object] = {"crf": given.crf, "preset": given.preset}
    others = {"crf", "preset", "vr", "vr_eyes", "vr_screen", "subtitles"}
    told |= given.model_dump(exclude=others, exclude_defaults=True)
    return told | ({"offset": file.sound.offset} if file.sound.offset and file.audio else {})


def _film_is(take: Take, key: str) -> bool:
    """Whether the film in the take is the one of that key, as far as its size tells."""
    try:
        record = json.loads((take.folder / FILM_RECORD).read_text())
        return bool(record["key"] == key and take.film.stat().st_size == record["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def how_to_go_on(error: Stopped, take: Path) -> Stopped:
    """The same stop with the way on in its message."""
    return Stopped(
        f"{error}; what is painted is kept in {take}. The same command goes on from there.", error.exit_code
    )
