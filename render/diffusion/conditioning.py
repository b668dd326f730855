"""Prompts as embeddings: each text is encoded once, then weighted and mixed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

import torch

from keyframes.prompts import TextShare
from render.diffusion.embeddings import Embedding, Notice, mix

REMEMBERED = 128


class Reader(Protocol):
    """What reads texts: a model, or its family for it."""

    @property
    def notice(self) -> Notice:
        """Is told what a person should know."""
        ...

    @property
    def zero_empty(self) -> bool:
        """Whether an empty negative prompt is the zero embedding."""
        ...

    def embed(self, text: str, notice: Notice) -> Embedding:
        """Encode one text, with its emphasis, to an Embedding of N = 1."""
        ...


class Encoder:
    """Encodes texts for a model and remembers the last ones. An embedding depends on its text
    on `changed_by` and on `clipskip` only."""

    def __init__(self, model: Reader, *, remembered: int = REMEMBERED) -> None:
        self._model = model
        self._remembered = remembered
        self._known: OrderedDict[tuple[object, ...], Embedding] = OrderedDict()
        self.clipskip = 1  # which layer of CLIP is read, from the end
        self.changed_by: tuple[
            float, ...
        ] = ()  # weights of the LoRAs in the text encoders: with others, texts differ
        self._told: set[str] = set()

    def text(self, text: str) -> Embedding:
        """Return the Embedding (N = 1) of one text with emphasis. Raises ScheduleError for impossible
        emphasis.
        """
        key = (self.changed_by, self.clipskip, text)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        with torch.inference_mode():
            embedding = self._model.embed(text, self.tell)
        self._known[key] = embedding
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return embedding

    def mix(self, shares: Sequence[TextShare]) -> Embedding:
        """Return the mix of texts by their shares (which sum to 1): embeddings and pooled embeddings,
        linearly.
        """
        return mix([self.text(share.text) for share in shares], [share.share for share in shares])

    def negative(self, shares: Sequence[TextShare]) -> Embedding:
        """Return the mix of negative texts.

        The empty text is the zero embedding for models whose pipeline says so (SDXL:
        force_zeros_for_empty_prompt).
        """
        given = shares or (TextShare(text=""),)
        return mix([self._negative(share.text) for share in given], [share.share for share in given])

    def tell(self, message: str) -> None:
        """Pass a notice on, once: both of SDXL's tokenizers lose the same words, frame after frame."""
        if message not in self._told:
            self._told.add(message)
            self._model.notice(message)

    def _negative(self, text: str) -> Embedding:
        embedding = self.text(text)
        return embedding.zeros() if self._model.zero_empty and not text.strip() else embedding
