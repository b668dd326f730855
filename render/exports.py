"""What is made of a take's stored frames: a film as the project's [output] says, or a contact sheet; and the project
that a frame or a film carries.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from keyframes import Problem, ProjectError, RenderError, ReverieError, parse_frames
from keyframes.errors import printable, quoted
from projects import Picture, Project, Take, read_project, read_text
from projects.files import write_atomic
from projects.png import check_picture

from .film_file import postprocess_of, write_film
from .reports import Notice
from .resolve import resolve
from .resolve.draft import as_draft
from .resolve.models import project_upscaler
from .stereo import viewer
from .video.containers import container_of
from .video.encode import Film, encode
from .video.probe import read_metadata

GAP = 8
LABEL_SIZE = 16
FORMATS = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
_BACKGROUND, _INK = (24, 24, 24), (232, 232, 232)


def export(
    take: Path,
    out: Path | str,
    *,
    frames: str | None = None,
    fps: float | None = None,
    device: str = "auto",
    allow_outside: bool = False,
    notice: Notice | None = None,
) -> Film:
    """Make a film (.mp4, .webm, .mov), a GIF or a folder of PNGs from a take's stored frames, as [output] says.

    frames: "0-99" of those stored, all by default. fps: of the stored frames, by default the project's. device: where
    its upscaler works. allow_outside: paths in the project may leave its folder. notice: is called with a line for
    people where the film is less than the project says.
    Raises ProjectError for a folder that is not a take, an output of unknown kind, and a sound or an upscaler that is
    not there.
    """
    found = Take(take)
    stored: Sequence[int] = found.stored()
    if frames is not None:
        stored = [f for f in parse_frames(frames, max(stored, default=0) + 1) if f in set(stored)]
    pictures = (found.read(frame) for frame in stored)
    try:
        project = _project_of(found, allow_outside=allow_outside)
    except (OSError, ReverieError) as error:
        if fps is None:
            what = f"{found.project_file} cannot be read, so the frame rate is not known."
            raise ProjectError(Problem(what=what, hint="Give it: --fps 15")) from error
        if notice is not None:
            notice(
                f"{found.project_file} cannot be read: the film is the frames alone, without sound or [output]."
            )
        return encode(pictures, out, fps=fps)
    if container_of(out).sound:
        _check_sound_is_there(found, project, allow_outside=allow_outside)
    output = project.file.output
    postprocess = postprocess_of(output, fps or project.file.fps, whole=len(stored) == project.file.length)
    upscaler = project_upscaler(project)
    if output.vr == "none":
        return write_film(project, pictures, out, postprocess, upscaler=upscaler, device=device)
    with viewer(resolve(_project_of(found, allow_outside=allow_outside, need_files=True))) as view:
        pairs = map(view, stored, pictures)
        return write_film(project, pairs, out, postprocess, upscaler=upscaler, device=device)


def _project_of(take: Take, *, allow_outside: bool, need_files: bool = False) -> Project:
    """The project that a take keeps, in the folder that it was rendered from.

    The take may be a stranger's, so that folder is believed only if the project's file is in it, or if paths may lead
    outside; else it is the one that holds takes/NAME.
    """
    origin = take.origin()
    name, folder = origin.file_name, origin.folder
    if folder is None or not (allow_outside or (folder / name).is_file()):
        folder = take.folder.resolve().parent.parent
    text = take.project_file.read_text(encoding="utf-8")
    project = read_project(text, name=name, folder=folder, allow_outside=allow_outside, need_files=need_files)
    return as_draft(project) if origin.draft else project


def _check_sound_is_there(take: Take, project: Project, *, allow_outside: bool) -> None:
    """Raise ProjectError if the project has a sound and it is not found: a film should not lose it silently."""
    sound = project.file.audio
    if sound is None or project.audio is not None:
        return
    outside = not (project.folder / sound).resolve().is_relative_to(project.folder)
    what = f"the film's sound, {quoted(sound)}, was not found. Looked in {printable(str(project.folder))}."
    hint = "Put it there, or take the line out of the take's project.toml to export without sound."
    if outside and not allow_outside:
        what = f"the film's sound, {quoted(sound)}, lies outside the project's folder."
        hint = "Add --allow-outside."
    raise ProjectError(Problem(what=what, file=str(take.project_file), where="audio", hint=hint))


def carried_project(path: Path) -> tuple[str, str]:
    """(file name, text) of the project that a frame (.png) or a film carries. Raises ProjectError if it has none."""
    if not path.is_file():
        raise ProjectError(Problem(what="there is no such file.", file=str(path)))
    if path.suffix.lower() == ".png":
        texts = read_text(path)
        name, text = texts.get("reverie name", ""), texts.get("reverie project", "")
    else:
        name, text = f"{path.stem}.toml", read_metadata(path).get("comment", "")
    if not text:
        hint = "Films and frames of a render with --no-metadata, or saved by another program, have none."
        raise ProjectError(Problem(what="carries no project.", file=str(path), hint=hint))
    name = Path(name).name
    # the name comes from whoever made the file: it may not be that of another kind of file, nor a hidden one
    return name if name.endswith(".toml") and not name.startswith(".") else "project.toml", text


def sheet(take: Path, out: Path, *, count: int = 24, columns: int = 6) -> tuple[int, int]:
    """Make a contact sheet of a take: `count` frames at even steps. Returns how many are shown, and how many there are.

    Raises ProjectError for a take without frames, and as `contact_sheet`.
    """
    found = Take(take)
    stored = found.stored()
    if not stored:
        raise ProjectError(Problem(what="has no frames yet.", file=str(take)))
    chosen = sorted({stored[round(i * (len(stored) - 1) / max(count - 1, 1))] for i in range(count)})
    contact_sheet((found.read(f) for f in chosen), columns, out, labels=[str(f) for f in chosen])
    return len(chosen), len(stored)


def contact_sheet(
    pictures: Iterable[Picture], columns: int, out: Path, labels: Sequence[str], *, width: int = 256
) -> None:
    """Write `pictures`, uint8 (H, W, 3) RGB, in rows of `columns` to `out` (.png, .webp or .jpg).

    Each is scaled to `width` pixels (never enlarged); the cells have the shape of the first. labels: a line under each.
    Raises ProjectError for another suffix or no columns, RenderError without pictures, and as `write_atomic`.
    """
    form = FORMATS.get(out.suffix.lower())
    if form is None or columns < 1:
        what = "it needs columns." if form else f"a contact sheet cannot be written as {quoted(out.suffix)}."
        hint = f"Allowed: {', '.join(FORMATS)}, with 1 column or more. Example: sheet.png"
        raise ProjectError(Problem(what=what, file=str(out), hint=hint))
    cells = [_cell(picture, number, width) for number, picture in enumerate(pictures)]
    if not cells:
        raise RenderError("there are no frames to make a contact sheet of")
    write_atomic(out, _encoded(_sheet(cells, min(columns, len(cells)), labels), form, out))


def _encoded(sheet: Image.Image, form: str, out: Path) -> bytes:
    buffer = io.BytesIO()
    try:
        sheet.save(buffer, form, quality=90)
    except (OSError, ValueError) as error:  # WebP's limit is 16383 pixels a side, JPEG's 65500
        what = f"{sheet.width} x {sheet.height} pixels are too many for {form}."
        hint = "Use .png, fewer pictures, or more columns."
        raise ProjectError(Problem(what=what, file=str(out), hint=hint)) from error
    return buffer.getvalue()


def _cell(picture: Picture, number: int, width: int) -> Image.Image:
    image = Image.fromarray(check_picture(picture, f"picture {number} of the contact sheet"))
    if image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)


def _sheet(cells: Sequence[Image.Image], columns: int, labels: Sequence[str]) -> Image.Image:
    width, height = cells[0].size
    step_x, step_y = width + GAP, height + GAP + LABEL_SIZE + GAP
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * step_x + GAP, rows * step_y + GAP), _BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(LABEL_SIZE)
    for number, (cell, label) in enumerate(zip(cells, labels, strict=True)):
        row, column = divmod(number, columns)
        x, y = GAP + column * step_x, GAP + row * step_y
        sheet.paste(cell.crop((0, 0, width, height)), (x, y))
        draw.text((x, y + height + GAP // 2), _fitting(printable(label), width, font), _INK, font)
    return sheet


def _fitting(label: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The label, cut so that it is at most `width` pixels long."""
    label = label[:width]  # a letter is wider than a pixel
    while label and font.getlength(label) > width:
        label = label[:-1]
    return label
