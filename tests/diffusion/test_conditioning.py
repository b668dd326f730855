"""Prompts as embeddings, against diffusers' own encoding and hand-made mixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from keyframes.errors import ScheduleError
from keyframes.prompts import TextShare
from render.diffusion.embeddings import tokenize
from render.diffusion.model import Model, PromptEncoder
from tests.tiny import WINDOW

ModelOf = Callable[[str], Model]
LONG = "the lighthouse stands upon a cliff above the sea"


@pytest.mark.parametrize("text", ["", "a cat", "Zoë, im Café!", "  spaces  ", "x" * 60])
def test_one_text_is_what_sd_encodes(text: str, model_of: ModelOf, pipeline_of: Callable[..., Any]) -> None:
    expected, _ = pipeline_of("sd", image=False).encode_prompt(text, "cpu", 1, False)
    assert torch.equal(model_of("sd").encoder.text(text).tokens, expected)


@pytest.mark.parametrize("text", ["", "a cat", "Zoë, im Café!", "x" * 60])
def test_one_text_is_what_sdxl_encodes(text: str, model_of: ModelOf, pipeline_of: Callable[..., Any]) -> None:
    pipe = pipeline_of("sdxl-nonzero", image=False)
    tokens, _, pooled, _ = pipe.encode_prompt(text, device="cpu", do_classifier_free_guidance=False)
    found = model_of("sdxl-nonzero").encoder.text(text)
    assert torch.equal(found.tokens, tokens)
    assert found.pooled is not None
    assert torch.equal(found.pooled, pooled)


def test_escaped_brackets_are_text(sd: Model) -> None:
    expected = sd.encoders[0].tokenizer(
        "a (cat)", padding="max_length", max_length=WINDOW, return_tensors="pt"
    )
    assert torch.equal(tokenize(sd.encoders[0], r"a \(cat\)", print).ids, expected["input_ids"])


def test_emphasis(sd: Model) -> None:
    """Embeddings times their tokens' weights, with the mean over all restored. `a cat` is 4 tokens after the
    start.
    """
    plain = sd.encoder.text("a cat").tokens
    weights = torch.ones(WINDOW)
    weights[2:5] = 1.5
    weighted = plain * weights[None, :, None]
    expected = weighted * (plain.mean() / weighted.mean())
    torch.testing.assert_close(sd.encoder.text("a (cat:1.5)").tokens, expected)
    assert torch.equal(sd.encoder.text("a (cat:1.0)").tokens, plain)


def test_emphasis_leaves_the_pooled_embedding(model_of: ModelOf) -> None:
    encoder = model_of("sdxl").encoder
    loud, plain = encoder.text("a (cat:1.5)"), encoder.text("a cat")
    assert not torch.equal(loud.tokens, plain.tokens)
    assert loud.pooled is not None
    assert plain.pooled is not None
    assert torch.equal(loud.pooled, plain.pooled)


def test_emphasis_across_the_end_of_the_window(sd: Model) -> None:
    """The window's last token is the end token, which no emphasis touches."""
    tokens = tokenize(sd.encoders[0], f"({LONG}:1.5)", lambda message: None)
    assert tokens.weights is not None
    assert tokens.weights.tolist() == [1.0] + [1.5] * (WINDOW - 2) + [1.0]


def test_impossible_emphasis(sd: Model) -> None:
    with pytest.raises(ScheduleError, match="emphasis"):
        sd.encoder.text("(cat:999)")


@pytest.mark.parametrize("kind", ["sd", "sdxl"])
def test_mix(kind: str, model_of: ModelOf) -> None:
    encoder = model_of(kind).encoder
    cat, dog = encoder.text("cat"), encoder.text("dog")
    mixed = encoder.mix((TextShare(text="cat", share=0.25), TextShare(text="dog", share=0.75)))
    torch.testing.assert_close(mixed.tokens, 0.25 * cat.tokens + 0.75 * dog.tokens)
    if kind == "sdxl":
        assert None not in (mixed.pooled, cat.pooled, dog.pooled)
        torch.testing.assert_close(mixed.pooled, 0.25 * cat.pooled + 0.75 * dog.pooled)  # type: ignore[operator]


def test_negative_mix_with_the_empty_text(model_of: ModelOf) -> None:
    """For SDXL the empty negative is zeros, so half of it halves the other text."""
    encoder = model_of("sdxl").encoder
    fog = encoder.text("fog")
    half = encoder.negative((TextShare(text="fog", share=0.5), TextShare(text=" ", share=0.5)))
    torch.testing.assert_close(half.tokens, 0.5 * fog.tokens)
    assert not encoder.negative(()).tokens.any()


@pytest.mark.parametrize("kind", ["sd", "sdxl"])
def test_words_beyond_the_window_are_named_once(kind: str, model_of: ModelOf) -> None:
    told: list[str] = []
    encoder = PromptEncoder(replace(model_of(kind), notice=told.append), remembered=1)
    for text in (LONG, "a cat", LONG):
        encoder.text(text)
    assert len(told) == 1
    assert f"longer than the {WINDOW} tokens" in told[0]
    assert told[0].endswith('"upon a cliff above the sea".')


def test_a_text_that_just_fits_is_no_news(sd: Model) -> None:
    told: list[str] = []
    encoder = PromptEncoder(replace(sd, notice=told.append))
    encoder.text("x" * (WINDOW - 2))
    assert told == []
    encoder.text("x" * (WINDOW - 1))
    assert told[0].endswith('does not see "x".')


def test_texts_are_encoded_once_and_forgotten_oldest_first(sd: Model) -> None:
    encoder = PromptEncoder(sd, remembered=2)
    first, second = encoder.text("one"), encoder.text("two")
    assert encoder.text("one") is first
    encoder.text("three")
    assert encoder.text("one") is first
    assert encoder.text("two") is not second
