"""Finding models: names, refusals, defaults and fingerprints."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from keyframes.errors import EnvironmentFault
from render.assets.files import BLOCK, BLOCKS, WHOLE, fingerprint
from render.assets.find import BUILT_IN
from render.diffusion import ModelDefaults, find_model

FolderOf = Callable[[str], Path]


@pytest.fixture
def model(folder_of: FolderOf, tmp_path: Path) -> Path:
    """A copy of a tiny model that a test may damage: <project>/models/dream."""
    return Path(shutil.copytree(folder_of("sd"), tmp_path / "models" / "dream"))


def test_folder_relative_to_the_project(model: Path, tmp_path: Path) -> None:
    source = find_model("models/dream", folder=tmp_path)
    assert (source.kind, source.path, source.family) == ("folder", model, "sd")
    assert source.defaults == ModelDefaults(size=64, size_multiple=8)


def test_folder_relative_to_the_working_directory(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_model("models/dream").path == model
    project = tmp_path / "project"
    shutil.copytree(model, project / "models" / "dream")
    assert find_model("models/dream", folder=project).path == project / "models" / "dream"


def test_built_in(tmp_path: Path) -> None:
    source = find_model("sketch", folder=tmp_path)
    assert (source.name, source.kind, source.path) == ("sketch", "folder", BUILT_IN / "sketch")


def test_not_found(model: Path, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        find_model("models/draem", folder=tmp_path)
    message = str(caught.value)
    assert caught.value.exit_code == 3
    assert f"Looked for {tmp_path / 'models/draem'}" in message
    assert "Did you mean dream?" in message
    assert "stabilityai/sdxl-turbo" in message


@pytest.mark.parametrize("name", ["", "nothing", "x.safetensors", "../gone/far", "a b/c"])
def test_names_of_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="was not found"):
        find_model(name, folder=tmp_path)


@pytest.mark.parametrize("suffix", ["ckpt", "pt", "pth", "bin", "CKPT"])
def test_pickles_are_refused_unopened(suffix: str, tmp_path: Path) -> None:
    """The canary is a pickle that leaves a file behind when it is opened."""
    canary = tmp_path / "opened"
    (tmp_path / f"model.{suffix}").write_bytes(f"cos\nsystem\n(S'touch {canary}'\ntR.".encode())
    with pytest.raises(EnvironmentFault, match="is a pickle") as caught:
        find_model(f"model.{suffix}", folder=tmp_path)
    assert "\n" not in str(caught.value)
    assert not canary.exists()


def test_folders_of_pickles_are_refused(model: Path, tmp_path: Path) -> None:
    (model / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (model / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    with pytest.raises(EnvironmentFault, match="unet has only pickles"):
        find_model("models/dream", folder=tmp_path)


def test_missing_weights(model: Path, tmp_path: Path) -> None:
    (model / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(EnvironmentFault, match=r"vae has no \.safetensors weights"):
        find_model("models/dream", folder=tmp_path)


@pytest.mark.parametrize(
    "missing", ["tokenizer/tokenizer.json", "scheduler/scheduler_config.json", "unet/config.json"]
)
def test_missing_configs(missing: str, model: Path, tmp_path: Path) -> None:
    """A tokenizer without its vocabulary would load, and know no words."""
    (model / missing).unlink()
    with pytest.raises(EnvironmentFault, match=f"{missing.split('/')[0]} .*Fetch it again"):
        find_model("models/dream", folder=tmp_path)


@pytest.mark.parametrize("damage", ["cut", "longer", "not one", "header", "empty"])
def test_damaged_weights(damage: str, model: Path, tmp_path: Path) -> None:
    path = model / "unet" / "diffusion_pytorch_model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(
        {
            "cut": whole[:-100],
            "longer": whole + b"x",
            "not one": b"<html>" * 9,
            "header": whole[:9] + b"?" + whole[10:],
            "empty": b"",
        }[damage]
    )
    with pytest.raises(EnvironmentFault, match=r"unet.*(damaged|not a readable safetensors)") as caught:
        find_model("models/dream", folder=tmp_path)
    assert "\n" not in str(caught.value)


def test_other_families_are_refused(model: Path, tmp_path: Path) -> None:
    edit(model / "model_index.json", _class_name="PixArtSigmaPipeline")
    with pytest.raises(
        EnvironmentFault,
        match=r"is a PixArtSigmaPipeline. Families that paint here: StableDiffusionXLPipeline",
    ):
        find_model("models/dream", folder=tmp_path)


def test_inpainting_folders_are_refused(model: Path, tmp_path: Path) -> None:
    edit(model / "unet" / "config.json", in_channels=9)
    with pytest.raises(EnvironmentFault, match="takes 9 channels and its vae gives 4: it is for inpainting"):
        find_model("models/dream", folder=tmp_path)


def test_parts_with_code_of_their_own_are_refused(model: Path, tmp_path: Path) -> None:
    edit(model / "model_index.json", unet=["os", "system"])
    with pytest.raises(EnvironmentFault, match="its unet is code of its own"):
        find_model("models/dream", folder=tmp_path)


def test_folder_without_index(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(EnvironmentFault, match="not a diffusers folder"):
        find_model("pictures", folder=tmp_path)


def test_single_file_that_is_no_model(model: Path, tmp_path: Path) -> None:
    shutil.copy(model / "vae" / "diffusion_pytorch_model.safetensors", tmp_path / "vae.safetensors")
    with pytest.raises(EnvironmentFault, match="not a whole Stable Diffusion model"):
        find_model("vae.safetensors", folder=tmp_path)


def test_fingerprint_is_of_the_contents(model: Path, tmp_path: Path) -> None:
    """Not of names, places and times; any change of weights or configs shows."""
    first = find_model("models/dream", folder=tmp_path).fingerprint
    copied = Path(shutil.copytree(model, tmp_path / "elsewhere"))
    for file in copied.rglob("*"):
        os.utime(file, (1, 1))
    (copied / "README.md").write_text("a card")
    (copied / "reverie.json").write_text('{"steps": 12}')
    assert find_model("elsewhere", folder=tmp_path).fingerprint == first
    weights = load_file(copied / "unet" / "diffusion_pytorch_model.safetensors")
    next(iter(weights.values())).view(-1)[0] += 1e-3
    save_file(weights, copied / "unet" / "diffusion_pytorch_model.safetensors", {"format": "pt"})
    second = find_model("elsewhere", folder=tmp_path).fingerprint
    edit(copied / "scheduler" / "scheduler_config.json", steps_offset=0)
    assert len({first, second, find_model("elsewhere", folder=tmp_path).fingerprint}) == 3


def test_fingerprint_of_big_files_is_sampled(tmp_path: Path) -> None:
    """Beyond the size that is read whole: header, blocks evenly spread, last bytes."""
    path = tmp_path / "w"
    path.write_bytes((8).to_bytes(8, "little"))
    os.truncate(path, 3 * WHOLE)
    prints = [fingerprint([("w", path)])]
    for position in (10, (3 * WHOLE - BLOCK) * 30 // (BLOCKS - 1), 3 * WHOLE - 1, BLOCK + 1):
        with path.open("r+b") as file:
            file.seek(position)
            file.write(b"x")
        prints.append(fingerprint([("w", path)]))
    assert len(set(prints)) == 4
    assert prints[-1] == prints[-2], "between two blocks"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("sd-lcm", ModelDefaults(steps=4, cfg_scale=8.5, size=64)),
        ("sdxl-turbo", ModelDefaults(steps=4, cfg_scale=1.0, size=64)),
        ("sd-velocity", ModelDefaults(size=64)),
    ],
)
def test_defaults_of_configs(kind: str, expected: ModelDefaults, folder_of: FolderOf) -> None:
    assert find_model(str(folder_of(kind))).defaults == expected


@pytest.mark.parametrize(("name", "steps"), [("dream-turbo", 4), ("Dream_Lightning_4step", 4), ("dream", 20)])
def test_defaults_of_names(name: str, steps: int, model: Path, tmp_path: Path) -> None:
    model.rename(tmp_path / name)
    assert find_model(name, folder=tmp_path).defaults.steps == steps


def test_own_defaults(model: Path, tmp_path: Path) -> None:
    given = {"steps": 12, "cfg_scale": 3, "strength": 0.6, "sampler": "DDIM", "size": 256}
    (model / "reverie.json").write_text(json.dumps(given))
    assert find_model("models/dream", folder=tmp_path).defaults == ModelDefaults(
        steps=12, cfg_scale=3, strength=0.6, sampler="ddim", size=256, size_multiple=8
    )


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('{"step": 12}', 'reverie.json: "step" is not a setting. Did you mean "steps"'),
        ('{"steps": 0}', "steps is 0; allowed is a whole number from 1 to 1000"),
        ('{"steps": 1.5}', "steps is 1.5; allowed is a whole number"),
        ('{"strength": "high"}', 'strength is "high"; allowed is a number from 0 to 1'),
        ('{"cfg_scale": true}', "cfg_scale is true"),
        ('{"cfg_scale": NaN}', "cfg_scale is NaN"),
        ('{"sampler": "dimm"}', 'reverie.json: sampler: "dimm" is not a sampler. Did you mean "ddim"'),
        ("[]", "expected a JSON object"),
        ("{", "not readable as JSON"),
    ],
)
def test_wrong_own_defaults(text: str, match: str, model: Path, tmp_path: Path) -> None:
    (model / "reverie.json").write_text(text)
    with pytest.raises(EnvironmentFault, match=match.replace("(", r"\(")):
        find_model("models/dream", folder=tmp_path)


def test_hub_name_in_the_cache(model: Path, tmp_path: Path, hub_cache: Path) -> None:
    snapshot = hub_cache / "models--some--dream" / "snapshots" / "abc"
    shutil.copytree(model, snapshot)
    (hub_cache / "models--some--dream" / "refs").mkdir()
    (hub_cache / "models--some--dream" / "refs" / "main").write_text("abc")
    source = find_model("some/dream", folder=tmp_path)
    assert (source.kind, source.path, source.family) == ("hub", snapshot, "sd")
    assert source.fingerprint == find_model("models/dream", folder=tmp_path).fingerprint
    (snapshot / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    assert find_model("some/dream", folder=tmp_path).path is None


def test_hub_name_that_is_not_here(tmp_path: Path, hub_cache: Path) -> None:
    source = find_model("some/dream-turbo", folder=tmp_path)
    assert (source.kind, source.path, source.family, source.fingerprint) == ("hub", None, "", "")
    assert source.defaults.steps == 4


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
