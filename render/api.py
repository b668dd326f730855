"""The Python API: what the command line does, as functions.

import render

project = render.load_project("dream.toml")
print(render.plan(project).paint)
film = render.render(project).film
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keyframes import ProjectError, ReverieError, parse_frames
from projects import Project, Take

from .checkpoints import model_names, project_holding
from .diffusion import find_model
from .plans import Plan, make_plan
from .setup import Setup, prepare
from .space.stereo import viewer
from .video.encode import Film, encode

if TYPE_CHECKING:
    from .diffusion.embeddings import Notice
    from .diffusion.parts import Model
    from .film import Rendered
    from .painter import DiffusionPainter, Painter
    from .progress import Reporter

Frames = str | Iterable[int] | None


def _frames(project: Project, frames: Frames) -> tuple[int, ...] | None:
    if frames is None:
        return None
    text = frames if isinstance(frames, str) else ",".join(str(frame) for frame in frames)
    return parse_frames(text, project.clock.frames)


def existing_take(project: Project, folder: Path | None = None) -> Take | None:
    """The project's take if there is one. Raises ProjectError if the folder holds something else."""
    folder = folder or project.take_folder
    return Take(folder, project=project.name) if folder.exists() else None


def plan(project: Project, *, take: Path | None = None, frames: Frames = None) -> Plan:
    """What a render would do. Loads no model. `frames`: "0-99", or frame numbers; all by default."""
    return make_plan(prepare(project), existing_take(project, take), _frames(project, frames))


class Studio:
    """Models, loaded once and used for one project after the other."""

    def __init__(self, *, device: str = "auto", dtype: str = "auto", notice: Notice | None = None) -> None:
        self._device, self._dtype, self._notice = device, dtype, notice
        self._loaded: tuple[str, Model] | None = None

    @property
    def device(self) -> str:
        """The device's name as given, "auto" too."""
        return self._device

    def fetch(self, project: Project) -> None:
        """Fetch the project's model from the hub if it is not here: its size and its fingerprint, which are part of
        what a frame is made from, are not known before. Raises ProjectError first if the project is wrong.
        """
        names = model_names(project.file.model)
        holding = project_holding(project)
        sources = [find_model(name, folder=project.folder, holding=holding) for name in names]
        missing = [source for source in sources if source.path is None]
        if not missing:
            return
        prepare(project)
        from torch import float32

        from .diffusion.devices import find_device, find_dtype
        from .diffusion.load import fetch_model

        half = find_dtype(self._dtype, find_device(self._device)) != float32
        for source in missing:
            fetch_model(source, half=half)

    def painter(self, setup: Setup) -> Painter:
        """A painter for the project; its model is loaded unless it was the last one used. Of several models each is
        loaded when its frames are painted.
        """
        if not setup.spans:
            return self._painter(setup)
        from .diffusion.devices import find_device
        from .switching import SwitchingPainter

        return SwitchingPainter(setup, self._painter, find_device(self._device))

    def _painter(self, setup: Setup) -> DiffusionPainter:
        from .diffusion.load import load_model
        from .diffusion.moving import release
        from .painter import DiffusionPainter

        files = [lora.file for lora in setup.loras]
        controls = [control.file for control in setup.controls]
        adapters = [adapter.file for adapter in setup.adapters]
        words = {known.word: known.file for known in setup.inversions}
        parts = [setup.source.fingerprint or setup.source.name, *(file.digest for file in files)]
        parts += ["controls", *(file.digest for file in controls)]
        parts += ["adapters", *(file.digest for file in adapters)]
        parts += [f"{word} {file.digest}" for word, file in words.items()]
        name = " ".join([*parts, setup.vae.digest if setup.vae else ""])
        if self._loaded is None or self._loaded[0] != name:
            if self._loaded is not None:
                device, self._loaded = (
                    self._loaded[1].device,
                    None,
                )  # let the old model go before the new one comes
                release(device)
            model = load_model(
                setup.source,
                device=self._device,
                dtype=self._dtype,
                notice=self._notice,
                loras=files,
                controls=controls,
                adapters=adapters,
                inversions=words,
                vae=setup.vae,
                size=setup.size,
            )
            self._loaded = (name, model)
        return DiffusionPainter(setup, self._loaded[1])


