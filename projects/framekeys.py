"""A frame's key: a hash of everything the frame was made from, and of the key of the frame before it.

Two frames with equal keys are the same picture, so a stored frame whose key is still the wanted one need not
be painted again, and a change at frame k changes the keys from k on and none before.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

KEY_LENGTH = 64
_DOMAIN = "reverie frame 1\n"  # another text here and every frame is painted anew


def frame_key(inputs: Mapping[str, object], predecessor: str | None) -> str:
    """The SHA-256, in hex, of `inputs` and the predecessor's key (None for a frame that has none).

    Depends on nothing else: not on the order of the mapping, PYTHONHASHSEED, the locale or the machine.
    Raises TypeError for a value that has no canonical form and ValueError for NaN, infinity or a malformed
    key.
    """
    if predecessor is not None and not is_key(predecessor):
        raise ValueError(f"a frame key is {KEY_LENGTH} lower-case hex digits, not {predecessor!r}")
    text = canonical({"inputs": inputs, "predecessor": predecessor})
    return hashlib.sha256((_DOMAIN + text).encode("ascii")).hexdigest()


def is_key(text: object) -> bool:
    """Whether `text` has the form of a key (or of any SHA-256 in hex)."""
    return isinstance(text, str) and len(text) == KEY_LENGTH and not set(text) - set("0123456789abcdef")


def canonical(value: object) -> str:
    """`value` as ASCII JSON in one form only: keys sorted, no spaces, the shortest float that reads back the
    same.

    Takes None, bool, int, float, str, NumPy scalars, sequences, mappings with text keys, and dataclasses (as
    mappings of their fields). -0.0 is written as 0.0; 1 and 1.0 differ.
    Raises TypeError for anything else and ValueError for NaN and infinity, naming the place.
    """
    return _canonical(value, "value")


def _canonical(value: object, where: str) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return int.__repr__(value)
        case float():
            return _float(value, where)
        case str():
            return json.dumps(str.__str__(value))
        case Mapping():
            return _mapping(value, where)
        case bytes() | bytearray() | memoryview():
            raise TypeError(f"{where}: bytes have no canonical form; give their SHA-256 in hex")
        case Sequence():
            return f"[{','.join(_canonical(item, f'{where}[{i}]') for i, item in enumerate(value))}]"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _mapping(
            {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}, where
        )
    raise TypeError(
        f"{where}: a {type(value).__name__} has no canonical form; use numbers, text, lists, mappings"
    )


def _float(value: float, where: str) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{where}: {value} cannot be part of a frame key; it must be finite")
    return float.__repr__(value + 0.0)  # -0.0 + 0.0 is 0.0


def _mapping(value: Mapping[object, object], where: str) -> str:
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"{where}: the keys of a mapping must be text, not {key!r}")
    names = sorted(str(key) for key in value)
    return (
        "{" + ",".join(f"{json.dumps(key)}:{_canonical(value[key], f'{where}.{key}')}" for key in names) + "}"
    )
