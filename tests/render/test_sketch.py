"""The built-in model: an ordinary diffusers folder that follows prompts, and films of it that survive being killed."""

from __future__ import annotations

import os
import random
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch

from keyframes import FramePrompt, PromptPart, TextShare
from render.assets.find import BUILT_IN
from render.diffusion import Sampling, find_model
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from tests.models import load_model

from ..fakes import files
from ..processes import SERVER

pytestmark = pytest.mark.sketch
PROJECT = """
frames = 10
size = [128, 128]
seed = 5
[prompts]
0 = "a castle at sunset, oil painting"
5 = "a castle at night under the stars, oil painting"
[motion]
zoom = 1.02
angle = 1
[diffusion]
steps = 6
[coherence]
noise = 0.01
"""


@pytest.fixture(scope="module")
def sketch() -> Model:
    return load_model(find_model("sketch"), device="cpu")


def painted(model: Model, *texts: str, size: tuple[int, int] = (256, 256)) -> torch.Tensor:
    """(B, 3, H, W): one picture for each text, all of one seed."""
    known = model.source.defaults
    prompts = [FramePrompt(parts=(PromptPart(mix=(TextShare(text=text),)),)) for text in texts]
    settings = Sampling(steps=known.steps, cfg_scale=known.cfg_scale, sampler=known.sampler)
    works = [Painting(size=size, prompt=prompt, settings=settings, seed=3) for prompt in prompts]
    return torch.cat([paint(model, work) for work in works])


def test_the_folder() -> None:
    """Small enough for the repository, safetensors only, naming no folder of the machine that made it."""
    folder = BUILT_IN / "sketch"
    parts = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in parts) < 40e6
    assert {path.suffix for path in parts} <= {".json", ".safetensors", ".md", ".txt"}
    for path in parts:
        if path.suffix == ".json" and path.name != "tokenizer.json":  # it has a token for "/"
            assert '"/' not in path.read_text(encoding="utf-8")


def test_it_follows_the_light(sketch: Model) -> None:
    """The same subject and seed: the day is brighter than the night, and bluer than the sunset."""
    day, night, sunset = painted(
        sketch,
        "a tree in a green meadow on a clear day, illustration",
        "a tree in a green meadow at night, illustration",
        "a tree in a green meadow at sunset, illustration",
    )
    assert day.mean() > night.mean() + 0.1
    sky = slice(0, 80)
    assert day[2, sky].mean() - day[0, sky].mean() > sunset[2, sky].mean() - sunset[0, sky].mean() + 0.1


def test_larger_and_odd_canvases(sketch: Model) -> None:
    assert painted(sketch, "a boat on the sea", size=(384, 200)).shape == (1, 3, 200, 384)


def run_cli(arguments: list[str], cache: Path) -> None:
    """The target of a process: the command line itself."""
    from render.cli import main

    torch.set_num_threads(1)
    os.environ["XDG_CACHE_HOME"] = str(cache)
    main(arguments)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_three_kills(tmp_path: Path) -> None:
    """SIGKILL at three moments of painting; continued, every frame has the bytes of an uninterrupted render."""
    project = tmp_path / "dream.toml"
    project.write_text(PROJECT)

    def start(take: Path) -> BaseProcess:
        process = SERVER.Process(target=run_cli, args=(["render", str(project), "-o", str(take)], tmp_path))
        process.start()
        return process

    whole = tmp_path / "whole"
    process = start(whole)
    process.join(120)
    assert process.exitcode == 0
    expected = files(whole)
    assert len(expected) == 10
    rng = random.Random(7)
    for number in range(3):
        take = tmp_path / f"killed {number}"
        process = start(take)
        wanted = rng.randint(1, 8)
        while process.is_alive() and len(list(take.glob("frames/*.png"))) < wanted:
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.2))
        process.kill()
        process.join()
        assert len(list(take.glob("frames/*.png"))) < 10, "it was done before it was killed"
        process = start(take)
        process.join(120)
        assert process.exitcode == 0
        assert files(take) == expected