def render(
    project: Project,
    *,
    take: Path | None = None,
    frames: Frames = None,
    film: bool = True,
    metadata: bool = True,
    device: str = "auto",
    studio: Studio | None = None,
    report: Reporter | None = None,
    frame_timeout: float | None = None,
) -> Rendered:
    """Render a project into its take, or go on where an earlier render stopped.

    take: the folder, by default takes/NAME beside the project. frames: as in `plan`. film: also assemble film.mp4.
    frame_timeout: seconds that painting one frame may take.
    Raises ProjectError, EnvironmentFault, LockedError, RenderError.
    """
    from .film import render_project

    studio = studio or Studio(device=device)
    studio.fetch(project)
    return render_project(
        project,
        make_painter=studio.painter,
        take_folder=take,
        frames=_frames(project, frames),
        film=film,
        metadata=metadata,
        device=studio.device,
        report=report,
        frame_timeout=frame_timeout,
    )


def still(project: Project, frame: int, *, take: Path | None = None, studio: Studio | None = None) -> Path:
    """One frame; what it needs is painted first. The path of its PNG in the take."""
    frame = parse_frames(str(frame), project.clock.frames)[0]
    done = render(project, take=take, frames=[frame], film=False, studio=studio)
    return Take(done.take).path(frame)


def preview(project: Project, out: Path | None = None) -> Film:
    """The motion alone as a film, with no model."""
    from .previews import preview_project

    return preview_project(project, out)


def export(
    take: Path,
    out: Path | str,
    *,
    frames: str | None = None,
    fps: float | None = None,
    device: str = "auto",
) -> Film:
    """A film, GIF or folder of PNGs from a take's stored frames: .mp4, .webm, .mov, .gif, or a folder.

    frames: "0-99" of those stored, all by default. fps: of the stored frames, by default the project's. What the
    project's [output] says of frames between and of size is done. device: where its upscaler works.
    Raises ProjectError for a folder that is no take, an output of unknown kind, or an upscaler that is not there.
    """
    from projects import read_project
    from projects.schema import Output

    from .exports import film_metadata, find_upscale, postprocess_of
    from .output.upscaler import find_upscaler

    found = Take(take)
    stored: Sequence[int] = found.stored()
    if frames is not None:
        stored = [f for f in parse_frames(frames, max(stored, default=0) + 1) if f in set(stored)]
    metadata: dict[str, str] = {}
    audio, start, output, length, upscaler = None, 0.0, Output(), 0, None
    pictures = (found.read(f) for f in stored)
    try:
        text = found.project_file.read_text(encoding="utf-8")
        folder = take.resolve().parent.parent
        project = read_project(text, name=f"{found.project}.toml", folder=folder, need_files=False)
        metadata, audio, fps = film_metadata(project), project.audio, fps or project.file.fps
        start, output, length = project.file.sound.offset, project.file.output, project.file.length
    except (OSError, ReverieError) as error:
        if fps is None:
            what = f"{found.project_file} cannot be read, so the frame rate is not known."
            raise _wrong(what, "Give it: --fps 15") from error
    else:
        upscaler = find_upscaler(project)
        if project.file.output.vr != "none":
            view = viewer(prepare(read_project(text, name=project.file_name, folder=folder)))
            pictures = (view(f, found.read(f)) for f in stored)
    sounding = audio if str(out).lower().endswith((".mp4", ".mov", ".webm")) else None
    finish = postprocess_of(output, fps or 15.0, whole=len(stored) == length)
    finished = finish.pictures(pictures, find_upscale(upscaler, output.upscale, device))
    return encode(
        finished,
        out,
        fps=finish.fps_out,
        audio=sounding,
        audio_from=start + finish.starts_at,
        metadata=metadata,
    )


def _wrong(what: str, hint: str) -> ProjectError:
    from keyframes import Problem

    return ProjectError(Problem(what=what, hint=hint))
