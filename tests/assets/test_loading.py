"""Loading: what libraries raise becomes one kind of error; what is ours, and a stop, passes."""

from __future__ import annotations

import pytest
import torch

from keyframes import EnvironmentFault, ProjectError, RenderError, Stopped
from keyframes.errors import Problem
from render.assets.files import first_line
from render.assets.loading import loading

WHAT = 'model "dream" (/models/dream)'


@pytest.mark.parametrize("error", [OSError("cut short\nat byte 7"), RuntimeError("cut short"), KeyError()])
def test_what_a_library_raises_becomes_one_kind_of_error(error: Exception) -> None:
    with pytest.raises(EnvironmentFault) as caught, loading(WHAT):
        raise error
    assert caught.value.__cause__ is error
    why = str(error).partition("\n")[0] or "KeyError"
    assert str(caught.value) == f'{WHAT} could not be loaded: "{why}". Fetch it again.'


@pytest.mark.parametrize(
    "error",
    [
        EnvironmentFault("its denoiser is not here"),
        RenderError("frame 3 took longer than 5 s"),
        ProjectError(Problem(what="wrong")),
        Stopped("stopped by SIGINT"),
        Stopped("stopped by SIGTERM", 143),
        KeyboardInterrupt(),
        SystemExit(1),
    ],
)
def test_what_is_ours_and_what_stops_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, loading(WHAT):
        raise error
    assert caught.value is error


@pytest.mark.parametrize("error", [MemoryError("77 GiB"), torch.OutOfMemoryError("77 GiB")])
def test_too_little_memory_is_told_from_a_damaged_file(error: Exception) -> None:
    with pytest.raises(EnvironmentFault, match=r"Memory ran out: .* smaller model") as caught, loading(WHAT):
        raise error
    assert "Fetch" not in str(caught.value)


def test_the_hint_and_the_first_line() -> None:
    with pytest.raises(EnvironmentFault) as caught, loading(WHAT, "Leave it out."):
        raise ValueError("no")
    assert str(caught.value) == f'{WHAT} could not be loaded: "no". Leave it out.'
    assert first_line(RuntimeError("Errors in X:\n\tsize mismatch for y\n\tand z")) == (
        '"Errors in X: size mismatch for y".'
    )
    assert first_line(None) == '"NoneType".'
    assert len(first_line(ValueError("x" * 1000))) < 170
