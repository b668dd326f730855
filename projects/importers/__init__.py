"""Importers: the settings files of other programs as projects, with an account of every setting."""

from .importing import Imported, convert, import_settings
from .report import Note, Report

__all__ = ["Imported", "Note", "Report", "convert", "import_settings"]
