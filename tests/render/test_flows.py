"""RAFT is refused by `plan` where its package or its weights are not here, and is in the keys of what it moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from keyframes import EnvironmentFault
from motion.optical_flow import RAFT_WEIGHTS as WEIGHTS
from render.assets.find import torch_cache
from render.previews import moving_pictures
from render.resolve import resolve
from render.resolve.checks import check_flows
from tests.fakes import keys_of

from ..clips import numbered, write_clip
from ..fakes import load, project_text
from ..packages import missing, present

CLIP = 'input = "clip.mp4"\nmotion = "flow"\nflow = "raft"'
CADENCE = 'cadence = 2\ncadence_flow = "raft"'
UNUSED = CLIP.replace('motion = "flow"', 'motion = "affine"')


@pytest.fixture
def clip(home: Path) -> Path:
    write_clip(home / "clip.mp4", numbered(8))
    return home


def place() -> Path:
    return torch_cache() / WEIGHTS


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, "torchvision")


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    present(monkeypatch, "torchvision")


@pytest.mark.parametrize(
    ("tables", "where"),
    [({"video": CLIP}, r"\[video\] flow"), ({"diffusion": CADENCE}, r"\[diffusion\] cadence_flow")],
)
@pytest.mark.usefixtures("no_package")
def test_without_its_package(clip: Path, tables: dict[str, str], where: str) -> None:
    with pytest.raises(EnvironmentFault, match=where + r' = "raft" needs the package torchvision.*"dis"'):
        resolve(load(clip, project_text(4, **tables)))


@pytest.mark.usefixtures("package")
def test_without_its_weights(clip: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    with pytest.raises(
        EnvironmentFault, match=r"needs weights.* was not found.*Fetch it once with: python -c"
    ):
        resolve(load(clip, project_text(4, video=CLIP)))
    place().parent.mkdir(parents=True)
    place().write_bytes(b"half")
    with pytest.raises(EnvironmentFault, match="is damaged"):
        resolve(load(clip, project_text(4, video=CLIP)))


def test_where_torch_looks_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS == place()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS == place()


@pytest.mark.usefixtures("no_package")
def test_it_is_asked_for_only_where_it_is_used(clip: Path) -> None:
    check_flows(load(clip, project_text(4, video=UNUSED)))


def test_keys_and_previews(clip: Path) -> None:
    """The frames after the first are others; a preview needs no network."""
    by_dis = resolve(load(clip, project_text(4, video=CLIP.replace("raft", "dis"))))
    by_raft = replace(by_dis, project=load(clip, project_text(4, video=CLIP)))  # whether or not it is here
    mine, others = keys_of(by_raft), keys_of(by_dis)
    assert mine[0] == others[0]
    assert mine[1] != others[1]
    shown = [[picture.copy() for picture in moving_pictures(film)] for film in (by_raft, by_dis)]
    assert len(shown[0]) == 4
    np.testing.assert_array_equal(*shown)
