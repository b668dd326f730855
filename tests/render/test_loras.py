"""LoRAs of a project: written in its file, checked by the plan, part of a frame's key, seen in the film."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import save_file

import render as api
from keyframes import ProjectError
from projects import read_project
from render.cli import main
from render.resolve import ResolvedProject, resolve
from tests.fakes import keys_of

from ..fakes import files
from ..lora_files import diffsynth_state
from ..tiny import tiny_sd

ATTENTION = "attentions.0.transformer_blocks.0.attn1"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, two LoRAs for it and one for another family."""
    folder = tmp_path_factory.mktemp("films")
    torch.manual_seed(4)
    tiny_sd(folder / "tiny")
    for name, module, wide in (
        ("style", f"down_blocks.1.{ATTENTION}.to_q", 32),
        ("other", f"up_blocks.0.{ATTENTION}.to_v", 32),
        ("sdxl", f"down_blocks.1.{ATTENTION.replace('attn1', 'attn2')}.to_k", 2048),
    ):
        state = {
            f"unet.{module}.lora_A.weight": torch.randn(4, wide),
            f"unet.{module}.lora_B.weight": torch.randn(32, 4),
        }
        save_file(state, folder / f"{name}.safetensors")
    return folder


def text(loras: str = "", frames: int = 4) -> str:
    return (
        f'model = "tiny"\nframes = {frames}\nsize = [32, 32]\nprompts = "0: a cat"\n'
        f"[diffusion]\nsteps = 2\nstrength = 1\n[motion]\nborder = 'replicate'\n{loras}"
    )


def lora(name: str, **lines: object) -> str:
    return f"[lora.{name}]\n" + "".join(f"{key} = {value!r}\n" for key, value in lines.items())


def setup(folder: Path, loras: str) -> ResolvedProject:
    return resolve(read_project(text(loras), name="dream.toml", folder=folder))


RAMP = lora("style", path="style.safetensors", weight="0: (0), 1: (0), 3: (1)")


def test_a_ramp_is_seen_from_its_key_on_and_is_the_same_when_killed(films: Path, tmp_path: Path) -> None:
    studio = api.Studio(device="cpu")

    def film(loras: str, take: str, frames: str | None = None) -> dict[str, bytes]:
        project = read_project(text(loras), name="dream.toml", folder=films)
        api.render(project, take=tmp_path / take, studio=studio, film=False, metadata=False, frames=frames)
        return files(tmp_path / take)

    plain, ramp = film("", "plain"), film(RAMP, "ramp")
    assert [plain[name] == ramp[name] for name in plain] == [True, True, False, False]
    film(RAMP, "parts", "0-2")
    studio = api.Studio(device="cpu")  # as after a kill: everything is loaded anew
    assert film(RAMP, "parts") == ramp
    studio_again = film("", "plain again")
    assert studio_again == plain, "a studio's model does not keep the LoRAs of the project before"


def first_change(folder: Path, one: str, two: str) -> int | None:
    pairs = list(zip(keys_of(setup(folder, one)), keys_of(setup(folder, two)), strict=True))
    return next((frame for frame, (a, b) in enumerate(pairs) if a != b), None)


@pytest.mark.parametrize(
    ("one", "two", "first"),
    [
        ("", lora("style", path="style.safetensors", weight=0), None),
        ("", RAMP, 2),
        (RAMP, RAMP.replace("lora.style", "lora.paint"), None),
        (RAMP, RAMP.replace("3: (1)", "3: (2)"), 2),
        (RAMP, RAMP + "alpha = 2\n", 2),
        (RAMP, RAMP.replace("style.safe", "other.safe"), 2),
        (RAMP, RAMP + lora("other", path="other.safetensors", weight="0: (0), 2: (0), 3: (1)"), 3),
        ("", lora("style", path="style.safetensors"), 0),
    ],
)
def test_file_and_weight_are_in_the_key(films: Path, one: str, two: str, first: int | None) -> None:
    assert first_change(films, one, two) == first


