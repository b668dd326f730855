"""The clock."""

import pytest

from keyframes import Clock, ProjectError


def test_frames_seconds_and_beats() -> None:
    clock = Clock(frames=121, fps=24, bpm=120)
    assert clock.max_f == 120
    assert clock.frames_per_beat == 12.0
    assert Clock(frames=1).frames_per_beat is None


@pytest.mark.parametrize(
    "fields",
    [
        {"frames": 0},
        {"frames": -5},
        {"frames": 10**9},
        {"frames": 1, "fps": 0},
        {"frames": 1, "fps": -1},
        {"frames": 1, "fps": 1e9},
        {"frames": 1, "fps": float("nan")},
        {"frames": 1, "bpm": 0},
        {"frames": 1, "bpm": float("inf")},
        {"frames": 1, "seed": 10**400},
    ],
)
def test_what_no_film_can_have_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ProjectError) as caught:
        Clock(**fields)  # type: ignore[arg-type]
    assert len(caught.value.problems) == 1


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ProjectError) as caught:
        Clock(frames=0, fps=0, bpm=-1)
    assert [problem.where for problem in caught.value.problems] == ["frames", "fps", "bpm"]
