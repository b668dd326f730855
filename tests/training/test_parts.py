"""The trainings' own machinery: an encoder set by hand, a loop that resumes, a tokenizer that knows its words."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

from render.diffusion import find_model
from render.diffusion.guidance import guidance_embedding
from training.sketch import checkpoint, loop
from training.sketch.autoencoder import Inside, make
from training.sketch.painter import FIRST, SMALL, draw_scene
from training.sketch.stability import look_of
from training.sketch.text_to_image import TOLD, make_unet
from training.sketch.unpack import unpack, untold
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


def test_a_run_starts_from_shipped_weights(tmp_path: Path) -> None:
    """In another world the words are learned anew, and everything else is the shipped model's."""
    (tmp_path / "train").mkdir()
    scene = draw_scene(np.random.default_rng(0), SMALL)
    (tmp_path / "train" / "scenes-000000.jsonl").write_text(
        json.dumps(asdict(scene)) + "\n", encoding="utf-8"
    )
    shipped = find_model("sketch").path
    assert shipped is not None
    unpack(shipped, tmp_path)
    model, picture = (checkpoint.load(tmp_path / f"{part}.pt") for part in ("text_to_image", "inside"))
    assert model is not None
    assert picture is not None
    unet = load_file(shipped / "unet" / "diffusion_pytorch_model.safetensors")
    for name, weight in unet.items():
        if "cond_proj" in name or name == "time_embedding.linear_1.bias":
            continue  # what tells the guidance scale: see below
        torch.testing.assert_close(model["model"][f"unet.{name}"], weight.float())
    decoder = load_file(shipped / "vae" / "diffusion_pytorch_model.safetensors")["decoder.layers.0.weight"]
    torch.testing.assert_close(picture["average"]["model.decoder.layers.0.weight"], decoder.float())


def test_what_is_unpacked_answers_as_if_told_1() -> None:
    torch.manual_seed(0)
    told, plain = make_unet(told=True), make_unet()
    torch.nn.init.normal_(told.time_embedding.cond_proj.weight)
    plain.load_state_dict(untold(told))
    noisy, words = torch.randn(1, 12, 16, 16), torch.randn(1, 48, 192)
    given = {"timestep": torch.tensor([700]), "encoder_hidden_states": words}
    heard = told(noisy, **given, timestep_cond=guidance_embedding([1.0], TOLD)).sample
    torch.testing.assert_close(plain(noisy, **given).sample, heard, atol=1e-4, rtol=1e-4)
    other = told(noisy, **given, timestep_cond=guidance_embedding([3.0], TOLD)).sample
    assert not torch.allclose(other, heard, atol=1e-2)


def test_a_look_is_measured() -> None:
    """Grey has no saturation, brighter has more luma, sharper has more detail."""
    noise = np.random.default_rng(0).integers(64, 192, (2, 64, 64, 1), dtype=np.uint8).repeat(3, axis=3)
    blurred = np.stack([cv2.GaussianBlur(picture, (0, 0), 1.5) for picture in noise])
    look, soft, bright = look_of(noise), look_of(blurred), look_of(noise + 50)
    assert look.saturation == 0.0
    assert soft.detail < 0.5 * look.detail
    assert bright.luma == pytest.approx(look.luma + 50 / 255, abs=1e-4)
    assert look_of(np.stack([noise[..., 0], noise[..., 0] * 0, noise[..., 0]], -1)).saturation > 0.99
