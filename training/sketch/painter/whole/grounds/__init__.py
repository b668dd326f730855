"""What a picture stands on, with what rises behind it."""

from .ground import paint_backdrop, paint_ground

__all__ = ["paint_backdrop", "paint_ground"]
