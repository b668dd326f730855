"""Packages that a test wants to be there, or not to be there, whatever is installed."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

import pytest


def missing(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Make packages look as if they were not installed."""
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


def present(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Make packages look as if they were installed; nothing is in those that are not."""
    for name in names:
        if find_spec(name) is None:
            module = ModuleType(name)
            module.__spec__ = ModuleSpec(name, None)
            monkeypatch.setitem(sys.modules, name, module)
