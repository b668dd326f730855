"""Pictures that people bring: every kind is read right, or refused in one clear line."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keyframes import ProjectError
from projects import Picture, load_project
from render.pictures import read_picture

from ..fakes import project_text, render, write_project
from ..pace import within

QUARTERS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]


def quarters(size: int = 64) -> Image.Image:
    """Red, green, blue and yellow, from top left to bottom right."""
    half = size // 2
    pixels = np.zeros((size, size, 3), np.uint8)
    for number, color in enumerate(QUARTERS):
        y, x = divmod(number, 2)
        pixels[y * half : (y + 1) * half, x * half : (x + 1) * half] = color
    return Image.fromarray(pixels)


def corners(picture: Picture) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters."""
    height, width = picture.shape[:2]
    places = [
        (height // 4, width // 4),
        (height // 4, -width // 4),
        (-height // 4, width // 4),
        (-height // 4, -width // 4),
    ]
    return [tuple(int(v) for v in picture[y, x]) for y, x in places]


def saved(folder: Path, image: Image.Image, name: str, **options: object) -> Path:
    image.save(folder / name, **options)  # type: ignore[arg-type]
    return folder / name


def refused(path: Path) -> str:
    with within(1), pytest.raises(ProjectError) as caught:
        read_picture(path, (64, 64))
    (problem,) = caught.value.problems
    assert problem.where == "init_image"
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says it is this big."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.png", "RGB"),
        ("a.webp", "RGB"),
        ("a.bmp", "RGB"),
        ("a.tiff", "RGB"),
        ("a.png", "P"),
        ("a.png", "RGBA"),
        ("a.gif", "P"),
    ],
)
def test_kinds_of_files(home: Path, name: str, mode: str) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    got = read_picture(saved(home, quarters().convert(mode), name, **options), (64, 64))
    assert (got.dtype, got.shape) == (np.uint8, (64, 64, 3))
    assert got.flags.writeable
    assert corners(got) == QUARTERS


def test_jpeg_and_cmyk(home: Path) -> None:
    for mode in ("RGB", "CMYK"):
        got = read_picture(saved(home, quarters().convert(mode), "a.jpg", quality=95), (64, 64))
        for color, expected in zip(corners(got), QUARTERS, strict=True):
            assert np.abs(np.subtract(color, expected)).max() < 12


def test_grey(home: Path) -> None:
    for image in (Image.new("L", (8, 8), 100), Image.new("LA", (8, 8), (100, 255))):
        assert corners(read_picture(saved(home, image, "a.png"), (8, 8))) == [(100, 100, 100)] * 4
    assert corners(read_picture(saved(home, Image.new("1", (8, 8), 1), "a.png"), (8, 8)))[0] == (
        255,
        255,
        255,
    )


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (65535, 255), (32768, 128), (257, 1), (40000, 156)])
def test_16_bit_grey(home: Path, value: int, expected: int) -> None:
    image = Image.fromarray(np.full((8, 8), value, np.uint16))
    for name in ("a.png", "a.tiff"):
        assert corners(read_picture(saved(home, image, name), (8, 8)))[0] == (expected,) * 3


@pytest.mark.parametrize(("value", "expected"), [(0.5, 128), (200.0, 200), (float("nan"), 0)])
def test_float_grey(home: Path, value: float, expected: int) -> None:
    pixels = np.full((8, 8), value, np.float32)
    pixels[0, 0] = 0
    got = read_picture(saved(home, Image.fromarray(pixels), "a.tiff"), (8, 8))
    assert corners(got)[3] == (expected,) * 3


def test_transparency_lies_on_white(home: Path) -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (4, 0, 8, 8))
    image.paste((0, 0, 0, 128), (0, 4, 4, 8))
    got = read_picture(saved(home, image, "a.png"), (8, 8))
    assert corners(got)[0] == (255, 255, 255)
    assert corners(got)[1] == (0, 0, 255)
    assert abs(corners(got)[2][0] - 127) <= 1


