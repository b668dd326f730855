"""RAFT is refused by `plan` where its package or its weights are not here, and is in the keys of what it moves."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import torch

from keyframes import EnvironmentFault
from motion.raft import WEIGHTS
from render.assets.find import torch_cache
from render.previews import preview_project
from render.resolve import clips as flows
from render.resolve import resolve
from render.resolve.clips import check_flows
from tests.fakes import keys_of

from ..clips import numbered, write_clip
from ..fakes import load, project_text

CLIP = 'input = "clip.mp4"\nmotion = "flow"\nflow = "raft"'
CADENCE = 'cadence = 2\ncadence_flow = "raft"'
UNUSED = CLIP.replace('motion = "flow"', 'motion = "affine"')


@pytest.fixture
def clip(home: Path) -> Path:
    write_clip(home / "clip.mp4", numbered(8))
    return home


def place() -> Path:
    return torch_cache() / WEIGHTS


def is_here(monkeypatch: pytest.MonkeyPatch, found: bool) -> None:
    monkeypatch.setattr(flows, "find_spec", lambda name: object() if found else None)


@pytest.mark.parametrize(
    ("tables", "where"),
    [({"video": CLIP}, r"\[video\] flow"), ({"diffusion": CADENCE}, r"\[diffusion\] cadence_flow")],
)
def test_without_its_package(
    clip: Path, monkeypatch: pytest.MonkeyPatch, tables: dict[str, str], where: str
) -> None:
    is_here(monkeypatch, False)
    with pytest.raises(EnvironmentFault, match=where + r' = "raft" needs the package torchvision.*"dis"'):
        resolve(load(clip, project_text(4, **tables)))


def test_without_its_weights(clip: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    is_here(monkeypatch, True)
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


def test_it_is_asked_for_only_where_it_is_used(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_here(monkeypatch, False)
    check_flows(load(clip, project_text(4, video=UNUSED)))


def test_keys_and_previews(clip: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The frames after the first are others; a preview needs no network."""
    is_here(monkeypatch, True)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    place().parent.mkdir(parents=True)
    place().write_bytes(b"weights")
    monkeypatch.setattr(flows, "SHA256", sha256(b"weights").hexdigest())
    by_raft = load(clip, project_text(4, video=CLIP))
    by_dis = load(clip, project_text(4, video=CLIP.replace("raft", "dis")))
    mine, others = keys_of(resolve(by_raft)), keys_of(resolve(by_dis))
    assert mine[0] == others[0]
    assert mine[1] != others[1]
    first, second = clip / "raft.mp4", clip / "dis.mp4"
    assert preview_project(by_raft, first).frames == preview_project(by_dis, second).frames == 4
    assert first.read_bytes() == second.read_bytes()
