"""A frame's key: a hash of everything the frame was made from, and of the key of the frame before it.

Two frames with equal keys are the same picture, so a stored frame whose key is still the wanted one need not
be painted again, and a change at frame k changes the keys from k on and none before.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _text
from math import isfinite
from typing import Any

import numpy as np

KEY_LENGTH = 64
_MANY = 1000
_REMEMBERED: dict[int, tuple[object, str]] = {}  # the value is kept too, so that its id stays its own
_DOMAIN = "reverie frame 2"  # a new text here makes every frame be painted again


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
        return _written(value)
    except _Refused as refused:
        raise refused.kind(f"value{''.join(reversed(refused.path))}: {refused.why}") from None


class _Refused(Exception):
    """A value without a canonical form. The containers round it add their steps to `path` on the way out."""

    def __init__(self, kind: type[Exception], why: str) -> None:
        super().__init__(why)
        self.kind, self.why = kind, why
        self.path: list[str] = []


def _written(value: object) -> str:
    write = _WRITERS.get(type(value))
    return _other(value) if write is None else write(value)


def _float(value: float) -> str:
    if not isfinite(value):
        raise _Refused(ValueError, f"{value} cannot be part of a frame key; it must be finite")
    return float.__repr__(value + 0.0)  # -0.0 + 0.0 is 0.0


def _sequence(value: Sequence[object]) -> str:
    texts: list[str] = []
    try:
        for item in value:
            texts.append(_written(item))
    except _Refused as refused:
        refused.path.append(f"[{len(texts)}]")
        raise
    return f"[{','.join(texts)}]"


def _mapping(value: Mapping[object, object]) -> str:
    for key in value:
        if not isinstance(key, str):
            raise _Refused(TypeError, f"the keys of a mapping must be text, not {key!r}")
    return _fields((_text(name), value[name]) for name in sorted(str(key) for key in value))


def _fields(fields: Iterable[tuple[str, object]]) -> str:
    """A mapping from its (name as JSON, value), sorted by name."""
    texts: list[str] = []
    label = '""'
    try:
        for label, item in fields:
            texts.append(f"{label}:{_written(item)}")
    except _Refused as refused:
        refused.path.append(f".{json.loads(label)}")
        raise
    return "{" + ",".join(texts) + "}"


@lru_cache(maxsize=1000)
def _names(kind: type) -> tuple[tuple[str, str], ...] | None:
    """(name, name as JSON) of the fields of a dataclass or a NamedTuple, sorted; None for any other class."""
    if dataclasses.is_dataclass(kind):
        names = [field.name for field in dataclasses.fields(kind)]
    elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
        names = list(kind._fields)
    else:
        return None
    return tuple((name, _text(name)) for name in sorted(names))


def _other(value: object) -> str:
    """What is of none of the usual types themselves, but of a class derived from one, or of NumPy, or ours.

    The inputs of a long film hold the same few objects at every frame: what can be hashed, and so cannot change, is
    written once.
    """
    known = _REMEMBERED.get(id(value))
    if known is not None and known[0] is value:
        return known[1]
    text = _otherwise(value)
    with suppress(TypeError):  # what has no hash may change, so it is written again each time
        hash(value)
        if len(_REMEMBERED) >= _MANY:
            _REMEMBERED.clear()
        _REMEMBERED[id(value)] = value, text
    return text


def _otherwise(value: object) -> str:
    kind: Any = type(value)
    if hasattr(kind, "in_key"):
        return _written(kind.in_key(value))
    names = _names(kind)
    if names is not None:
        return _fields((label, getattr(value, name)) for name, label in names)
    if isinstance(value, np.generic):
        return _written(value.item())
    for kinds, write in _KINDS:
        if isinstance(value, kinds):
            return write(value)
    if isinstance(value, bytes | bytearray | memoryview):
        raise _Refused(TypeError, "bytes have no canonical form; give their SHA-256 in hex")
    if isinstance(value, Sequence):
        return _sequence(value)
    raise _Refused(
        TypeError,
        f"a {kind.__name__} has no canonical form; use numbers, text, lists, mappings",
    )


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: _text,
    float: _float,
    int: int.__repr__,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "null",
    tuple: _sequence,
    list: _sequence,
    dict: _mapping,
}
_KINDS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (int, int.__repr__),
    (float, _float),
    (str, lambda value: _text(str.__str__(value))),
    (Mapping, _mapping),
)
