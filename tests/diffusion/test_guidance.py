"""Guidance with several parts, against formulas written out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from keyframes.errors import RenderError
from keyframes.prompts import FramePrompt, PromptPart, TextShare
from render.diffusion import Sampling
from render.diffusion.guidance import Guidance, guidance_embedding, make_guidance
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint

ModelOf = Callable[[str], Model]
SETTINGS = Sampling(cfg_scale=5.0)


def parts(**weights: float) -> FramePrompt:
    return FramePrompt(
        parts=tuple(
            PromptPart(weight=weight, mix=(TextShare(text=text),)) for text, weight in weights.items()
        )
    )


def answers(guidance: Guidance) -> torch.Tensor:
    """Stand-ins for a denoiser's answers, one for each row."""
    rows = len(guidance.texts.tokens)
    return torch.randn(rows, 4, 8, 8, generator=torch.Generator().manual_seed(5))


def test_and_parts(sd: Model) -> None:
    """Rows: the negative, then the parts."""
    guidance = make_guidance(sd, parts(cat=1.0, fog=-0.4), SETTINGS, frame=0)
    a = answers(guidance)
    assert (len(a), guidance.negatives) == (3, 1)
    expected = a[0] + 1.0 * 5 * (a[1] - a[0]) + -0.4 * 5 * (a[2] - a[0])
    torch.testing.assert_close(guidance.combine(a), expected[None])


def test_no_guidance_averages(sd: Model) -> None:
    """Without guidance: no negatives, negative parts left out, the others averaged by weight."""
    prompt = parts(cat=3.0, fog=-0.4, sea=1.0)
    guidance = make_guidance(sd, prompt, replace(SETTINGS, cfg_scale=1.0), frame=0)
    a = answers(guidance)
    assert (len(a), guidance.negatives) == (2, 0)
    torch.testing.assert_close(guidance.combine(a), (0.75 * a[0] + 0.25 * a[1])[None])


def test_no_guidance_and_nothing_positive(sd: Model) -> None:
    with pytest.raises(RenderError, match=r"frame 12: without guidance .* positive weight"):
        make_guidance(sd, parts(cat=-1.0), replace(SETTINGS, cfg_scale=0.0), frame=12)


def test_a_part_of_no_weight_changes_nothing(sd: Model, picture: torch.Tensor) -> None:
    given = {"picture": picture, "size": (64, 64), "settings": Sampling(steps=4), "seed": 1, "frame": 0}
    alone = paint(sd, Painting(prompt=parts(cat=1.0), **given))  # type: ignore[arg-type]
    beside = paint(sd, Painting(prompt=parts(cat=1.0, fog=0.0), **given))  # type: ignore[arg-type]
    torch.testing.assert_close(beside, alone, atol=1e-5, rtol=0)


def test_half_and_half_of_one_text_is_that_text(model_of: ModelOf, picture: torch.Tensor) -> None:
    given = {"picture": picture, "size": (64, 64), "settings": Sampling(steps=4), "seed": 1, "frame": 0}
    texts = (TextShare(text="cat", share=0.5), TextShare(text="cat", share=0.5))
    for kind in ("sd", "sdxl"):
        whole = paint(model_of(kind), Painting(prompt=parts(cat=1.0), **given))  # type: ignore[arg-type]
        mixed = paint(model_of(kind), Painting(prompt=FramePrompt(parts=(PromptPart(mix=texts),)), **given))  # type: ignore[arg-type]
        torch.testing.assert_close(mixed, whole, atol=1e-6, rtol=0)


def test_rescale(sd: Model) -> None:
    """phi = 1 gives the guided prediction the standard deviation of the unguided one; phi between, a share of
    it.
    """
    full = make_guidance(sd, parts(cat=1.0), replace(SETTINGS, guidance_rescale=1.0), frame=0)
    a = answers(full)
    torch.testing.assert_close(full.combine(a)[0].std(), a[1].std())
    plain = a[0] + 5 * (a[1] - a[0])
    some = make_guidance(sd, parts(cat=1.0), replace(SETTINGS, guidance_rescale=0.25), frame=0)
    expected = 0.25 * plain * (a[1].std() / plain.std()) + 0.75 * plain
    torch.testing.assert_close(some.combine(a)[0], expected)


def test_guidance_embedding_is_the_pipelines_own(
    model_of: ModelOf, pipeline_of: Callable[..., object]
) -> None:
    pipe = pipeline_of("sd-lcm", image=False)
    expected = pipe.get_guidance_scale_embedding(torch.tensor([7.5, 0.0]), embedding_dim=17)  # type: ignore[attr-defined]
    assert torch.equal(guidance_embedding([8.5, 1.0], 17), expected)


@pytest.fixture
def told(model_of: ModelOf) -> Model:
    """A model that takes its scale as input, from 1 (as if unguided) to 8."""
    model = model_of("sd-lcm")
    return replace(
        model, source=replace(model.source, defaults=replace(model.source.defaults, max_embedded_scale=8.0))
    )


@pytest.mark.parametrize(
    ("prompt", "cfg_scale", "rows", "scale"),
    [
        (parts(cat=1.0), 5.0, 1, 5.0),
        (parts(cat=0.4, fog=0.6), 5.0, 2, 5.0),
        (parts(cat=1.0), 0.0, 1, 1.0),
        (parts(cat=1.0), 12.0, 2, 1.0),  # beyond what it knows
        (parts(cat=1.5), 5.0, 2, 1.0),
        (parts(cat=1.4, fog=-0.4), 5.0, 3, 1.0),
        (parts(cat=1.0)._replace(negative=(TextShare(text="fog"),)), 5.0, 2, 1.0),
        (parts(cat=1.0)._replace(negative=(TextShare(text=" "),)), 5.0, 1, 5.0),
    ],
)
def test_a_model_that_is_told_its_scale_is_asked_twice_where_that_says_more(
    told: Model, prompt: FramePrompt, cfg_scale: float, rows: int, scale: float
) -> None:
    guidance = make_guidance(told, prompt, replace(SETTINGS, cfg_scale=cfg_scale), frame=0)
    assert (len(guidance.texts.tokens), guidance.embedded_scale) == (rows, scale)
    assert guidance.unguided().embedded_scale == 1.0
    assert guidance.unguided().negatives == 0


def test_what_it_paints_then(told: Model, picture: torch.Tensor) -> None:
    """A negative prompt is heard; and where guidance is off for all steps, it is as if the scale were 1."""
    given = {"picture": picture, "size": (64, 64), "seed": 1, "frame": 0}
    cat = parts(cat=1.0)

    def painted(prompt: FramePrompt, **settings: float) -> torch.Tensor:
        return paint(told, Painting(prompt=prompt, settings=replace(SETTINGS, steps=4, **settings), **given))  # type: ignore[arg-type]

    without = painted(cat._replace(negative=(TextShare(text="fog"),)))
    assert not torch.allclose(without, painted(cat), atol=1e-3)
    assert not torch.allclose(without, painted(cat._replace(negative=(TextShare(text="sea"),))), atol=1e-4)
    assert torch.equal(painted(cat, cfg_start=1.0), painted(cat, cfg_scale=1.0))
    assert not torch.equal(painted(cat, cfg_start=1.0), painted(cat))


def test_embedded_guidance_needs_one_row(model_of: ModelOf) -> None:
    guidance = make_guidance(model_of("sd-lcm"), parts(cat=1.0), replace(SETTINGS, cfg_scale=8.5), frame=0)
    assert (guidance.negatives, len(guidance.texts.tokens)) == (0, 1)
