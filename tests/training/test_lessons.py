"""What the text-to-image model learns from: noise and its v, where the error counts, and the guided teacher."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from training.sketch.distill import MOST, USUAL, draw_scales, guided, make_student
from training.sketch.painter import SMALL, draw_scene, subject_box
from training.sketch.shapes import FOCUS, SEED, SHAPES, paint_cut, weights_of
from training.sketch.text_to_image import Course, Lessons, TextToImage, make_scheduler
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
    found = guided(teacher, task, empty, [1.0, 3.0])
    torch.testing.assert_close(found[0], said[0], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(found[1], (silent + 3 * (said - silent))[1], atol=1e-4, rtol=1e-3)


def test_the_student_begins_as_the_teacher_and_can_heed_the_scale(lessons: Lessons, tmp_path: Path) -> None:
    torch.manual_seed(0)
    lessons.tokenizer.save_pretrained(tmp_path / "tokenizer")
    teacher = TextToImage(lessons.tokenizer).eval()
    student = make_student(tmp_path, teacher)
    task = lessons.task(np.random.default_rng(2), 2, make_scheduler().alphas_cumprod)
    said = student(task.noisy, task.times, task.ids, [3.0, 7.0])
    torch.testing.assert_close(said, teacher(task.noisy, task.times, task.ids), atol=1e-5, rtol=1e-4)
    said.sum().backward()
    heard = student.unet.time_embedding.cond_proj.weight.grad
    assert heard is not None
    assert float(heard.abs().max()) > 0
    assert all(weight.grad is None for weight in student.text_encoder.parameters())


def test_scales_to_learn() -> None:
    scales = np.array(draw_scales(np.random.default_rng(0), 4000))
    assert scales.min() == 1.0
    assert 0.9 * MOST < scales.max() <= MOST
    assert np.mean(scales == USUAL) == pytest.approx(0.5, abs=0.03)
    assert np.mean(scales == 1.0) == pytest.approx(0.125, abs=0.03)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_piece_of_a_painting_holds_its_subject(shape: tuple[int, int]) -> None:
    width, height = shape
    for seed in range(SEED, SEED + 6):
        cut = paint_cut(seed, width, height)
        assert cut.picture.shape == (height, width, 3)
        left, top, right, bottom = cut.box
        assert -1e-2 < left < right < 1.01
        assert -1e-2 < top < bottom < 1.01
        weights = weights_of(cut.scene, cut.box, (height // 16, width // 16))
        middle = weights[int((top + bottom) / 2 * height / 16), int((left + right) / 2 * width / 16)]
        assert middle / weights.min() == pytest.approx(FOCUS if cut.scene.subject_shown else 1.0)
    assert np.array_equal(cut.picture, paint_cut(seed, width, height).picture)


def test_a_course_gives_every_size_as_much_work(lessons: Lessons) -> None:
    """Half of the batches are native; the others have as many latent pixels."""
    rng = np.random.default_rng(0)
    wide = Lessons(
        latents=rng.normal(size=(6, 12, 24, 32)).astype(np.float16),
        scenes=lessons.scenes,
        weights=np.ones((6, 24, 32), np.float32),
        tokenizer=lessons.tokenizer,
    )
    course, alphas = Course(sizes=(lessons, wide)), make_scheduler().alphas_cumprod
    shapes = [tuple(course.task(rng, 6, alphas).noisy.shape) for _ in range(60)]
    assert set(shapes) == {(6, 12, 16, 16), (2, 12, 24, 32)}
    assert 18 < shapes.count((6, 12, 16, 16)) < 42
