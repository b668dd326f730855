"""A whole render: a project becomes frames in a take, and the frames become a film.

    plan -> for each frame: keep it, or paint it -> a thread stores it -> another thread feeds it to ffmpeg -> film.mp4

The film is made from the stored frames, read back as they appear; stopping anywhere loses at most the frame that was
being painted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from projects import FrameWriter, Picture, Project, Take, canonical

from .cache import remember_seconds
from .film_file import FilmFile, assembling
from .plans import Plan, hidden_originals, make_plan, pace
from .reports import DEFAULTS, RenderOptions, Reporter, plan_report
from .resolve import ResolvedProject, resolve
from .stop import time_limit
from .video.encode import check_encoder

if TYPE_CHECKING:
    from .cadence.between import Between
    from .frame import FrameMaker
    from .stages.stage import Painter

MakePainter = Callable[[ResolvedProject], "Painter"]


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What a render did. film: None when only frames were asked for."""

    take: Path
    film: Path | None
    painted: tuple[int, ...]
    kept: tuple[int, ...]
    up_to_date: bool
    padded: bool = False


@runtime_checkable
class Resumable(Protocol):
    """A painter whose pixels depend on how memory was saved. The journal has that as a frame's notes, and the frame
    after it begins with the same: so a render that continues from the disk makes the same bytes."""

    def resume(self, frame: int, notes: Sequence[str]) -> None:
        """Get ready for a frame whose predecessor was painted with these notes."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """How the picture just painted was painted."""
        ...


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
    report = report or Reporter()
    film = resolve(project)
    frames = options.chosen(film.frames)  # before the take's folder is made
    take = Take(options.take or project.take_folder, project=project.name, verify=options.verify)
    with take.lock():
        plan = make_plan(film, take, frames)
        wanted = FilmFile(film, take, plan.frames, options) if options.film else None
        key = wanted.key(plan.keys) if wanted is not None else ""
        up_to_date = not plan.paint and (wanted is None or wanted.is_made(key))
        made = None
        if not up_to_date:
            if wanted is not None:
                check_encoder(take.film, sound=project.audio is not None)
            report.begin(plan_report(film, plan))
            painter = make_painter(film) if plan.paint else None
            take.keep_project(project)
            with FrameWriter(take) as writer, assembling(wanted, writer, report) as assembled:
                for frame in plan.kept:
                    writer.announce(frame)
                if painter is not None:
                    _Work(film, take, plan, writer, report, options).paint(painter)
                made = assembled()
            if wanted is not None and made is not None:
                wanted.note(key, made)
            report.end(made)
    return Rendered(
        take=take.folder,
        film=None if wanted is None else take.film,
        painted=plan.paint,
        kept=plan.kept,
        up_to_date=up_to_date,
        padded=made is not None and made.padded,
    )


@dataclass
class _Work:
    """Painting the frames of one plan, in order."""

    _film: ResolvedProject
    _take: Take
    _plan: Plan
    _writer: FrameWriter
    _report: Reporter
    _options: RenderOptions

    def __post_init__(self) -> None:
        self._hidden = hidden_originals(self._film, self._take)
        self._hidden_writer: FrameWriter | None = None
        self._notes: dict[int, tuple[str, ...]] = {}
        self._fresh: tuple[int, Picture] | None = None  # the frame made last, not necessarily stored yet

    def paint(self, painter: Painter) -> None:
        """Make every frame that the plan misses: the painted ones, and from them what lies between."""
        from .cadence.between import Between  # torch is loaded only when something is painted
        from .frame import FrameMaker

        with ExitStack() as stack:
            if self._hidden is not None:
                stack.enter_context(self._hidden.lock())
                self._hidden_writer = stack.enter_context(FrameWriter(self._hidden))
            maker = FrameMaker(self._film, painter, self._picture, self._painted)
            stack.callback(maker.close)
            self._paint_all(maker, Between(self._film, maker))

    def _paint_all(self, maker: FrameMaker, between: Between) -> None:
        making, originals, moving = set(self._plan.paint), self._plan.originals, 0.0
        start = time.monotonic()
        for number in sorted({*making, *originals}):
            began, seconds = time.monotonic(), 0.0
            shown = self._shows_painted(number)
            if number in originals:
                picture = self._paint_one(maker, number)
                seconds = time.monotonic() - began
                if not shown and self._hidden_writer is not None:
                    key, notes = originals[number], self._notes[number]
                    self._hidden_writer.put(number, picture, key, seconds=seconds, notes=notes)
            if number not in making:
                continue
            if not shown:
                picture, seconds = between.make(number), time.monotonic() - began - seconds
                moving += seconds
            self._store(number, picture, seconds)
            self._report.frame(number, time.monotonic() - began)
        paces = {pace(self._film.paint.model(number)) for number in originals}
        if len(paces) == 1:  # of several models it is not known which took how long
            remember_seconds(
                paces.pop(), self._film.size, time.monotonic() - start - moving, self._plan.calls
            )

    def _paint_one(self, maker: FrameMaker, number: int) -> Picture:
        from .frame import painted_frame

        painter: object = maker.tools.painter
        frame = painted_frame(self._film, number)
        if isinstance(painter, Resumable):  # a model that is loaded here takes no time of the frame's
            painter.resume(number, () if frame.before is None else self._notes_of(frame.before))
        with time_limit(self._options.frame_timeout, number, self._report.step) as on_step:
            picture = maker.make(frame, on_step)
        self._notes[number] = painter.notes if isinstance(painter, Resumable) else ()
        return picture

    def _notes_of(self, number: int) -> tuple[str, ...]:
        """The notes of a painted frame, of this run or an earlier one."""
        if number in self._notes:
            return self._notes[number]
        entry = self._take_of(number).entries.get(number)
        return entry.notes if entry is not None else ()

    def _shows_painted(self, number: int) -> bool:
        """Whether a frame of the film is what the model painted there."""
        return self._film.cadence.of(number).shows(number)

    def _take_of(self, number: int) -> Take:
        """Where what the model painted at a frame is kept."""
        return self._take if self._hidden is None or self._shows_painted(number) else self._hidden

    def _painted(self, number: int) -> Picture:
        """What the model painted at a frame, read back and verified."""
        take = self._take_of(number)
        if take is self._take:
            return self._picture(number)
        if self._hidden_writer is not None and number in self._plan.originals:
            self._hidden_writer.wait_for(number)
        return take.read(number)

    def _store(self, number: int, picture: Picture, seconds: float) -> None:
        text = frame_text(self._film, number) if self._options.metadata else None
        notes = self._notes.get(number, ()) if self._shows_painted(number) else ()
        self._writer.put(number, picture, self._plan.keys[number], seconds=seconds, text=text, notes=notes)
        self._fresh = (number, picture)

    def _picture(self, number: int) -> Picture:
        """A frame that is made or kept: from memory if it is the last one, else read back and verified."""
        if self._fresh is not None and self._fresh[0] == number:
            return self._fresh[1]
        if number not in self._plan.kept:
            self._writer.wait_for(number)
        return self._take.read(number)


def frame_text(film: ResolvedProject, number: int) -> dict[str, str]:
    """What a frame's PNG says of itself: the project that painted it, and its row of the timeline."""
    row = film.rows[number]
    values = {
        "frame": number,
        "seed": film.paint.seed_of(row),
        "lanes": {lane: value for lane, value in row.lanes.items() if not isinstance(value, str)},
        "words": {lane: value for lane, value in row.lanes.items() if isinstance(value, str)},
        "prompt": row.prompt,
    }
    return {
        "reverie name": film.project.file_name,
        "reverie project": film.project.text,
        "reverie row": canonical(values),
    }
