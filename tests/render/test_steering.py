"""Whatever can be scheduled changes the film from its key on, and not before: rendered with tiny models."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import render as api
from projects import read_project
from projects.lanes import TABLES

from ..fakes import files
from ..tiny import tiny_sd

KEY = 2
SCHEDULES = {  # lane or setting of [diffusion] -> its schedule, and what it needs besides
    "strength": ("0: (0.5) hold, 2: (1)", ""),
    "reveal_strength": ("0: (1) hold, 2: (0.6)", "zoomed"),
    "steps": ("0: (4) hold, 2: (6)", ""),
    "cfg_scale": ("0: (4) hold, 2: (7)", ""),
    "cfg_start": ("0: (0) hold, 2: (0.5)", ""),
    "cfg_end": ("0: (1) hold, 2: (0.5)", ""),
    "clipskip": ("0: (1) hold, 2: (2)", ""),
    "eta": ("0: (0) hold, 2: (1)", "sampler = 'ddim'"),
    "seed": ("0: (5) hold, 2: (9)", "seed_behavior = 'schedule'"),
    "subseed": ("0: (1) hold, 2: (2)", "subseed_strength = 0.5"),
    "subseed_strength": ("0: (0) hold, 2: (0.5)", ""),
    "cadence": ("0: (1) hold, 2: (2)", ""),
    "cadence_flow_factor": ("0: (1) hold, 2: (5)", "cadence = 2\ncadence_flow = 'dis'"),
    "sampler": ("0: (ddim), 2: (euler a)", ""),
}


@pytest.fixture(scope="module")
def studio() -> api.Studio:
    """One for all films."""
    return api.Studio(device="cpu")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two tiny models, a LoRA and a word."""
    folder = tmp_path_factory.mktemp("films")
    tiny_sd(folder / "tiny")
    tiny_sd(folder / "other", seed=1)
    module = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    torch.manual_seed(4)
    state = {f"{module}.lora_A.weight": torch.randn(4, 32), f"{module}.lora_B.weight": torch.randn(32, 4)}
    save_file(state, folder / "style.safetensors")
    save_file({"emb_params": torch.randn(2, 32)}, folder / "word.safetensors")
    return folder


def text(
    top: str = "", prompts: str = "0 = 'a cat'", diffusion: str = "", more: str = "", zoom: bool = False
) -> str:
    settings = "steps = 4\ncfg_scale = 4\nstrength = 0.5\nsampler = 'ddim'\n"
    for line in diffusion.splitlines():
        name = line.split(" =")[0]
        settings = "".join(f"{kept}\n" for kept in settings.splitlines() if kept.split(" =")[0] != name)
    motion = "zoom = 0.8" if zoom else "border = 'replicate'\nangle = 2"
    return (
        f"{top or 'model = ' + repr('tiny')}\nframes = 5\nsize = [64, 64]\n[prompts]\n{prompts}\n"
        f"[motion]\n{motion}\n[diffusion]\n{settings}{diffusion}\n{more}"
    )


def film(films: Path, take: Path, studio: api.Studio, given: str) -> list[bytes]:
    project = read_project(given, name="dream.toml", folder=films)
    api.render(project, take=take, studio=studio, film=False, metadata=False)
    return list(files(take).values())


def test_every_lane_of_the_table_is_here() -> None:
    assert set(SCHEDULES) == {spec.name for spec in TABLES["diffusion"]} | {"sampler"}


@pytest.mark.parametrize("lane", SCHEDULES)
def test_a_lane_changes_the_film_from_its_key_on(
    lane: str, films: Path, tmp_path: Path, studio: api.Studio
) -> None:
    schedule, needs = SCHEDULES[lane]
    zoom = needs == "zoomed"
    extra = "" if zoom else f"{needs}\n"
    first = schedule.split("(")[1].split(")")[0]
    held = f"{lane} = '0: ({first})'\n"
    before = film(films, tmp_path / "held", studio, text(diffusion=extra + held, zoom=zoom))
    after = film(
        films, tmp_path / "moved", studio, text(diffusion=f"{extra}{lane} = '{schedule}'\n", zoom=zoom)
    )
    same = [a == b for a, b in zip(before, after, strict=True)]
    assert same[:KEY] == [True] * KEY
    assert same[KEY:] == [False] * 3 or (lane == "cadence_flow_factor" and not same[KEY])


LORA = "[lora.style]\npath = 'style.safetensors'\nweight = '{}'\n"
WORD = "[embedding.zqx]\npath = 'word.safetensors'\n"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (text(), text(top="model = { 0 = 'tiny', 2 = 'other' }")),
        (text(), text(prompts="0 = 'a cat'\n2 = 'the sea'")),
        (text(), text(prompts="0 = 'a cat'\n2 = 'a cat --neg fog'")),
        (text(), text(prompts="0 = 'a cat'\n2 = 'a (cat:1.3)'")),
        (text(), text(prompts="0 = 'a cat'\n2 = 'a cat AND fog:0.5'")),
        (text(), text(prompts="0 = 'a cat'\n2 = 'zqx'", more=WORD)),
        (text(more=LORA.format("0: (0)")), text(more=LORA.format("0: (0) hold, 2: (1)"))),
        (text(more=LORA.format("0: (0.5)")), text(more=LORA.format("0: (0.5) hold, 2: (1)"))),
    ],
    ids=["model", "prompt", "negative", "emphasis", "composed", "word", "lora", "lora weight"],
)
def test_so_does_what_is_no_lane(one: str, two: str, films: Path, tmp_path: Path, studio: api.Studio) -> None:
    before, after = film(films, tmp_path / "one", studio, one), film(films, tmp_path / "two", studio, two)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, False, False]
