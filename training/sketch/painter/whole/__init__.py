"""The whole painted world: many subjects, grounds, hours, styles and colour schemes, and the depth of all of it."""

from .draw import draw_scene
from .picture import paint_whole

__all__ = ["draw_scene", "paint_whole"]
