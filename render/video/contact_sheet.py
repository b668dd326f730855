"""A contact sheet: frames side by side in one picture, with labels."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from keyframes.errors import Problem, ProjectError, RenderError, printable, quoted
from projects.files import write_atomic
from projects.png import Picture, check_picture

GAP = 8
LABEL_SIZE = 16
FORMATS = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
_BACKGROUND, _INK = (24, 24, 24), (232, 232, 232)


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
