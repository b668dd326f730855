"""The film that is rendered for measuring: a small project, painted over an init image, with a moving
camera.

Frame 0 has an init image so that every frame costs the same: as many evaluations of the denoiser as the
strength says. It has no negative prompt: a denoiser that guides itself would be asked twice for it by us,
and diffusers' pipeline would not heed it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from projects import Project, read_project
from render.diffusion import ModelDefaults

NAME = "bench"
_PROMPTS = (
    "a lighthouse by the sea at sunset, oil painting",
    "a lighthouse by the sea at night under the stars, oil painting",
)
Style = Literal["comparable", "usual", "full"]
# comparable: what both loops can do in the same way. usual: what a new project has. full: every stage.
_STYLES: Mapping[Style, str] = {
    "comparable": """sampling = "bilinear"
[coherence]
color_match = "lab"
color_method = "histogram"
color_amount = 1""",
    "usual": "",
    "full": """[coherence]
color_match = "lab"
color_amount = 1
noise = 0.02
noise_type = "perlin"
contrast = 0.98
antiblur_amount = 0.1""",
}


@dataclass(frozen=True, kw_only=True)
class FilmSettings:
    """What is rendered. model: as a project names it. size: (width, height)."""

    model: str
    size: tuple[int, int]
    frames: int
    steps: int
    strength: float
    cfg_scale: float

    @staticmethod
    def of(model: str, defaults: ModelDefaults, *, size: int | None, frames: int) -> FilmSettings:
        """A model's own settings, in a square of `size` pixels or of its own size."""
        side = size or defaults.size
        return FilmSettings(
            model=model,
            size=(side, side),
            frames=frames,
            steps=defaults.steps,
            strength=defaults.strength,
            cfg_scale=defaults.cfg_scale,
        )


def make_project(settings: FilmSettings, folder: Path, *, style: Style) -> Project:
    """The project in `folder`, checked."""
    folder.mkdir(parents=True, exist_ok=True)
    _start_picture(settings.size).save(folder / "start.png")
    text = f"""
frames = {settings.frames}
seed = 7
size = [{settings.size[0]}, {settings.size[1]}]
model = {json.dumps(settings.model)}
init_image = "start.png"

[prompts]
0 = "{_PROMPTS[0]}"
{max(settings.frames // 2, 1)} = "{_PROMPTS[1]}"
blend = "{"hold" if style == "comparable" else "linear"}"

[diffusion]
steps = {settings.steps}
strength = {settings.strength}
cfg_scale = {settings.cfg_scale}

[motion]
border = "replicate"
zoom = "0: (1.0), 8: (1.02)"
angle = "0: (0.6*sin(2*pi*t/30))"
translation_x = 1
{_STYLES[style]}
"""
    return read_project(text, name=f"{NAME}.toml", folder=folder)


def _start_picture(size: tuple[int, int]) -> Image.Image:
    """Soft coloured waves with a little grain: something that compresses like a painting."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width] / max(size)
    waves = [np.sin(7 * x + 3 * y), np.sin(5 * y - 2 * x + 1), np.cos(4 * x * y + 2)]
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 3))
    return Image.fromarray((127 + 90 * np.stack(waves, 2) + grain).clip(0, 255).astype(np.uint8))
