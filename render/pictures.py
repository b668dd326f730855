"""Pictures that people bring: read whatever the format, brought to the film's size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from keyframes import Problem, ProjectError, ReverieError
from projects import Picture

MAX_PIXELS = 100_000_000


def read_picture(path: Path, size: tuple[int, int], *, where: str = "init_image") -> Picture:
    """A picture file as uint8 (H, W, 3) RGB of `size` (width, height).

    The EXIF turn is applied, transparency laid on white, CMYK, 16 bit and animations (first picture) read as RGB. It
    is scaled to cover the size (Lanczos) and cropped about its middle, never stretched.
    Raises ProjectError for a file that is no picture or has more than 100 million pixels.
    """
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _refused(path, where, f"{image.width} x {image.height} pixels are too many")
            upright: Image.Image = ImageOps.exif_transpose(image)
            return np.array(
                ImageOps.fit(_rgb(upright), size, Image.Resampling.LANCZOS)
            )  # a writable copy, for torch
    except ReverieError:
        raise
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise _refused(path, where, str(error).partition("\n")[0]) from error


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.asarray(image, dtype=np.float64)
        scale = (
            255.0 / 65535.0
            if image.mode != "F" or values.max() > 255
            else (255.0 if values.max() <= 1 else 1.0)
        )
        return Image.fromarray(np.clip(values * scale, 0, 255).round().astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _refused(path: Path, where: str, why: str) -> ProjectError:
    hint = "Allowed: PNG, JPEG, WebP and what else Pillow reads."
    return ProjectError(Problem(what=f"{path.name} is not a usable picture: {why}.", where=where, hint=hint))
