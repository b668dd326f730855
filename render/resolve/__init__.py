"""A project with everything found, fingerprinted and checked, and a value for every lane at every frame."""

from render.resolve.resolve import ResolvedProject, resolve

__all__ = ["ResolvedProject", "resolve"]
