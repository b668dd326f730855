"""The procedural painter: pictures with captions, by seed."""

from .paint import Painting, paint
from .world import GROUNDS, LIGHTS, STYLES, SUBJECTS, Scene, caption, draw_scene

__all__ = ["GROUNDS", "LIGHTS", "STYLES", "SUBJECTS", "Painting", "Scene", "caption", "draw_scene", "paint"]
