"""A frame's key: a hash of everything the frame was made from, and of the key of the frame before it.

Two frames with equal keys are the same picture, so a stored frame whose key is still the wanted one need not
be painted again, and a change at frame k changes the keys from k on and none before.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np

KEY_LENGTH = 64
_MANY = 1000
_REMEMBERED: dict[int, tuple[object, object]] = {}  # the value is kept too, so that its id stays its own
_DOMAIN = "reverie frame 2"  # a new text here makes every frame be painted again
_write = json.JSONEncoder(separators=(",", ":"), sort_keys=True, allow_nan=False).encode


def frame_key(parts: Sequence[str], before: str | None) -> str:
    """The SHA-256, in hex, of what a frame is made of, each part as `canonical` writes it, and of the key of the frame
    that it is made from (None for a frame that has none).

    Raises ValueError for a malformed key.
    """
    if before is not None and not is_key(before):
        raise ValueError(f"a frame key is {KEY_LENGTH} lower-case hex digits, not {before!r}")
    text = "\n".join([_DOMAIN, before or "", *parts])
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def is_key(text: object) -> bool:
    """Whether `text` has the form of a key (or of any SHA-256 in hex)."""
    return isinstance(text, str) and len(text) == KEY_LENGTH and not text.strip("0123456789abcdef")


def canonical(value: object) -> str:
    """`value` as ASCII JSON in one form only: keys sorted, no spaces, the shortest float that reads back the
    same.

    Takes None, bool, int, float, str, NumPy scalars, sequences, mappings with text keys, and dataclasses and
    NamedTuples (as mappings of their fields). An object with a method `in_key()` is written as what that returns: a
    file as its digest. -0.0 is written as 0.0; 1 and 1.0 differ.
    Raises TypeError for anything else and ValueError for NaN and infinity, naming the place.
    """
    try:
        plain = _plain(value)
        return (
            repr(plain) if type(plain) in _NUMBERS else _write(plain)
        )  # as json writes them, in a third of the time
    except _Refused as refused:
        raise refused.kind(f"value{''.join(reversed(refused.path))}: {refused.why}") from None


class _Refused(Exception):
    """A value without a canonical form. The containers round it add their steps to `path` on the way out."""

    def __init__(self, kind: type[Exception], why: str) -> None:
        super().__init__(why)
        self.kind, self.why = kind, why
        self.path: list[str] = []


def _plain(value: object) -> object:
    """`value` in lists, dicts, text, numbers, bools and None."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        return _finite(value)  # type: ignore[arg-type]
    if kind is tuple or kind is list:
        return _list(value)  # type: ignore[arg-type]
    known = _REMEMBERED.get(id(value))
    if known is not None and known[0] is value:
        return known[1]
    plain = _other(value)
    with suppress(TypeError):  # what has no hash may change, so it is looked at again each time
        hash(value)
        if len(_REMEMBERED) >= _MANY:
            _REMEMBERED.clear()
        _REMEMBERED[id(value)] = value, plain
    return plain


_PLAIN = frozenset({str, int, bool, type(None)})
_NUMBERS = frozenset({int, float})


def _finite(value: float) -> float:
    if not isfinite(value):
        raise _Refused(ValueError, f"{value} cannot be part of a frame key; it must be finite")
    return float(value) + 0.0  # -0.0 + 0.0 is 0.0


def _list(value: Sequence[object]) -> list[object]:
    plain: list[object] = []
    try:
        for item in value:
            plain.append(item if type(item) in _PLAIN else _plain(item))
    except _Refused as refused:
        refused.path.append(f"[{len(plain)}]")
        raise
    return plain


def _dict(fields: Iterable[tuple[object, object]]) -> dict[str, object]:
    plain: dict[str, object] = {}
    name: object = ""
    try:
        for name, item in fields:
            if not isinstance(name, str):
                break
            plain[str(name)] = item if type(item) in _PLAIN else _plain(item)
        else:
            return plain
    except _Refused as refused:
        refused.path.append(f".{name}")
        raise
    raise _Refused(TypeError, f"the keys of a mapping must be text, not {name!r}")


@lru_cache(maxsize=1000)
def _names(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass or a NamedTuple; None for any other class."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return tuple(kind._fields) if issubclass(kind, tuple) and hasattr(kind, "_fields") else None


def _other(value: object) -> object:
    """A value that is not exactly of a usual type: of a subclass, of NumPy, or one of our classes."""
    kind: Any = type(value)
    if hasattr(kind, "in_key"):
        return _plain(kind.in_key(value))
    names = _names(kind)
    if names is not None:
        return _dict((name, getattr(value, name)) for name in names)
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return _dict(value.items())
    if isinstance(value, bytes | bytearray | memoryview):
        raise _Refused(TypeError, "bytes have no canonical form; give their SHA-256 in hex")
    if isinstance(value, Sequence):
        return _list(value)
    why = f"a {kind.__name__} has no canonical form; use numbers, text, lists, mappings"
    raise _Refused(TypeError, why)
