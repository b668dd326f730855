"""Deforum's methods of optical flow by their names here."""

from __future__ import annotations

from importlib.util import find_spec

from .settings import Given

_FLOWS = {"": "dis", "dis medium": "dis", "dis fine": "dis-fine", "farneback": "farneback"}
_NO_RAFT = (
    'RAFT needs torchvision, which is not installed here: DIS is taken; with it, "raft" can be written.'
)


def flow_of(given: Given, name: str) -> str:
    """The method that a setting names. RAFT is taken where its package is installed; what becomes another is noted."""
    value = str(given.values.get(name) or "")[:100].strip()
    method = value.casefold()
    if method == "raft" and find_spec("torchvision") is not None:
        return "raft"
    if method not in _FLOWS:
        why = _NO_RAFT if method == "raft" else "this flow is not here: DIS is taken."
        given.report.note(name, "changed", why, value)
    return _FLOWS.get(method, "dis")
