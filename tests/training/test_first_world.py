"""The first painted world: the same pictures for ever, everything in it comes up, and the words say what is there."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from training.sketch.painter import FIRST, caption, draw_scene, load_scene, paint

# caption and 4 x 4 thumbnail in grey, from the code that painted what the shipped model was trained on
GOLDEN = json.loads((Path(__file__).parent / "first_world.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("seed", list(GOLDEN))
def test_the_pictures_are_those_that_the_shipped_model_learned_from(seed: str) -> None:
    painting = paint(int(seed))
    assert painting.scene.world == "first"
    words, grey = GOLDEN[seed]
    assert painting.caption == words
    thumbnail = painting.picture.reshape(4, 64, 4, 64, 3).mean((1, 3, 4)).flatten()
    np.testing.assert_allclose(thumbnail, grey, atol=1.5)  # the last bits are the processor's


def test_scenes_on_disk_load_again() -> None:
    scene = draw_scene(np.random.default_rng(5))
    old = asdict(scene)
    for later in ("world", "count", "others", "height", "eye", "lens", "scheme"):
        del old[later]
    assert load_scene(old) == scene == load_scene(asdict(scene))
    with pytest.raises(ValueError, match="has no hat"):
        load_scene({**old, "hat": 1})


def test_a_seed_is_a_picture() -> None:
    first, again, other = paint(4), paint(4), paint(5)
    assert first.picture.dtype == np.uint8
    assert first.picture.shape == (256, 256, 3)
    assert np.array_equal(first.picture, again.picture)
    assert first.caption == again.caption
    assert not np.array_equal(first.picture, other.picture)


def test_every_noun_comes_up() -> None:
    rng = np.random.default_rng(0)
    scenes = [draw_scene(rng) for _ in range(400)]
    assert {scene.subject for scene in scenes} == set(FIRST.subjects)
    assert {scene.ground for scene in scenes} == set(FIRST.grounds)
    assert {scene.light for scene in scenes} == set(FIRST.lights)
    assert {scene.style for scene in scenes} == set(FIRST.styles)
    assert all(scene.ground == "sea" for scene in scenes if scene.subject in ("boat", "whale"))


def test_captions_name_the_subject() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        scene = draw_scene(rng)
        words = caption(scene, rng)
        assert any(phrase in words for phrase in FIRST.subjects[scene.subject]) == scene.subject_shown


@pytest.mark.parametrize("subject", list(FIRST.subjects))
def test_the_subject_is_in_the_picture(subject: str) -> None:
    """Painted with it and without it, the same scene differs where the subject stands."""
    scene = replace(
        draw_scene(np.random.default_rng(3)), subject=subject, ground="sea", style="flat", light="day"
    )
    with_it = paint(9, scene=replace(scene, subject_shown=True)).picture.astype(int)
    without = paint(9, scene=replace(scene, subject_shown=False)).picture.astype(int)
    changed = np.abs(with_it - without).max(axis=2) > 20
    assert 0.01 < changed.mean() < 0.6


def test_the_hour_sets_the_brightness() -> None:
    scene = replace(draw_scene(np.random.default_rng(2)), style="flat", ground="meadow")
    light = {hour: paint(1, scene=replace(scene, light=hour)).picture.mean() for hour in FIRST.lights}
    assert light["day"] > light["sunset"] > light["night"]
