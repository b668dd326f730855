"""The whole world in words: nouns with their synonyms, English and Chinese, and captions made of them."""

from .caption import tell_whole
from .whole import WHOLE_WORDS

__all__ = ["WHOLE_WORDS", "tell_whole"]
