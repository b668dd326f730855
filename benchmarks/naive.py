"""The loop as it is usually written, around a diffusers pipeline: one thing after the other, on one
thread.

Written from the described behaviour of Deforum, with none of its code. Each frame goes from the device to
PIL, to OpenCV in 8 bits, is warped and matched in colour there, and goes back through PIL; its prompts
are encoded again; the pipeline sets up its scheduler again; the picture is matched in colour again and
saved as a PNG. When all are there, ffmpeg reads the PNGs.

What Deforum also does and this does not, so as not to look worse than a careful user would be: depth,
Perlin noise in slow tiles, emptying the device's memory after each frame.
"""

from __future__ import annotations

import subprocess
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage.exposure import match_histograms

from motion import Move
from projects import Row
from render.ffmpeg import find_ffmpeg
from render.resolve import ResolvedProject

from .segment import Segment, counting

Bgr = NDArray[np.uint8]


class NaiveLoop:
    """Renders the film of `film` with a diffusers img2img pipeline."""

    def __init__(self, film: ResolvedProject, pipe: Any) -> None:
        self._film, self._pipe = film, pipe
        self._anchor: Bgr | None = None

    def render(self, folder: Path) -> Segment:
        """Paint all frames into `folder`, then make film.mp4 of them."""
        folder.mkdir(parents=True)
        self._anchor = None
        picture = _to_bgr(Image.open(self._film.project.folder / "start.png"))
        with counting(self._pipe.unet) as asked:
            stamps = [time.perf_counter()]
            for row in self._film.rows:
                picture = self._frame(picture, row)
                _to_pil(picture).save(folder / f"{row.frame:06d}.png")
                stamps.append(time.perf_counter())
        self._assemble(folder)
        end = time.perf_counter()
        gaps = tuple(later - sooner for sooner, later in pairwise(stamps))
        return Segment(before=0.0, gaps=gaps, after=end - stamps[-1], evaluations=asked.value)

    def _frame(self, before: Bgr, row: Row) -> Bgr:
        if row.frame:
            before = self._matched(self.moved(before, _move(row)))
        painted = self._matched(_to_bgr(self._painted(_to_pil(before), row)))
        if self._anchor is None:
            self._anchor = painted
        return painted

    def moved(self, picture: Bgr, move: Move) -> Bgr:
        """The picture moved by the camera, bilinearly, its edge repeated."""
        width, height = self._film.size
        center = (width * move.transform_center_x, height * move.transform_center_y)
        turn = np.vstack([cv2.getRotationMatrix2D(center, move.angle, move.zoom), (0, 0, 1)])
        shift = np.array(
            [[1, 0, move.translation_x], [0, 1, move.translation_y], [0, 0, 1]], dtype=np.float64
        )
        moved = cv2.warpPerspective(
            picture, turn @ shift, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(moved, dtype=np.uint8)

    def _matched(self, picture: Bgr) -> Bgr:
        if self._anchor is None:
            return picture
        return match_lab(picture, self._anchor)

    def _painted(self, picture: Image.Image, row: Row) -> Image.Image:
        file = self._film.project.file
        painted: Image.Image = self._pipe(
            prompt=row.prompt.parts[0].mix[0].text,
            image=picture,
            strength=row.diffusion.strength,
            num_inference_steps=row.diffusion.steps,
            guidance_scale=row.diffusion.cfg_scale,
            generator=torch.Generator("cpu").manual_seed(file.seed + row.frame),
        ).images[0]
        return painted

    def _assemble(self, folder: Path) -> None:
        file = self._film.project.file
        quality = ["-c:v", "libx264", "-crf", str(file.output.crf), "-preset", file.output.preset]
        command = [str(find_ffmpeg()), "-v", "error", "-y", "-framerate", f"{file.fps:g}"]
        command += ["-i", str(folder / "%06d.png"), *quality, "-pix_fmt", "yuv420p", str(folder / "film.mp4")]
        subprocess.run(command, check=True)


def match_lab(picture: Bgr, reference: Bgr) -> Bgr:
    """Give a picture another's colours: the LAB histograms, channel by channel, with scikit-image."""
    labs = [cv2.cvtColor(each, cv2.COLOR_BGR2LAB) for each in (picture, reference)]
    matched = match_histograms(*labs, channel_axis=-1)
    return np.asarray(cv2.cvtColor(matched, cv2.COLOR_LAB2BGR), dtype=np.uint8)


def _to_bgr(image: Image.Image) -> Bgr:
    return np.asarray(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR), dtype=np.uint8)


def _to_pil(picture: Bgr) -> Image.Image:
    return Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


def _move(row: Row) -> Move:
    """The 2D move of a row."""
    lanes = ("angle", "zoom", "translation_x", "translation_y", "transform_center_x", "transform_center_y")
    return Move(**{lane: getattr(row.motion, lane) for lane in lanes})
