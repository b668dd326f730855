"""How the hand moves: the finished scene in one of thirteen styles."""

from .catalog import STYLES

__all__ = ["STYLES"]
