"""What a picture can be of; each painter gets a pen that stands where the subject stands."""

from .catalog import KINDS, Kind

__all__ = ["KINDS", "Kind"]
