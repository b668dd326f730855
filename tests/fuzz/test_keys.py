"""A small part of the key fuzz: in every base the settings that it is about. `make fuzz` runs the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from .bases import REAL, bases, write_files
from .hunt import Slice, hunt, toml
from .known import unknown
from .settings import all_settings

AS_A_MODEL_SEES_IT = (
    "lora.*.weight",
    "control.*.start",
    "clip_guidance.tv",
    "ip_adapter.*.weight",
    "diffusion.clipskip",
)
LONG = (REAL, "3d network", "2d network depth mask")  # networks take their time


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(tmp_path_factory.mktemp("fuzz"))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize("base", [name for name in bases() if name not in LONG])
def test_keys_say_what_frames_are_made_from(base: str, files: Path) -> None:
    _, found, _ = hunt(Slice(base), files, most=1 if base == "all" else 2, own=True)
    assert found.tried > 2
    assert unknown(found.faults, (), whole=False) == []


def test_keys_say_what_a_model_paints_from(files: Path) -> None:
    _, found, _ = hunt(Slice(REAL), files, most=1, only=AS_A_MODEL_SEES_IT)
    assert found.tried > len(AS_A_MODEL_SEES_IT)
    assert unknown(found.faults, (), whole=False) == []


def test_every_setting_has_values_to_try() -> None:
    """A new setting fails here until the fuzz knows what can be written there."""
    assert len({setting.name for setting in all_settings()}) == len(all_settings())
    assert toml({"a": 1, "t": {"b": {"c": [1, "x"]}}}) == 'a = 1\n\n[t]\n"b" = {"c" = [1, "x"]}\n'
