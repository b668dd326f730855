"""The pictures, clips and networks that golden projects name, written into a folder, the same ones every time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from projects.png import encode_png

from ..fakes import fake_model
from ..tiny import tiny_sd
from ..tiny_control import tiny_control

SIZE = (64, 48)  # (width, height): not square, so that no axis is taken for the other
CLIP_LENGTH = 8


def write_inputs(folder: Path) -> Path:
    """Write them all."""
    fake_model(folder / "fake")
    fake_model(folder / "second", strength=0.7, steps=6)
    tiny_sd(folder / "tiny")
    tiny_control(folder / "edges", "sd")
    rng = np.random.default_rng(1)
    for name in ("clip", "depths", "masks", "hints"):
        (folder / name).mkdir()
    scene, far = _blurred(rng, (3 * SIZE[1], 3 * SIZE[0], 3), 3), _blurred(rng, (3 * SIZE[1], 3 * SIZE[0]), 9)
    for number in range(
        CLIP_LENGTH
    ):  # a window that wanders over a larger scene, so that there is flow to find
        x, y = 20 + 3 * number, 16 + 2 * number
        window = (slice(y, y + SIZE[1]), slice(x, x + SIZE[0]))
        _write(folder / f"clip/{number:04d}.png", scene[window])
        _write(folder / f"depths/{number:04d}.png", far[window])
        _write(folder / f"masks/{number:04d}.png", far[y : y + SIZE[1], 2 * x : 2 * x + SIZE[0]])
        _write(folder / f"hints/{number:04d}.png", scene[2 * y : 2 * y + SIZE[1], x : x + SIZE[0]])
    _write(folder / "init.png", _blurred(rng, (SIZE[1], SIZE[0], 3), 2))
    _write(folder / "guide.png", _blurred(rng, (SIZE[1], SIZE[0], 3), 4))
    _write(folder / "later.png", _blurred(rng, (60, 60, 3), 4))
    _write(folder / "palette.png", _blurred(rng, (30, 40, 3), 5) // 2)
    _write(folder / "depth.png", _blurred(rng, (SIZE[1], SIZE[0]), 8))
    _write(folder / "sky.png", _blurred(rng, (SIZE[1], SIZE[0]), 5))
    return folder


def _blurred(rng: np.random.Generator, shape: tuple[int, ...], sigma: float) -> NDArray[np.uint8]:
    """Noise blurred, stretched from black to white."""
    soft = cv2.GaussianBlur(rng.random(shape, dtype=np.float32), (0, 0), sigma)
    low, high = soft.min(), soft.max()
    return np.clip((soft - low) / (high - low) * 255, 0, 255).astype(np.uint8)


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    colored = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, 2)
    path.write_bytes(encode_png(np.ascontiguousarray(colored)))
