"""The table of families: a film of four frames through each, with all that steers it at once.

Text to image, then three frames on the one before, with blended prompts, a hole that is painted anew and the ramp of a
LoRA. That each family paints what its diffusers pipelines paint is in test_families and test_equality.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from keyframes.prompts import FramePrompt, PromptPart, TextShare
from render.diffusion import Sampling, describe_lora, find_model
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from tests.diffusion.test_families import given
from tests.lora_files import pairs_for, peft_state
from tests.models import load_model

SHARES, WEIGHTS = (0.0, 0.3, 0.6, 1.0), (0.0, 0.0, 0.5, 1.0)
KINDS = [
    given(kind)
    for kind in (
        *("sd", "sd-velocity", "sd-lcm", "sdxl", "sdxl-turbo", "kolors", "sd3", "sd3-without-t5"),
        *("flux-dev", "flux-schnell", "chroma", "qwen-image", "z-image", "z-image-turbo", "sana-sprint"),
    )
]


def blended(share: float) -> FramePrompt:
    """From one text to a longer one, away from a third."""
    mix = (TextShare(text="a cat", share=1 - share), TextShare(text="the sea at night", share=share))
    part = PromptPart(mix=tuple(text for text in mix if text.share))
    return FramePrompt(parts=(part,), negative=(TextShare(text="fog"),))


def film(model: Model, weights: tuple[float, ...] | None, *, hole: bool = True) -> list[Tensor]:
    """Four frames; frames 1 to 3 with a strip on the left painted anew."""
    frames: list[Tensor] = []
    known = model.source.defaults
    strengths = torch.full((1, 1, 64, 64), 0.5)
    strengths[..., : model.factor] = 1.0
    for frame, share in enumerate(SHARES):
        model.loras.use([] if weights is None else [weights[frame]])
        frames.append(
            paint(
                model,
                Painting(
                    picture=frames[-1] if frames else None,
                    size=(64, 64),
                    prompt=blended(share),
                    settings=Sampling(steps=4, strength=0.5, cfg_scale=known.cfg_scale),
                    seed=frame,
                    frame=frame,
                    strengths=strengths if frames and hole else None,
                ),
            )
        )
    return frames


@pytest.mark.parametrize("kind", KINDS)
def test_a_film_through_the_family(
    kind: str, folder_of: Callable[[str], Path], model_of: Callable[[str], Model], tmp_path: Path
) -> None:
    plain = model_of(kind)
    row = plain.family.row
    pairs = pairs_for(plain.denoiser, ("to_q", "to_v"))
    save_file(peft_state(row.denoiser, pairs), tmp_path / "style.safetensors")
    file = describe_lora(tmp_path / "style.safetensors")
    model = load_model(find_model(str(folder_of(kind))), device="cpu", loras=[file])

    frames, without = film(model, WEIGHTS), film(plain, None)
    assert all(bool(torch.isfinite(frame).all()) for frame in frames)
    assert all(not torch.equal(*pair) for pair in pairwise(frames))
    equal = [torch.equal(*pair) for pair in zip(frames, without, strict=True)]
    assert equal == [True, True, False, False], "the LoRA is there from its key on"
    whole = film(plain, None, hole=False)
    assert torch.equal(whole[0], without[0])
    assert not torch.equal(whole[1], without[1]), "the hole is painted anew"
    assert all(torch.equal(*pair) for pair in zip(frames, film(model, WEIGHTS), strict=True)), (
        "a frame is a function"
    )
