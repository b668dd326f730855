"""What the text-to-image model learns from: noise and its v, where the error counts, and the guided teacher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from training.sketch.distill import guided
from training.sketch.painter import SMALL, draw_scene, subject_box
from training.sketch.text_to_image import FOCUS, Lessons, TextToImage, make_scheduler, weights_of
from training.sketch.words import sample_captions, tokens, train_tokenizer


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Lessons:
    rng = np.random.default_rng(0)
    scenes = [draw_scene(rng, SMALL) for _ in range(6)]
    folder: Path = tmp_path_factory.mktemp("words")
    return Lessons(
        latents=rng.normal(size=(6, 12, 16, 16)).astype(np.float16),
        scenes=scenes,
        weights=np.stack([weights_of(scene) for scene in scenes]),
        tokenizer=train_tokenizer(sample_captions(300, 1), folder),
    )


def test_noise_and_v_give_the_picture_back(lessons: Lessons) -> None:
    """x0 = sqrt(a) x - sqrt(1 - a) v, and noise = sqrt(1 - a) x + sqrt(a) v: Salimans and Ho 2022, appendix D."""
    alphas = make_scheduler().alphas_cumprod
    task = lessons.task(np.random.default_rng(1), 64, alphas)
    a = alphas[task.times][:, None, None, None]
    clean = a.sqrt() * task.noisy - (1 - a).sqrt() * task.v
    known = torch.from_numpy(lessons.latents.astype(np.float32))
    assert float((clean[:, None] - known[None]).abs().amax((2, 3, 4)).amin(1).max()) < 1e-4
    noise = (1 - a).sqrt() * task.noisy + a.sqrt() * task.v
    assert float(noise.std()) == pytest.approx(1.0, abs=0.02)
    assert int(task.times.min()) < 100
    assert int(task.times.max()) > 900


def test_the_error_counts_where_the_subject_stands(lessons: Lessons) -> None:
    for scene, weights in zip(lessons.scenes, lessons.weights, strict=True):
        assert weights.mean() == pytest.approx(1.0, abs=1e-5)
        left, top, right, bottom = subject_box(scene)
        x, y = int(16 * (left + right) / 2), int(16 * (top + bottom) / 2)
        if scene.subject_shown and 0 <= x < 16 and 0 <= y < 16 and weights.min() < weights.max():
            assert weights[y, x] / weights.min() == pytest.approx(FOCUS)


def test_the_teacher_guides(lessons: Lessons) -> None:
    """At scale 1 it says what it says with the words, at 0 what it says without, and 3 goes on in that direction."""
    torch.manual_seed(0)
    teacher = TextToImage(lessons.tokenizer).eval()
    task = lessons.task(np.random.default_rng(2), 2, make_scheduler().alphas_cumprod)
    empty = tokens(lessons.tokenizer, [""])
    with torch.no_grad():
        said = teacher(task.noisy, task.times, task.ids)
        silent = teacher(task.noisy, task.times, empty.expand_as(task.ids))
    assert not torch.allclose(said, silent, atol=1e-4)
    for scale in (0.0, 1.0, 3.0):
        found = guided(teacher, task, empty, scale)
        torch.testing.assert_close(found, silent + scale * (said - silent), atol=1e-4, rtol=1e-3)
