"""A project with everything found, fingerprinted and checked, and a value for every lane at every frame."""

from render.resolve.resolve import resolve
from render.resolve.resolved import ResolvedProject

__all__ = ["ResolvedProject", "resolve"]
