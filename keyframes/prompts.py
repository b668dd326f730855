"""Prompts: as the project gives them, and as one frame needs them.

A frame's prompt is made of NamedTuples, not dataclasses, because a long blend makes a hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Blend = Literal["hold", "linear", "smooth"]
PromptValue = str | list[str]


class TextShare(NamedTuple):
    """A text and its share, 0 to 1, in a mix of embeddings. The shares of one mix sum to 1."""

    text: str
    share: float = 1.0


class PromptPart(NamedTuple):
    """One AND-part of a prompt: a mix of texts (two while blending keys) and its guidance weight.

    The weight scales this part's own guidance, as in A1111: u + sum of weight * cfg * (part - u). It may be
    negative.
    """

    mix: tuple[TextShare, ...]
    weight: float = 1.0


class FramePrompt(NamedTuple):
    """One frame's prompt, resolved: one part or more, and the mix of negative texts (perhaps just "")."""

    parts: tuple[PromptPart, ...]
    negative: tuple[TextShare, ...] = (TextShare(text=""),)


class MixedKey(NamedTuple):
    """One of the keys whose prompts are blended at a frame: its position, its prompt at this frame, its share, and
    whether its prompt is the same at every frame."""

    position: float
    prompt: FramePrompt
    share: float
    fixed: bool


@dataclass(frozen=True, kw_only=True)
class PromptSource:
    """Prompts as given: key position -> prompt, and what is added to each.

    `prompts` may also be one classic text: Deforum's JSON or Disco's dict of keys, or a plain prompt, which
    is key 0. A prompt may hold `--neg`, `AND` parts with weights and back-tick expressions; a list is
    Disco's `["text:5", "text:-1"]`. `prefix` and `suffix` are put before and after every positive text and
    `negative` after every negative one, joined by a space. `blend` is how one key's prompt turns into the
    next one's.
    """

    prompts: Mapping[str, PromptValue] | str
    negative: str = ""
    prefix: str = ""
    suffix: str = ""
    blend: Blend = "hold"