def test_the_key_knows_what_is_in_the_file(films: Path, tmp_path: Path) -> None:
    before = keys_of(setup(films, RAMP))
    path, kept = films / "style.safetensors", (films / "style.safetensors").read_bytes()
    path.write_bytes((films / "other.safetensors").read_bytes())
    try:
        after = keys_of(setup(films, RAMP))
    finally:
        path.write_bytes(kept)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("loras", "said"),
    [
        (lora("style", path="nothing.safetensors"), ["dream.toml:11 lora.style.path: there is no file"]),
        (lora("style", path="../x.safetensors"), ["lies outside the project's folder"]),
        (lora("style", path="sdxl.safetensors"), ["lora.style.path", "made for sdxl or kolors models"]),
        (lora("style", path="tiny/model_index.json"), ["is not a .safetensors or .ckpt file"]),
        (lora("style", weight=1), ['"lora.style.path" is missing', 'path = "style.safetensors"']),
        (
            lora("style", path="style.safetensors", weight="0: (11)"),
            ["lora.style.weight", "Allowed: -10 to 10"],
        ),
        (lora("style", path="style.safetensors", weight=[1]), ["must be a number, a schedule such as"]),
        (
            lora("style", path="style.safetensors", wieght=1),
            ['"wieght" is not a setting here. Did you mean "weight"?'],
        ),
        (lora("'my style'", path="style.safetensors"), ["lora"]),
        ("lora = 3\n" + "[output]\n", ["lora"]),
        (
            lora("one", path="sdxl.safetensors") + lora("two", path="tiny/model_index.json"),
            ["dream.toml:11", "sdxl.safetensors", "dream.toml:13", "model_index.json"],
        ),
        (
            lora("style", path="gone.safetensors", weight="0: (x)"),
            ["lora.style.path", "lora.style.weight"],
        ),
    ],
)
def test_mistakes_are_found_by_the_plan(films: Path, loras: str, said: list[str]) -> None:
    with pytest.raises(ProjectError) as error:
        setup(films, loras)
    assert all(words in str(error.value) for words in said), str(error.value)


class Ran(NamedTuple):
    code: object
    out: str
    err: str


@pytest.fixture
def reverie(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Ran(ended.value.code, *capfd.readouterr())

    return run


def test_plan_says_what_a_lora_is(films: Path, reverie: Callable[..., Ran]) -> None:
    (films / "dream.toml").write_text(text(RAMP + "alpha = 2\n"), encoding="utf-8")
    ran = reverie("plan", films / "dream.toml", "--frames", "2")
    told = "  lora      style: diffusers, 1 modules of the denoiser, rank 4, scale 0.5 (alpha / rank)"
    assert told in ran.out.splitlines()
    assert "lora.style           0.5          linear between key 1 (0.0) and key 3 (1.0)" in ran.out


def test_convert_lora_from_the_command_line(tmp_path: Path, reverie: Callable[..., Ran]) -> None:
    pairs = {
        "mid_block.attentions.0.transformer_blocks.9.attn2.to_k": (torch.ones(4, 2048), torch.ones(64, 4))
    }
    torch.save(diffsynth_state(pairs), tmp_path / "in.ckpt")
    ran = reverie(
        "convert-lora", tmp_path / "in.ckpt", tmp_path / "out.safetensors", "--to", "kohya", "--alpha", 1
    )
    assert (ran.code, ran.err) == (0, "")
    assert "kohya, 1 modules of the denoiser, rank 4, scale 0.25 (alpha / rank)" in ran.out
    again = reverie("convert-lora", tmp_path / "in.ckpt", tmp_path / "out.safetensors")
    assert (again.code, "--force" in again.err) == (2, True)
    assert reverie("convert-lora", tmp_path / "in.ckpt", tmp_path / "out.ckpt").code == 2
    assert (
        "there is no file" in reverie("convert-lora", tmp_path / "gone.ckpt", tmp_path / "o.safetensors").err
    )
    (tmp_path / "in.ckpt").write_bytes(b"x")
    ran = reverie("convert-lora", tmp_path / "in.ckpt", tmp_path / "o.safetensors")
    assert (ran.code, "not a file of tensors in torch's format" in ran.err) == (3, True)
