"""Keeping a film together from frame to frame: colour, noise, contrast, sharpness; and reproducible
randomness."""

from render.coherence.bands import detail_of, match_detail
from render.coherence.color import METHODS, Method, Palette, match_color, palette
from render.coherence.detail import adjust_contrast, unsharp
from render.coherence.mirrors import SYMMETRIES, Symmetry, saturate, symmetric
from render.coherence.noise import NOISES, Noise, add_noise, make_noise
from render.coherence.randomness import generator
from render.coherence.spaces import SPACES, Space

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
    "generator",
    "make_noise",
    "match_color",
    "match_detail",
    "palette",
    "saturate",
    "symmetric",
    "unsharp",
]