def test_a_transparent_color_of_a_palette(home: Path) -> None:
    image = quarters().convert("P", palette=Image.Palette.ADAPTIVE)
    red = image.getpixel((0, 0))
    got = read_picture(saved(home, image, "a.png", transparency=red), (64, 64))
    assert corners(got) == [(255, 255, 255), *QUARTERS[1:]]


@pytest.mark.parametrize(
    ("turn", "order"),
    [
        (1, [0, 1, 2, 3]),
        (2, [1, 0, 3, 2]),
        (3, [3, 2, 1, 0]),
        (4, [2, 3, 0, 1]),
        (6, [2, 0, 3, 1]),
        (8, [1, 3, 0, 2]),
    ],
)
def test_the_turn_of_a_camera(home: Path, turn: int, order: list[int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    got = read_picture(saved(home, quarters(), "a.png", exif=exif), (64, 64))
    assert corners(got) == [QUARTERS[number] for number in order]


def test_a_damaged_turn_is_no_matter(home: Path) -> None:
    path = saved(home, quarters(), "a.png", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\xff")
    assert corners(read_picture(path, (64, 64))) == QUARTERS


def test_the_first_picture_of_an_animation(home: Path) -> None:
    rest = [Image.new("RGB", (64, 64), "black")] * 3
    for name in ("a.gif", "a.png", "a.webp"):
        options = {"lossless": True} if name.endswith("webp") else {}
        path = saved(home, quarters(), name, save_all=True, append_images=rest, **options)
        assert corners(read_picture(path, (64, 64))) == QUARTERS


def test_it_covers_the_film_and_is_not_stretched(home: Path) -> None:
    wide = Image.new("RGB", (200, 100), "red")
    wide.paste((0, 0, 255), (50, 0, 150, 100))
    got = read_picture(saved(home, wide, "a.png"), (32, 32))
    assert got.shape == (32, 32, 3)
    assert got[:, 2:-2].mean((0, 1)).round().tolist() == [0, 0, 255], (
        "the middle is kept, the sides are cut off"
    )
    small = read_picture(saved(home, quarters(8), "b.png"), (64, 48))
    assert small.shape == (48, 64, 3)
    np.testing.assert_allclose(corners(small), QUARTERS, atol=10)  # Lanczos rings beside edges


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot identify"),
        (b"this is text", "cannot identify"),
        (png(30_000, 30_000), "too many"),
        (png(9_600, 9_600), "truncated"),  # big, but not too big; Pillow alone would warn
        (png(2_000_000, 2_000_000), "too many"),
        (png(64, 64), "truncated"),
        (png(64, 64, b"\0" * 100), "truncated"),
        (png(0, 64), ""),
        (b"\x89PNG\r\n\x1a\n", ""),
        (b"GIF89a\x40\0\x40\0", ""),
        (b"\xff\xd8\xff\xe0", ""),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ""),
        (b"II*\0\x08\0\0\0", ""),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n", ""),
        (b"<svg/>", "cannot identify"),
    ],
)
def test_what_is_no_picture_is_refused(home: Path, data: bytes, says: str) -> None:
    (home / "start.png").write_bytes(data)
    said = refused(home / "start.png")
    assert "start.png is not a usable picture" in said
    assert says in said


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_picture_is_refused(home: Path, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    for form in ("PNG", "JPEG", "GIF", "TIFF"):
        buffer = io.BytesIO()
        noise.save(buffer, form)
        data = buffer.getvalue()
        (home / "start.png").write_bytes(data[: int(len(data) * share)])
        refused(home / "start.png")


def test_a_refused_picture_stops_a_render_before_anything_is_painted(home: Path) -> None:
    (home / "start.png").write_text("text")
    project = load_project(write_project(home, project_text(3, top='init_image = "start.png"')))
    with pytest.raises(ProjectError, match=r"start\.png is not a usable picture"):
        render(project)
    assert not list(project.take_folder.glob("frames/*"))
