"""Models that are not all there: half downloaded, gated, offline; each is one clear line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from keyframes.errors import EnvironmentFault
from render.assets.files import missing_shards
from render.assets.loading import why_not_fetched
from render.diffusion import find_model, state_on_hub
from render.diffusion.pipeline import fetch_model

FolderOf = Callable[[str], Path]
WHOLE = "diffusion_pytorch_model.safetensors"
SHARDS = [f"diffusion_pytorch_model-{n:05d}-of-00003.safetensors" for n in (1, 2, 3)]


@pytest.fixture
def model(folder_of: FolderOf, tmp_path: Path) -> Path:
    """A copy of a tiny model that a test may damage: <project>/models/dream."""
    return Path(shutil.copytree(folder_of("sd"), tmp_path / "models" / "dream"))


def in_shards(part: Path) -> None:
    """Cut a part's weights in three files with an index, as big models come."""
    tensors = load_file(part / WHOLE)
    (part / WHOLE).unlink()
    names, weight_map = sorted(tensors), {}
    for number, shard in enumerate(SHARDS):
        mine = {name: tensors[name] for name in names[number::3]}
        save_file(mine, part / shard, {"format": "pt"})
        weight_map.update(dict.fromkeys(mine, shard))
    index = {"metadata": {}, "weight_map": weight_map}
    (part / f"{WHOLE}.index.json").write_text(json.dumps(index))


def test_a_model_in_shards_is_found_and_loses_none(model: Path, tmp_path: Path) -> None:
    in_shards(model / "unet")
    assert find_model("models/dream", folder=tmp_path).family == "sd"
    (model / "unet" / SHARDS[1]).unlink()
    with pytest.raises(EnvironmentFault) as caught:
        find_model("models/dream", folder=tmp_path)
    said = str(caught.value)
    assert f"half downloaded: unet/{SHARDS[1]} is missing. Go on with: hf download models/dream" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        (SHARDS, []),
        (SHARDS[:1], SHARDS[1:]),
        ([SHARDS[0], WHOLE], []),
        ([WHOLE, "model.fp16-00001-of-00002.safetensors"], []),
        (
            ["model.fp16-00001-of-00002.safetensors", SHARDS[0]],
            sorted([*SHARDS[1:], "model.fp16-00002-of-00002.safetensors"]),
        ),
        ([], []),
    ],
)
def test_shards_that_other_shards_names_tell_of(tmp_path: Path, files: list[str], missing: list[str]) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert missing_shards(tmp_path) == missing


def test_a_half_downloaded_hub_model_is_told(
    model: Path, tmp_path: Path, hub_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_shards(model / "unet")
    home = hub_cache / "models--some--dream"
    snapshot = Path(shutil.copytree(model, home / "snapshots" / "abc"))
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("abc")
    assert find_model("some/dream", folder=tmp_path).path == snapshot
    (snapshot / "unet" / SHARDS[2]).unlink()
    assert find_model("some/dream", folder=tmp_path).path is None
    said = state_on_hub("some/dream")
    assert said == f"half downloaded (unet/{SHARDS[2]} is missing); continue with: hf download some/dream"
    (home / "blobs").mkdir()
    (home / "blobs" / "1234.incomplete").touch()
    shutil.rmtree(home / "snapshots")
    assert state_on_hub("some/dream").startswith("half downloaded (1 files broken off)")


def test_names_near_in_the_cache(hub_cache: Path, tmp_path: Path) -> None:
    (hub_cache / "models--stabilityai--sdxl-turbo").mkdir()
    assert "In the cache are stabilityai/sdxl-turbo." in state_on_hub("stabilityai/sdxl-turb")
    with pytest.raises(EnvironmentFault, match="Did you mean sketch"):
        find_model("skecth", folder=tmp_path)


def test_offline_is_said(hub_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Really asked for, on a machine that may not ask the network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EnvironmentFault) as caught:
        fetch_model(find_model("some/dream", folder=tmp_path))
    said = str(caught.value)
    assert "some/dream" in said
    assert "\n" not in said
    assert "hf download some/dream" in said


def test_reasons() -> None:
    from huggingface_hub import errors

    http = import_module(errors.Response.__module__.partition(".")[0])  # the hub's own HTTP library

    def answered(kind: type[errors.HfHubHTTPError], status: int) -> Exception:
        asked = http.Request("GET", "https://huggingface.co/some/dream")
        return kind("no", response=http.Response(status, request=asked))

    def wrapped(inner: Exception) -> OSError:
        try:
            try:
                raise inner
            except Exception as error:
                raise OSError("Cannot load model some/dream: see the stacktrace above") from error
        except OSError as error:
            return error

    gated = why_not_fetched("some/dream", wrapped(answered(errors.GatedRepoError, 403)))
    assert "gated. Accept its terms at https://huggingface.co/some/dream" in gated
    gone = why_not_fetched("some/dream", answered(errors.RepositoryNotFoundError, 404))
    assert "no such model, or it is private" in gone
    offline = why_not_fetched("some/dream", wrapped(errors.OfflineModeIsEnabled("offline")))
    assert "offline" in offline
    assert "cannot be reached" in why_not_fetched("some/dream", wrapped(http.ConnectError("no route")))
    assert why_not_fetched("some/dream", OSError("disk")) == ""
    assert all("\n" not in line for line in (gated, gone, offline))


def test_a_broken_index_is_no_crash(model: Path, tmp_path: Path) -> None:
    (model / "unet" / f"{WHOLE}.index.json").write_text('{"weight_map": 3}')
    assert find_model("models/dream", folder=tmp_path).family == "sd"
    assert torch.is_tensor(load_file(model / "unet" / WHOLE)["conv_in.weight"])
