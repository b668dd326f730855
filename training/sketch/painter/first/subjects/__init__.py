"""The eight things a picture can be of; each painter gets canvas, scene, where its foot stands, and the light."""

from .place import paint_subject

__all__ = ["paint_subject"]
