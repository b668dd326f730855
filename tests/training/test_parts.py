"""The trainings' own machinery: an encoder set by hand, a loop that resumes, a tokenizer that knows its words."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from training.sketch import checkpoint, loop
from training.sketch.autoencoder import Inside, make
from training.sketch.painter import FIRST
from training.sketch.words import sample_captions, tokens, train_tokenizer


def test_the_outer_encoder_halves_exactly() -> None:
    """The whole encoder on a picture equals the inner one on the picture averaged 2 x 2."""
    model = make().eval()
    picture = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        whole = model.encode(picture).latents
        inner = Inside(model).encode(F.avg_pool2d(picture, 2))
    assert whole.shape == (1, 12, 4, 6)
    torch.testing.assert_close(whole, inner, atol=1e-5, rtol=1e-4)


def test_the_loop_resumes(tmp_path: Path) -> None:
    """Two runs of half the time are one run: steps and time go on, weights and average are the saved ones."""

    def run(seconds: float) -> tuple[nn.Linear, dict[str, object]]:
        torch.manual_seed(0)
        model = nn.Linear(4, 1)

        def loss_of(rng: np.random.Generator) -> torch.Tensor:
            time.sleep(0.005)  # so that no machine is done with learning before the first time is up
            x = torch.from_numpy(rng.normal(size=(16, 4)).astype(np.float32))
            return (model(x) - x.sum(1, keepdim=True)).square().mean()

        loop.train(model, loss_of, path=tmp_path / "x.pt", minutes=seconds / 60, peak=0.003, decay=0.9)
        state = checkpoint.load(tmp_path / "x.pt")
        assert state is not None
        return model, state

    model, state = run(0.5)
    again, later = run(1.5)
    assert 0 < state["step"] < later["step"]  # type: ignore[operator]
    assert 0.5 <= state["spent"] < 1.5 <= later["spent"]  # type: ignore[operator]
    assert (again.weight - 1).abs().mean() < (model.weight - 1).abs().mean()  # it went on learning
    done, unchanged = run(1.5)
    assert unchanged["step"] == later["step"]
    assert torch.equal(done.weight, again.weight)


def test_the_tokenizer_knows_its_words(tmp_path: Path) -> None:
    """A subject is one token or two; an unknown word falls into letters and never fails."""
    tokenizer = train_tokenizer(sample_captions(500, 1), tmp_path)
    for subject in FIRST.subjects:
        assert len(tokenizer(subject).input_ids) <= 2 + 2
    ids = tokens(tokenizer, ["a lighthouse", "Zwölf Boxkämpfer 龍 🙂"])
    assert ids.shape == (2, 48)
    assert int(ids.max()) < len(tokenizer)
