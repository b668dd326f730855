"""The first painted world: 8 subjects, 4 grounds, 4 lights, 3 styles.

It is kept as it was, byte for byte, because the shipped model was trained on it and its sets are read again when
that training goes on. When a model trained on the whole world ships, this folder can go.
"""

from .picture import paint_first
from .world import EXTRAS, GROUNDS, LIGHTS, STYLES, SUBJECTS, caption, draw_scene

__all__ = ["EXTRAS", "GROUNDS", "LIGHTS", "STYLES", "SUBJECTS", "caption", "draw_scene", "paint_first"]
