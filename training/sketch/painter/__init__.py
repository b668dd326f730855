"""The procedural painter: pictures with captions, by seed."""

from .paint import Painting, caption, draw_scene, paint
from .scene import Figure, Scene, load_scene, subject_box
from .vocabulary import FIRST, SMALL, WHOLE, WORLDS, Vocabulary

__all__ = [
    "FIRST",
    "SMALL",
    "WHOLE",
    "WORLDS",
    "Figure",
    "Painting",
    "Scene",
    "Vocabulary",
    "caption",
    "draw_scene",
    "load_scene",
    "paint",
    "subject_box",
]
