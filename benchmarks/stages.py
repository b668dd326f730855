"""Single stages, each against what one would use instead: the timeline, the warp, the colours, the files."""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import kornia
import numpy as np
import torch
from PIL import Image

from keyframes import Clock, LaneSpec, PromptSource, compile_timeline
from motion import Compat, Move, Sampling, ground, matrix2d, warp, warp_matrix
from projects import Picture
from projects.png import encode_png
from render.color import Method, add_noise, match_color, palette
from render.ffmpeg import find_ffmpeg
from render.previews import test_card
from render.tensors import to_tensor
from render.video.containers import Quality
from render.video.encode import encode

from .models import waiter
from .naive import match_lab
from .naive3d import moved_in_space
from .naive_noise import noisy
from .pairs import Pairs, in_turn, timed
from .tables import ms, table

_MOVE = Move(angle=0.6, zoom=1.02, translation_x=1.0)
_FPS, _CRF, _PRESET = 15, 17, "medium"
_EXPRESSION = "0: (1.0), 60: (1.02 + 0.01*sin(2*pi*t/30)), 50%: (1.0 + 0.02*cos(t/{n}))"
_KEYS = "0: (0), 10: ({n}), 25%: (-1.5), 75%: (2), 100%: (0)"


def timeline_report(frames: int, lanes: int) -> str:
    """Seconds to parse and evaluate `lanes` lanes over `frames` frames; half expressions, half plain keys."""
    specs = [LaneSpec(name=f"lane_{n}", default=0.0) for n in range(lanes)]
    given = {f"lane_{n}": (_EXPRESSION if n % 2 else _KEYS).format(n=n + 1) for n in range(lanes)}
    prompts = PromptSource(prompts={str(n * frames // 10): f"a lighthouse, part {n}" for n in range(10)})
    clock = Clock(frames=frames, fps=_FPS)

    def compiled() -> object:
        return compile_timeline(clock, specs, given, prompts)

    compiled()
    taken = timed(compiled, waiter(torch.device("cpu")), 1)
    what = f"{frames:,} frames, {lanes} lanes (half of them expressions), 10 prompts"
    return f"Timeline: {what}: {ms(taken)} ms"


def stages_report(size: tuple[int, int], device: torch.device, *, pairs: int, folder: Path) -> str:
    """A table of all stages at one picture size."""
    rows = [
        *_warps(size, device, pairs),
        *_warps_in_space(size, device, pairs),
        *_colors(size, device, pairs),
        _grain(size, device, pairs),
        *_pngs(size, pairs, folder),
        _film(size, pairs, folder),
    ]
    width, height = size
    head = ("", "ours, ms", "other, ms", "other / ours, median (range)")
    return f"{width}x{height}, {pairs} pairs each\n\n{table(head, rows)}"


def _warps(size: tuple[int, int], device: torch.device, pairs: int) -> list[list[str]]:
    """All are given the matrix. Ours makes the coverage mask too; the others, but for one row, the picture alone."""
    picture = test_card(size)
    tensor, wait = to_tensor(picture, device), waiter(device)
    matrix = matrix2d(_MOVE, size)
    single = matrix.numpy()
    floats = tensor[0].permute(1, 2, 0).cpu().numpy()

    def by_cv2(source: Picture | np.ndarray, flags: int) -> Callable[[], object]:
        return lambda: cv2.warpPerspective(source, single, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)

    def by_cv2_with_coverage() -> object:
        white = np.ones((size[1], size[0]), np.float32)
        covered = cv2.warpPerspective(white, single, size, borderMode=cv2.BORDER_CONSTANT)
        return by_cv2(floats, linear)(), covered

    def by_kornia() -> object:
        moved = matrix[None].to(device, torch.float32)
        return kornia.geometry.warp_perspective(
            tensor, moved, (size[1], size[0]), padding_mode="border", align_corners=True
        )

    def ours(sampling: Sampling) -> Callable[[], object]:
        return lambda: warp_matrix(tensor, matrix, sampling=sampling)

    linear, cubic = cv2.INTER_LINEAR, cv2.INTER_CUBIC
    compared = {
        "warp, bilinear; OpenCV on 8 bit": (ours("bilinear"), by_cv2(picture, linear)),
        "warp, bilinear; OpenCV on float32": (ours("bilinear"), by_cv2(floats, linear)),
        "warp, bilinear; OpenCV on float32, coverage too": (ours("bilinear"), by_cv2_with_coverage),
        "warp, bilinear; kornia": (ours("bilinear"), by_kornia),
        "warp, bicubic; OpenCV on float32": (ours("bicubic"), by_cv2(floats, cubic)),
    }
    return [_row(name, *both, pairs, wait) for name, both in compared.items()]


def _warps_in_space(size: tuple[int, int], device: torch.device, pairs: int) -> list[list[str]]:
    """A flight over open country with a wall in it. Ours starts from the loop's tensor, theirs from 8 bits."""
    picture, move = test_card(size), Move(translation_z=8, rotation_3d_y=0.5, rotation_3d_z=0.3)
    depth = ground(size, near=1, far=50).to(device)
    depth[..., size[1] // 3 : size[1] // 2, size[0] // 3 : size[0] // 2] = 2
    tensor = to_tensor(picture, device)

    def ours(compat: Compat) -> Callable[[], object]:
        return lambda: warp(tensor, [move], mode="3d", depth=depth, sampling="bicubic", compat=compat)

    def ancestors() -> object:
        return moved_in_space(picture, depth[0, 0], move)

    rows: tuple[tuple[str, Compat], ...] = (("a pinhole camera", "none"), ("their own flow", "deforum"))
    return [
        _row(f"warp in space, {name}; the ancestors' way", ours(compat), ancestors, pairs, waiter(device))
        for name, compat in rows
    ]


def _colors(size: tuple[int, int], device: torch.device, pairs: int) -> list[list[str]]:
    """Ours measures the reference once and works on the device's floats; scikit-image does so on 8 bits."""
    picture, reference = test_card(size), np.ascontiguousarray(test_card(size)[::-1] // 2)
    tensor, anchor = to_tensor(picture, device), to_tensor(reference, device)

    def ours(method: Method) -> Callable[[], object]:
        known = palette(anchor, space="lab", method=method)
        return lambda: match_color(tensor, known, space="lab", method=method)

    def by_skimage() -> object:
        return match_lab(picture, reference)

    methods: tuple[Method, ...] = ("histogram", "mean")
    name = "colour match in LAB, {}; OpenCV and scikit-image's histograms"
    return [_row(name.format(m), ours(m), by_skimage, pairs, waiter(device)) for m in methods]


def _grain(size: tuple[int, int], device: torch.device, pairs: int) -> list[str]:
    """Perlin grain added to a picture: ours with matrix products, theirs with repeated lattices."""
    picture = test_card(size)
    tensor = to_tensor(picture, device)

    def ours() -> object:
        return add_noise(tensor, kind="perlin", amount=0.02, seed=7, frame=1)

    return _row(
        "Perlin noise; the ancestors' way", ours, lambda: noisy(picture, 0.065, 7), pairs, waiter(device)
    )


def _pngs(size: tuple[int, int], pairs: int, folder: Path) -> list[list[str]]:
    picture, at = _painting(size), folder / "stage.png"

    def by_pillow() -> None:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG")
        at.write_bytes(buffer.getvalue())

    def ours() -> None:
        at.write_bytes(encode_png(picture))

    return [_row("PNG; Pillow's defaults", ours, by_pillow, pairs, waiter(torch.device("cpu")))]


def _film(size: tuple[int, int], pairs: int, folder: Path, frames: int = 12) -> list[str]:
    """From pictures in memory to a film: raw frames by a pipe, or PNGs that ffmpeg reads."""
    pictures = [np.roll(_painting(size), 2 * n, axis=1) for n in range(frames)]

    def ours() -> None:
        encode(pictures, folder / "ours.mp4", fps=_FPS, quality=Quality(crf=_CRF, preset=_PRESET))

    def by_files() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            for n, picture in enumerate(pictures):
                Image.fromarray(picture).save(Path(place) / f"{n:06d}.png")
            quality = ["-c:v", "libx264", "-crf", str(_CRF), "-preset", _PRESET, "-pix_fmt", "yuv420p"]
            files = ["-framerate", str(_FPS), "-i", f"{place}/%06d.png"]
            command = [str(find_ffmpeg()), "-v", "error", "-y", *files, *quality, f"{place}/film.mp4"]
            subprocess.run(command, check=True)

    made = in_turn(ours, by_files, pairs=min(pairs, 5), wait=waiter(torch.device("cpu")))
    per_frame = Pairs(ours=[s / frames for s in made.ours], other=[s / frames for s in made.other])
    return [f"MP4 of {frames} frames, per frame; PNGs by Pillow, then ffmpeg", *per_frame.cells()]


def _row(
    name: str, ours: Callable[[], object], other: Callable[[], object], pairs: int, wait: Callable[[], None]
) -> list[str]:
    with torch.inference_mode():
        return [name, *in_turn(ours, other, pairs=pairs, wait=wait).cells()]


def _painting(size: tuple[int, int]) -> Picture:
    """A picture with the grain that painted frames have: flat colours would flatter any codec."""
    grain = np.random.default_rng(0).normal(0, 6, (size[1], size[0], 3))
    return (test_card(size) + grain).clip(0, 255).astype(np.uint8)
