"""Keeping a film together from frame to frame: colour, noise, contrast, sharpness, symmetry."""

from render.color.channels import SPACES, Space
from render.color.contrast import adjust_contrast, detail_of, match_detail, saturate, unsharp
from render.color.grain import NOISES, Noise, add_noise, make_noise
from render.color.mirrors import SYMMETRIES, Symmetry, symmetric
from render.color.palettes import METHODS, Method, Palette, match_color, palette

__all__ = [
    "METHODS",
    "NOISES",
    "SPACES",
    "SYMMETRIES",
    "Method",
    "Noise",
    "Palette",
    "Space",
    "Symmetry",
    "add_noise",
    "adjust_contrast",
    "detail_of",
    "make_noise",
    "match_color",
    "match_detail",
    "palette",
    "saturate",
    "symmetric",
    "unsharp",
]
