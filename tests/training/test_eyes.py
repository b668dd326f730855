"""The networks that look, at depth and words: tiny trainings go on where they stopped, formats load, figures hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForDepthEstimation, CLIPModel, CLIPProcessor

from render.depth import load_depth
from tests.pace import allowed
from training.sketch import checkpoint, depth, measure_depth, measure_picture_text, picture_text
from training.sketch.data import paint_set
from training.sketch.painter import FIRST, SMALL, Painting, paint
from training.sketch.words import sample_captions, tokens, train_tokenizer


@pytest.fixture(scope="module")
def paintings() -> list[Painting]:
    return [paint(900_000_000 + index, world=SMALL) for index in range(8)]


def depths_of(paintings: list[Painting]) -> list[np.ndarray]:
    return [painting.depth for painting in paintings if painting.depth is not None]


def test_the_figures_by_hand() -> None:
    """A factor on a picture's depth costs nothing but metres; a swap of near and far costs order."""
    true = np.full((256, 256), 10_000, np.float32)
    true[100:] = np.linspace(50, 2, 156, dtype=np.float32)[:, None]
    exact = measure_depth.measure([true * 3], [true])
    assert exact.error < 1e-6
    assert (exact.order, exact.solid, exact.sky) == (1, 1, 1)
    wrong = measure_depth.measure([1 / true], [true])
    assert (wrong.order, wrong.sky) == (0, 0)
    off = np.where(np.arange(256)[:, None] % 2, true * 1.1, true / 1.1)  # the median factor lies between
    assert measure_depth.measure([off], [true]).error == pytest.approx(0.1, abs=0.11)
    assert measure_depth.measure([true, 1 / true], [true, true]).order == pytest.approx(0.5, abs=0.02)


def test_the_loss_by_hand() -> None:
    """An error counts by its logarithm and a little as it is; one in the sky counts less."""
    far = torch.full((2, 8, 8), depth.SKY_SEEN)
    far[:, 4:] = torch.linspace(40, 2, 4)[:, None]
    said = far.log()
    assert float(depth.loss_between(said, far)) == pytest.approx(0, abs=1e-6)
    twice = torch.where(far < depth.SKY_SEEN, said + np.log(2), said)
    cost = depth.SOFT * np.log1p(np.log(2) / depth.SOFT) + depth.PLAIN * np.log(2)
    assert float(depth.loss_between(twice, far)) == pytest.approx(cost / (1 + depth.OF_SKY), rel=1e-5)
    nearer_sky = torch.where(far < depth.SKY_SEEN, said, said - np.log(2))
    share = depth.OF_SKY / (1 + depth.OF_SKY)
    assert float(depth.loss_between(nearer_sky, far)) == pytest.approx(cost * share, rel=1e-5)


def test_depth_is_told_in_camera_heights() -> None:
    """However high the camera stands and whatever its lens: ground is one over how far below the horizon it lies."""
    rows = (np.arange(256, dtype=np.float32) + 0.5) / 256
    depths, units = [], (0.1, 30.0)
    for unit in units:
        metres = unit / np.maximum(rows - 0.5, 1e-3)
        metres[rows < 0.5] = 10_000
        depths.append(np.repeat(metres[:, None], 256, 1).astype(np.float16))
    lessons = depth.Lessons(
        pictures=np.zeros((2, 256, 256, 3), np.uint8),
        depths=np.stack(depths),
        units=np.asarray(units, np.float32),
    )
    for seed in range(8):  # squares, wide ones and tall ones, whole and cut
        pictures, far = lessons.batch(np.random.default_rng(seed), 4)
        side = min(far.shape[1:])
        assert pictures.shape[2:] == far.shape[1:]
        for one in far:
            ground = one[one[:, 0] < 15, 0]
            steps = torch.diff(1 / ground) * side  # a row further down is 1/side of a picture further down
            torch.testing.assert_close(steps.mean(), torch.tensor(1.0), atol=0.04, rtol=0)
            if float(one[0, 0]) > depth.FARTHEST:
                assert float(one[0, 0]) == depth.SKY_SEEN


def test_the_logarithm_is_the_networks_own() -> None:
    torch.manual_seed(0)
    model, shown = depth.make_network().eval(), torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        ours, its_own = depth.log_depth(model, shown), model(shown).predicted_depth.log()
    assert ours.shape == (1, 64, 96)
    torch.testing.assert_close(ours, its_own, atol=0.05, rtol=0)  # but for bfloat16


def test_a_lesson_is_cut_the_same_in_both(paintings: list[Painting]) -> None:
    """Depth stays with its pixels: a picture painted from its own depth gives it back."""
    depths = np.stack(depths_of(paintings)).astype(np.float16)
    shade = (np.log10(depths.astype(np.float32)).clip(0, 4) * 60).astype(np.uint8)
    lessons = depth.Lessons(
        pictures=np.repeat(shade[..., None], 3, 3), depths=depths, units=np.ones(len(depths), np.float32)
    )
    pictures, metres = lessons.batch(np.random.default_rng(1), 6)
    assert pictures.shape[2:] == metres.shape[1:]
    for picture, truth in zip(pictures[:, 0], metres, strict=True):
        together = torch.stack([picture.flatten(), truth.clamp(min=1).log().flatten()])
        assert float(torch.corrcoef(together)[0, 1]) > 0.9


