"""Keeping a film together from frame to frame: colour, noise, contrast, sharpness; and reproducible
randomness."""

from render.color.contrast import adjust_contrast, unsharp
from render.color.detail_bands import detail_of, match_detail
from render.color.grain import NOISES, Noise, add_noise, make_noise
from render.color.mirrors import SYMMETRIES, Symmetry, saturate, symmetric
from render.color.palettes import METHODS, Method, Palette, match_color, palette
from render.color.spaces import SPACES, Space

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
