"""The painted world: deterministic by seed, everything in it comes up, and the words say what is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.sketch.painter import GROUNDS, LIGHTS, STYLES, SUBJECTS, caption, draw_scene, paint


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
    assert {scene.subject for scene in scenes} == set(SUBJECTS)
    assert {scene.ground for scene in scenes} == set(GROUNDS)
    assert {scene.light for scene in scenes} == set(LIGHTS)
    assert {scene.style for scene in scenes} == set(STYLES)
    assert all(scene.ground == "sea" for scene in scenes if scene.subject in ("boat", "whale"))


def test_captions_name_the_subject() -> None:
    rng = np.random.default_rng(1)
    for _ in range(100):
        scene = draw_scene(rng)
        words = caption(scene, rng)
        assert any(phrase in words for phrase in SUBJECTS[scene.subject]) == scene.subject_shown


@pytest.mark.parametrize("subject", list(SUBJECTS))
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
    light = {hour: paint(1, scene=replace(scene, light=hour)).picture.mean() for hour in LIGHTS}
    assert light["day"] > light["sunset"] > light["night"]
