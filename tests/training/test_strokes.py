"""The decoder's last part: who learns from which error, and what is shipped of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from training.sketch import checkpoint
from training.sketch.autoencoder import Inside, make
from training.sketch.strokes import Critic, Pair, load_strokes, pair_loss


@pytest.fixture
def pair() -> Pair:
    torch.manual_seed(0)
    return Pair(Inside(make()))


def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (2, 256, 256, 3), np.uint8)


def test_decoder_and_critic_learn_and_the_encoder_stays(pair: Pair) -> None:
    pair_loss(pair, pictures(), np.random.default_rng(0)).backward()
    learned = {
        name for name, weight in pair.named_parameters() if weight.grad is not None and weight.grad.any()
    }
    assert any(name.startswith("critic.") for name in learned)
    assert any(name.startswith("inside.model.decoder.") for name in learned)
    assert not any(".encoder." in name for name in learned)


def test_the_critic_learns_from_its_own_error_alone(pair: Pair) -> None:
    """A few steps of the critic beside a decoder that stands still: it tells paintings from its pictures."""
    pair.inside.model.decoder.requires_grad_(False)
    pair.inside.model.decoder.layers[-1].weight.requires_grad_(True)  # what weighs the two errors
    optimizer = torch.optim.Adam(pair.critic.parameters(), lr=5e-3)
    shown, rng = pictures(), np.random.default_rng(0)
    before = _apart(pair, shown)
    for _ in range(6):
        optimizer.zero_grad()
        pair_loss(pair, shown, rng).backward()
        optimizer.step()
    assert _apart(pair, shown) > before + 0.5


@torch.no_grad()
def _apart(pair: Pair, shown: np.ndarray) -> float:
    """How much higher the critic scores pictures than what the decoder makes of them."""
    true = torch.from_numpy(shown[:, :64, :64]).permute(0, 3, 1, 2) / 127.5 - 1
    latents = pair.inside.encode(torch.nn.functional.avg_pool2d(true, 2))
    made = pair.inside.model.decode(latents).sample
    return float(pair.critic(true, latents).mean() - pair.critic(made, latents).mean())


def test_a_score_for_each_piece() -> None:
    assert Critic()(torch.zeros(2, 3, 64, 96), torch.zeros(2, 12, 4, 6)).shape == (2, 1, 8, 12)


def test_what_ships_is_the_averaged_decoder_or_the_part_before(pair: Pair, tmp_path: Path) -> None:
    outside = pair.inside.state_dict()
    checkpoint.save(tmp_path / "outside.pt", {"average": outside})
    assert torch.equal(load_strokes(tmp_path).out.weight, outside["out.weight"])
    average = {name: weight + 1 for name, weight in pair.state_dict().items()}
    checkpoint.save(tmp_path / "strokes.pt", {"average": average})
    assert torch.equal(load_strokes(tmp_path).out.weight, outside["out.weight"] + 1)
