"""The command line: `reverie`."""

from .app import main

__all__ = ["main"]
