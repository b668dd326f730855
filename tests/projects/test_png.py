"""PNG frames: what goes in comes out, and nothing damaged comes out as a picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keyframes.errors import ProjectError, RenderError
from projects.png import Picture, decode_png, encode_png, read_text


def noise(height: int, width: int, seed: int = 0) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def png_of(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (77, 101), (512, 513), (2, 4096)])
def test_round_trip_is_exact(size: tuple[int, int]) -> None:
    picture = noise(*size)
    back = decode_png(encode_png(picture))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, picture)
    back[0, 0] = 7  # one's own copy, writable


def test_views_and_other_layouts_are_stored_as_seen() -> None:
    picture = noise(20, 30)
    for view in (picture[::-1], picture[:, ::2], picture[..., ::-1], np.asfortranarray(picture)):
        np.testing.assert_array_equal(decode_png(encode_png(view)), view)


def test_bytes_are_a_function_of_the_input() -> None:
    text = {"prompt": "a", "key": "b"}
    assert encode_png(noise(40, 40), text) == encode_png(noise(40, 40), dict(text))
    assert encode_png(noise(40, 40), text) != encode_png(noise(40, 40), {**text, "key": "c"})


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        [[1, 2, 3]],
    ],
)
def test_other_pictures_are_refused(picture: Picture) -> None:
    with pytest.raises(ValueError, match=r"uint8 \(H, W, 3\)"):
        encode_png(picture)


@settings(max_examples=30)
@given(text=st.dictionaries(st.sampled_from(["prompt", "reverie project", "parameters"]), st.text()))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, text: dict[str, str]) -> None:
    path = tmp_path_factory.getbasetemp() / "text.png"
    path.write_bytes(encode_png(noise(3, 3), text))
    assert read_text(path) == text
    np.testing.assert_array_equal(decode_png(path.read_bytes()), noise(3, 3))


def test_long_text_comes_back_without_decoding_pixels(tmp_path: Path) -> None:
    text = {"project": "zeile\r\n🎈 \x1b[31m {} %s\n" * 50_000, "empty": ""}
    data = encode_png(noise(200, 200), text)
    path = tmp_path / "cut.png"
    path.write_bytes(data[:-20_000])  # the pixels are cut; the text before them is whole
    assert len(text["project"]) > 1_000_000
    assert read_text(path) == text


@pytest.mark.parametrize("key", ["", "x" * 80, "a\0b", " a", "é", "a\nb"])
def test_text_keys_that_png_cannot_hold(key: str) -> None:
    with pytest.raises(ValueError, match="PNG text key"):
        encode_png(noise(2, 2), {key: "x"})


def test_text_that_is_no_unicode() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        encode_png(noise(2, 2), {"prompt": "\ud800"})


@pytest.mark.parametrize("part", [0.0, 0.01, 0.1, 0.5, 0.9])
def test_cut_files_are_found(part: float) -> None:
    data = encode_png(noise(64, 64))
    with pytest.raises(RenderError, match=r"frames/000007.png is damaged"):
        decode_png(data[: int(len(data) * part)], name="frames/000007.png")


def test_a_missing_end_and_a_tail_are_found() -> None:
    data = encode_png(noise(64, 64))
    for damaged in (data[:-12], data[:-1], data + b"\0" * 512, data[:-4096] + b"\0" * 4096):
        with pytest.raises(RenderError, match="damaged"):
            decode_png(damaged)


def test_every_flipped_bit_is_found() -> None:
    data = encode_png(noise(8, 8), {"prompt": "sea"})
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1 << (position % 8)
        with pytest.raises(RenderError):
            decode_png(bytes(damaged))


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "I;16", "1", "LA"])
def test_other_modes_are_no_frames(mode: str) -> None:
    with pytest.raises(RenderError, match="8-bit RGB"):
        decode_png(png_of(Image.new(mode, (4, 4))))


def test_animations_are_no_frames() -> None:
    pages = [Image.new("RGB", (4, 4), shade) for shade in ("red", "blue")]
    with pytest.raises(RenderError, match="still"):
        decode_png(png_of(pages[0], save_all=True, append_images=pages[1:]))


def test_text_of_what_is_no_png(tmp_path: Path) -> None:
    path = tmp_path / "words.png"
    path.write_text("hello")
    with pytest.raises(RenderError, match="not a readable PNG"):
        read_text(path)
    with pytest.raises(ProjectError, match="no such file"):
        read_text(tmp_path / "none.png")
