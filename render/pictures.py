"""Pictures that people bring: read whatever the format, brought to the film's size."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from keyframes import Problem, ProjectError, ReverieError
from projects import Picture

MAX_PIXELS = 100_000_000
# Not all that Pillow knows: some formats start other programs (EPS) or are seldom read (and seldom checked) code.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")


def read_picture(path: Path, size: tuple[int, int], *, where: str = "init_image") -> Picture:
    """A picture file as uint8 (H, W, 3) RGB of `size` (width, height).

    The EXIF turn is applied, transparency laid on white, CMYK, 16 bit and animations (first picture) read as RGB. It
    is scaled to cover the size (Lanczos) and cropped about its middle, never stretched.
    Raises ProjectError for a file that is not a picture or has more than 100 million pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on odd files; what it cannot read it raises
            with Image.open(path, formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _refused(path, where, f"{image.width} x {image.height} pixels are too many")
                upright: Image.Image = ImageOps.exif_transpose(image)
                fitted = ImageOps.fit(_rgb(upright), size, Image.Resampling.LANCZOS)
        return np.array(fitted)  # a copy that can be written to, which torch wants
    except ReverieError:
        raise
    except Image.DecompressionBombError as error:
        raise _refused(path, where, f"it has too many pixels; at most {MAX_PIXELS:,}") from error
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, struct.error) as error:
        raise _refused(path, where, str(error).partition("\n")[0]) from error


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        values = np.nan_to_num(np.asarray(image, dtype=np.float64))
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
    hint = "Allowed: PNG, JPEG, WebP, GIF, BMP, TIFF and PPM."
    return ProjectError(Problem(what=f"{path.name} is not a usable picture: {why}.", where=where, hint=hint))
