"""The tables of the whole world's words, together."""

from typing import Any

from . import settings, subjects

WHOLE_WORDS: dict[str, Any] = {
    "subjects": subjects.SUBJECTS,
    "grounds": settings.GROUNDS,
    "lights": settings.LIGHTS,
    "styles": settings.STYLES,
    "extras": settings.EXTRAS,
    "schemes": settings.SCHEMES,
    "plurals": subjects.PLURALS,
    "chinese": {**subjects.CHINESE, **settings.CHINESE},
}
