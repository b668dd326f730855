"""The family of errors: exit codes, messages, carets."""

import pickle

import pytest

from keyframes import (
    EnvironmentFault,
    LockedError,
    Problem,
    ProjectError,
    RenderError,
    ReverieError,
    ScheduleError,
    Stopped,
    did_you_mean,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RenderError("x"), 1),
        (ProjectError(Problem(what="x")), 2),
        (ScheduleError(Problem(what="x")), 2),
        (EnvironmentFault("x"), 3),
        (LockedError("x"), 4),
    ],
)
def test_every_error_is_of_the_family_and_has_its_exit_code(error: ReverieError, code: int) -> None:
    assert isinstance(error, ReverieError)
    assert error.exit_code == code
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(("stop", "code"), [(Stopped("x", 143), 143), (Stopped(), 130)])
def test_a_stop_is_no_error_and_has_its_exit_code(stop: Stopped, code: int) -> None:
    assert not isinstance(stop, Exception), "`except Exception` must not swallow it"
    assert stop.exit_code == code
    assert str(pickle.loads(pickle.dumps(stop))) == str(stop)


def test_a_problem_says_what_where_and_what_would_be_right() -> None:
    problem = Problem(
        what='"sinn" is not a function.',
        where="motion.zoom",
        file="dream.toml",
        line=12,
        frame=40,
        hint='Did you mean "sin"?',
    )
    assert (
        str(problem) == 'dream.toml:12 motion.zoom, frame 40: "sinn" is not a function. Did you mean "sin"?'
    )


def test_a_place_without_a_file_or_a_lane() -> None:
    assert str(Problem(what="no.", line=3)) == "line 3: no."
    assert str(Problem(what="no.", file="a.toml", where="fps")) == "a.toml fps: no."
    assert str(Problem(what="no.")) == "no."


def test_the_caret_stands_under_the_column() -> None:
    error = ProjectError([Problem(what="no.", text="1 + sinn(t)", column=5), Problem(what="nor this.")])
    assert str(error).splitlines() == [
        "column 5: no.",
        "    1 + sinn(t)",
        "        ^",
        "nor this.",
    ]


def test_the_caret_shows_a_window_of_a_long_text_and_the_right_line() -> None:
    text = "a" * 5000 + "\n" + "b" * 5000 + "!" + "c" * 5000
    line, caret = Problem(what="x", text=text, column=text.index("!") + 1).caret()
    assert len(line) < 100
    assert line[caret.index("^")] == "!"


def test_control_characters_are_not_printed() -> None:
    problem = Problem(what="\x1b[31mred\u202e", text="\x1b[2Jboo", column=1)
    assert "\x1b" not in str(ProjectError(problem))
    assert "\u202e" not in str(problem)


def test_nearest_name() -> None:
    assert did_you_mean("zom", ["zoom", "angle"]) == 'Did you mean "zoom"?'
    assert did_you_mean("qqqq", ["zoom", "angle"]) == ""
