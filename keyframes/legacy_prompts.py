"""Prompts as other programs save them: Deforum's JSON object, Disco's Python dict, or one plain text."""

from __future__ import annotations

import ast
import json
import re
import warnings

from keyframes.errors import Place, quoted

MAX_TEXT = 4_000_000
EXAMPLE = 'Example: {"0": "a lighthouse", "100": "a calm sea"}.'

_OBJECT = re.compile(r"""\s*\{\s*(?:["']|\d+\s*:|\})""")


def legacy_prompts(text: str) -> list[tuple[str, object]]:
    """(key, prompt) in the order of `text`; any other text is itself the prompt of key 0.

    Raises ScheduleError, with a column, for an object that cannot be read.
    """
    place = Place("prompts", text)
    if not _OBJECT.match(text):
        return [("0", text)]
    if len(text) > MAX_TEXT:
        raise place.error(f"the prompts have {len(text)} characters.", None, f"Allowed: {MAX_TEXT}.")
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        found = _python_pairs(text)
        if found is None:
            what = f"these prompts are not JSON: {error.msg}."
            raise place.error(what, error.pos, EXAMPLE) from error
        return found
    except (RecursionError, ValueError) as error:
        raise place.error("these prompts are nested too deeply.", None, EXAMPLE) from error
    return [(str(key), value) for key, value in pairs]


def _python_pairs(text: str) -> list[tuple[str, object]] | None:
    """The pairs of a Python dict of literals, or None. Nothing is run: `ast` only reads literals."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a prompt does not concern us
            tree = ast.parse(text.strip(), mode="eval").body
            if not isinstance(tree, ast.Dict):
                return None
            keys = [ast.literal_eval(key) for key in tree.keys if key is not None]
            values = [ast.literal_eval(value) for value in tree.values]
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    return [(str(key), value) for key, value in zip(keys, values, strict=False)]


def prompt_text(value: object, place: Place) -> str | list[str]:
    """A prompt from a project file: a text, or a list of texts. Raises ScheduleError for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    if isinstance(value, dict):
        raise place.error(
            "this key holds a table.", None, 'A key with a point needs quotes: "2.5s" = "a cat".'
        )
    what = f"{quoted(repr(value)[:100], 40)} is not a prompt."
    raise place.error(what, None, 'Allowed: a text, or a list such as ["a cat:2", "a dog:1"].')
