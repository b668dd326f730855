"""Finding assets: where each kind is looked for, what is said of one that is not there, and what its digest is of."""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from keyframes import EnvironmentFault
from render.assets import kinds
from render.assets.files import CONFIG, INDEX, WEIGHTS, fingerprint, weights_variant
from render.assets.find import Asset, asset_at, find_asset
from render.assets.kinds import (
    CLIP,
    CONTROL,
    DECODER,
    DENOISER,
    DEPTH,
    EMBEDDING,
    GGUF,
    IMAGE_ENCODER,
    IP_ADAPTER,
    LORA,
    RAFT,
    UPSCALER,
    VAE,
    Kind,
)
from render.diffusion.families.table import FAMILIES

KINDS = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
FOLDERS = (VAE, DECODER, CONTROL, IMAGE_ENCODER, CLIP, DEPTH, UPSCALER)
FILES = (DENOISER, LORA, EMBEDDING, IP_ADAPTER)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub_cache: Path) -> None:
    """An empty cache of the hub, and a working directory of one's own."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def write(kind: Kind, place: Path, seed: int = 0) -> Path:
    """Write the least that is an asset of a kind."""
    if not kind.marker:
        place = place.with_suffix(next(s for s in kind.suffixes if s != GGUF))
        place.parent.mkdir(parents=True, exist_ok=True)
        save_file({"weight": np.full(3, seed, np.float32)}, place)
        return place
    place.mkdir(parents=True, exist_ok=True)
    name = next(iter(kind.classes), "any")
    (place / kind.marker).write_text(json.dumps({"model_type" if name.islower() else "_class_name": name}))
    for file in kind.needs[:1]:
        (place / file).write_text("{}")
    save_file({"weight": np.full(3, seed, np.float32)}, place / f"model{WEIGHTS}")
    return place


def refused(kind: Kind, name: str, folder: Path) -> str:
    with pytest.raises(EnvironmentFault) as caught:
        find_asset(kind, name, folder=folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", [*FOLDERS, *FILES], ids=lambda kind: kind.noun)
def test_the_projects_folder_comes_before_the_working_directory(kind: Kind, tmp_path: Path) -> None:
    project = tmp_path / "project"
    here = write(kind, Path.cwd() / "things" / "one", seed=1)
    name = f"things/{here.name}"
    assert find_asset(kind, name, folder=project).path == here
    there = write(kind, project / "things" / "one", seed=2)
    found = find_asset(kind, f" {name} ", folder=project)
    assert (found.kind, found.name, found.path) == (kind, name, there)
    assert find_asset(kind, str(here), folder=project).digest != found.digest
    assert str(found) == f'{kind.noun} "{name}" ({there})'


@pytest.mark.parametrize("kind", FOLDERS, ids=lambda kind: kind.noun)
def test_the_hubs_cache_comes_last(kind: Kind, tmp_path: Path, hub_cache: Path) -> None:
    home = hub_cache / "models--some--thing"
    there = write(kind, home / "snapshots" / "abc" / "part")
    shutil.copytree(there, home / "snapshots" / "abc", dirs_exist_ok=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("abc")
    assert find_asset(kind, "some/thing", folder=tmp_path).path == there.parent
    assert find_asset(kind, "some/thing/part", folder=tmp_path).path == there


def test_a_file_in_the_hubs_cache(tmp_path: Path, hub_cache: Path) -> None:
    home = hub_cache / "models--some--adapters"
    there = write(IP_ADAPTER, home / "snapshots" / "abc" / "models" / "one")
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("abc")
    assert find_asset(IP_ADAPTER, "some/adapters/models/one.safetensors", folder=tmp_path).path == there


@pytest.mark.parametrize("kind", [*FOLDERS, *FILES], ids=lambda kind: kind.noun)
def test_what_is_said_of_one_that_is_not_there(kind: Kind, tmp_path: Path) -> None:
    near = write(kind, tmp_path / "lighthouse")
    name = near.name.replace("lighthouse", "lihgthouse")
    said = refused(kind, name, tmp_path)
    assert said.startswith(f'{kind.noun} "{name}" was not found. Looked for {tmp_path / name}, ')
    assert str(Path.cwd() / name) in said
    assert f"Did you mean {near.name}?" in said
    assert "Example" in said
    assert ("the hub's cache" in said) == kind.on_hub
    assert (f"hf download {kind.usual}" in said) == bool(kind.usual)


@pytest.mark.parametrize("kind", FOLDERS, ids=lambda kind: kind.noun)
def test_how_one_of_the_hub_is_had(kind: Kind, tmp_path: Path) -> None:
    assert "Fetch it with: hf download some/thing" in refused(kind, "some/thing", tmp_path)
    (tmp_path / "some").mkdir()
    assert "hf download some/thing" not in refused(kind, "some/thing", tmp_path), "a folder's name, mistyped"


@pytest.mark.parametrize("kind", FOLDERS, ids=lambda kind: kind.noun)
def test_folders_that_are_refused(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert f"has no {CONFIG}: it is not {kind.form}" in refused(kind, "empty", tmp_path)
    assert f"is a single file. Here it must be {kind.form}" in refused(kind, "x.safetensors", tmp_path)
    for name, damage in {"none": None, "pickled": b"", "cut": b"\x08\0\0\0\0\0\0\0{}"}.items():
        file = write(kind, tmp_path / name) / f"model{WEIGHTS}"
        file.unlink()
        if damage is not None:
            (file.with_suffix(".bin") if name == "pickled" else file).write_bytes(damage)
    assert "has no .safetensors weights" in refused(kind, "none", tmp_path)
    assert "has only pickles" in refused(kind, "pickled", tmp_path)
    assert "damaged" in refused(kind, "cut", tmp_path)
    half = write(kind, tmp_path / "half") / f"model{WEIGHTS}"
    half.rename(half.with_name(f"model-00001-of-00002{WEIGHTS}"))
    assert f"is half downloaded: {half.parent / f'model-00002-of-00002{WEIGHTS}'}" in refused(
        kind, "half", tmp_path
    )
    if kind.classes:
        other = write(kind, tmp_path / "other")
        (other / CONFIG).write_text('{"_class_name": "Other"}')
        assert f'is a "Other". Allowed: {next(iter(kind.classes))}' in refused(kind, "other", tmp_path)


@pytest.mark.parametrize("kind", FILES, ids=lambda kind: kind.noun)
def test_files_that_are_refused(kind: Kind, tmp_path: Path) -> None:
    assert f"is not a {kind.suffixes[0]}" in refused(kind, "notes.txt", tmp_path)
    if ".pt" not in kind.suffixes:
        assert "is a pickle, which can run code" in refused(kind, "x.pt", tmp_path)


def test_raft_lies_in_torchs_cache_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    (tmp_path / "raft.pth").write_bytes(b"raft")
    said = refused(RAFT, "raft.pth", tmp_path)
    assert f"Looked for {tmp_path / 'torch' / 'hub' / 'checkpoints' / 'raft.pth'}." in said
    assert "Fetch it once with: python -c" in said
    place = tmp_path / "torch" / "hub" / "checkpoints"
    place.mkdir(parents=True)
    shutil.move(tmp_path / "raft.pth", place)
    assert find_asset(RAFT, "raft.pth").digest == sha256(b"raft").hexdigest()


def test_a_models_folder_stands_for_its_vae(tmp_path: Path) -> None:
    vae = write(VAE, tmp_path / "dream" / "vae")
    (tmp_path / "dream" / INDEX).write_text("{}")
    assert find_asset(VAE, "dream", folder=tmp_path).path == vae


@pytest.mark.parametrize("kind", [*FOLDERS, *FILES], ids=lambda kind: kind.noun)
def test_digests_are_of_the_contents(kind: Kind, tmp_path: Path) -> None:
    """Names, places and times do not matter; what the digest of each kind is of is part of frames' keys."""
    one, two = (write(kind, tmp_path / name) for name in ("one", "two"))
    os.utime(two, (1, 1))
    first = asset_at(kind, "one", one).digest
    assert asset_at(kind, "two", two).digest == first
    if one.is_file():
        plain = sha256(one.read_bytes()).hexdigest()
        assert first == (fingerprint([(kind.label, one)]) if kind.label else plain)
        return
    (two / "notes.md").write_text("not counted")
    assert asset_at(kind, "two", two).digest == first
    (two / "extra.json").write_text("{}")
    assert (asset_at(kind, "two", two).digest == first) == (not kind.counted)
    (two / CONFIG).write_text((two / CONFIG).read_text() + " ")
    assert asset_at(kind, "two", two).digest != first


def test_half_precision_is_taken_where_it_is_wanted_or_alone(tmp_path: Path) -> None:
    full, half = tmp_path / f"m{WEIGHTS}", tmp_path / f"m.fp16{WEIGHTS}"
    full.touch()
    assert weights_variant(tmp_path, half=True) is None
    half.touch()
    assert [weights_variant(tmp_path, half=wanted) for wanted in (False, True)] == [None, "fp16"]
    full.unlink()
    assert weights_variant(tmp_path, half=False) == "fp16"


def test_the_table() -> None:
    """Every kind is a folder or a file; the classes of ControlNets are those of the families."""
    assert all(kind.marker or kind.suffixes for kind in KINDS)
    assert len({kind.noun for kind in KINDS}) == len(KINDS)
    assert all(kind.examples or kind.fetch for kind in KINDS)
    of_families = {
        row.control: ", ".join(r.name for r in FAMILIES if r.control == row.control) for row in FAMILIES
    }
    assert {name: word for name, word in of_families.items() if name} == CONTROL.classes
    assert (
        Asset(kind=CLIP, name="x", path=Path(), digest="", config={"model_type": "clip"}).class_name == "clip"
    )