def test_a_depth_training_resumes_and_its_network_loads(tmp_path: Path, paintings: list[Painting]) -> None:
    set_of(tmp_path / "train", paintings)
    for minutes in (1e-6, 1e-6):  # used up at once the second time: nothing is trained again
        depth.train(tmp_path, minutes, batch=2)
    state = checkpoint.load(tmp_path / "depth.pt")
    assert state is not None
    first = state["step"]
    depth.train(tmp_path, state["spent"] / 60 + 0.01, batch=2)
    later = checkpoint.load(tmp_path / "depth.pt")
    assert later is not None
    assert later["step"] > first
    depth.package(tmp_path, tmp_path / "out")
    assert AutoModelForDepthEstimation.from_pretrained(tmp_path / "out").config.model_type == "glpn"
    network = load_depth(tmp_path / "out", torch.device("cpu"))
    assert network.measure == "metric"
    assert network.intake.fitted(256, 256) == (depth.SEEN, depth.SEEN)
    assert network.intake.fitted(640, 384)[0] % depth.MULTIPLE == 0
    assert measure_depth.seen_by(network, paintings[0]).shape == (256, 256)


def set_of(folder: Path, paintings: list[Painting]) -> None:
    """A painted set as training.sketch.data leaves it."""
    import json
    from dataclasses import asdict

    folder.mkdir()
    np.save(folder / "pictures.npy", np.stack([painting.picture for painting in paintings]))
    np.save(folder / "depths.npy", np.stack(depths_of(paintings)).astype(np.float16))
    lines = [json.dumps(asdict(painting.scene)) for painting in paintings]
    (folder / "scenes-000000.jsonl").write_text("\n".join(lines) + "\n")


def test_depth_is_kept_where_there_is_one(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="painted without depth"):
        paint_set(tmp_path / "a", 256, 0, 1, FIRST, depth=True)
    set_of(tmp_path / "b", [paint(1, world=SMALL)])
    (tmp_path / "b" / "depths.npy").unlink()
    with pytest.raises(ValueError, match="begun without depth"):
        paint_set(tmp_path / "b", 256, 0, 1, SMALL, depth=True)


def test_a_picture_text_training_resumes_and_its_model_loads(
    tmp_path: Path, paintings: list[Painting]
) -> None:
    set_of(tmp_path / "train", paintings)
    train_tokenizer(sample_captions(300, 1, SMALL), tmp_path / "picture_text_tokenizer", 800)
    picture_text.train(tmp_path, tmp_path / "train", 1e-6, batch=4)
    state = checkpoint.load(tmp_path / "picture_text.pt")
    assert state is not None
    picture_text.train(tmp_path, tmp_path / "train", state["spent"] / 60 + 0.01, batch=4)
    later = checkpoint.load(tmp_path / "picture_text.pt")
    assert later is not None
    assert later["step"] > state["step"]
    picture_text.package(tmp_path, tmp_path / "out")
    assert isinstance(CLIPModel.from_pretrained(tmp_path / "out"), CLIPModel)
    assert isinstance(CLIPProcessor.from_pretrained(tmp_path / "out"), CLIPProcessor)
    fit = measure_picture_text.load_fit(tmp_path / "out")
    scores = fit.scores(paintings[:3], ["a lighthouse", "一座城堡", "a boat at night, in oil"])
    assert scores.shape == (3, 3)
    assert 0 <= measure_picture_text.right_captions(fit, paintings, among=4) <= 1
    assert set(measure_picture_text.right_names(fit, paintings, SMALL)) == set(SMALL.questions())
    # the model from disk says what the training's own functions say
    model = picture_text.make_model(fit.processor.tokenizer)
    model.load_state_dict(later["average"])
    with torch.no_grad():
        ids = picture_text.trimmed(
            tokens(fit.processor.tokenizer, ["a lighthouse", "a boat at night, in oil"])
        )
        words = picture_text.read(model, ids)
        again = fit.model.text_projection(
            fit.model.text_model(
                tokens(fit.processor.tokenizer, ["a lighthouse", "a boat at night, in oil"])
            ).pooler_output
        )
    torch.testing.assert_close(words, torch.nn.functional.normalize(again), atol=5e-3, rtol=0)


def test_matching_pairs_cost_little() -> None:
    vectors, scale = torch.eye(4), torch.tensor(20.0)
    assert float(picture_text.matched(vectors, vectors, scale)) < 1e-6
    assert float(picture_text.matched(vectors, vectors.roll(1, 0), scale)) == pytest.approx(20, rel=1e-3)


def test_what_is_not_shown_is_not_asked_for(paintings: list[Painting]) -> None:
    scene = replace(paintings[0].scene, subject_shown=False)
    assert picture_text._answer(scene, "subject", tuple(SMALL.subjects)) == -100
    assert picture_text._answer(scene, "light", tuple(SMALL.lights)) == tuple(SMALL.lights).index(scene.light)


def test_the_shipped_depth_network_keeps_its_word() -> None:
    """On a dozen fresh paintings: loosely, what the model card says of two hundred; and a picture takes its time."""
    network = load_depth(measure_depth.SHIPPED, torch.device("cpu"))
    fresh = measure_depth.fresh(12, SMALL)
    figures = measure_depth.measure([measure_depth.seen_by(network, one) for one in fresh], depths_of(fresh))
    assert figures.error < 0.16
    assert figures.order > 0.93
    assert figures.sky > 0.9
    assert measure_depth.milliseconds(network) < allowed(60)
    assert sum(file.stat().st_size for file in measure_depth.SHIPPED.iterdir()) < 6e6
