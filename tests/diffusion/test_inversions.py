"""Textual inversion: the word in prompts, equal to diffusers' pipeline with the same file, in the key, checked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from keyframes import ProjectError
from keyframes.prompts import FramePrompt
from projects import read_project
from render.diffusion import Sampling, describe_inversion, find_model, words_in
from render.diffusion.inversions import expanded
from render.diffusion.latents import start_noise
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from render.resolve import resolve
from tests.diffusion.conftest import prompt
from tests.fakes import keys_of
from tests.models import load_model

FolderOf = Callable[[str], Path]
SETTINGS = Sampling(steps=2, cfg_scale=4.0)


@pytest.fixture(scope="module")
def home(folder_of: FolderOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models, and files of vectors in each of the forms."""
    folder = tmp_path_factory.mktemp("films")
    for kind in ("sd", "sdxl", "sd3"):
        shutil.copytree(folder_of(kind), folder / kind)
    generator = torch.Generator().manual_seed(5)

    def vectors(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    save_file({"emb_params": vectors(3, 32)}, folder / "a1111.safetensors")
    save_file({"<cat-toy>": vectors(32)}, folder / "learned.safetensors")
    save_file({"clip_l": vectors(2, 32), "clip_g": vectors(2, 40)}, folder / "xl.safetensors")
    save_file({"emb_params": vectors(1, 48)}, folder / "wide.safetensors")
    save_file({"clip_l": vectors(2, 32), "clip_g": vectors(1, 40)}, folder / "uneven.safetensors")
    save_file({"a": vectors(2, 2, 2)}, folder / "cube.safetensors")
    save_file({"a": vectors(2, 2), "b": vectors(2, 2)}, folder / "lora.safetensors")
    return folder


def painted(model: Model, given: FramePrompt) -> Tensor:
    return paint(
        model, Painting(picture=None, size=(64, 64), prompt=given, settings=SETTINGS, seed=3, frame=0)
    )


def loaded(home: Path, kind: str, **words: str) -> Model:
    files = {word: describe_inversion(home / f"{name}.safetensors") for word, name in words.items()}
    return load_model(find_model(str(home / kind)), device="cpu", inversions=files)


def fresh(pipeline_of: Any, kind: str) -> Any:
    """diffusers' pipeline, loaded anew: it is taught words."""
    return pipeline_of.__wrapped__(kind, image=False)


def theirs(pipe: Any, text: str, negative: str) -> Tensor:
    found: Tensor = pipe(
        text,
        negative_prompt=negative,
        num_inference_steps=2,
        guidance_scale=4.0,
        height=64,
        width=64,
        latents=start_noise(3, (4, 8, 8)),
        output_type="pt",
    ).images
    return found


@pytest.mark.parametrize(
    ("text", "negative"), [("a zqx cat", ""), ("cat", "zqx"), ("zqx, wvu", "fog wvu"), ("a cat", "fog")]
)
def test_sd_paints_what_diffusers_paints(
    home: Path, text: str, negative: str, pipeline_of: Callable[..., Any]
) -> None:
    pipe = fresh(pipeline_of, "sd")
    pipe.load_textual_inversion(str(home / "a1111.safetensors"), token="zqx")
    pipe.load_textual_inversion(str(home / "learned.safetensors"), token="wvu")
    model = loaded(home, "sd", zqx="a1111", wvu="learned")
    assert torch.equal(painted(model, prompt(text, negative)), theirs(pipe, text, negative))


def test_sdxl_paints_what_diffusers_paints(home: Path, pipeline_of: Callable[..., Any]) -> None:
    from safetensors.torch import load_file

    pipe, tensors = fresh(pipeline_of, "sdxl"), load_file(home / "xl.safetensors")
    pipe.load_textual_inversion(
        {"zqx": tensors["clip_l"]}, token="zqx", text_encoder=pipe.text_encoder, tokenizer=pipe.tokenizer
    )
    pipe.load_textual_inversion(
        {"zqx": tensors["clip_g"]}, token="zqx", text_encoder=pipe.text_encoder_2, tokenizer=pipe.tokenizer_2
    )
    model = loaded(home, "sdxl", zqx="xl")
    assert torch.equal(painted(model, prompt("a zqx cat", "zqx fog")), theirs(pipe, "a zqx cat", "zqx fog"))


def test_a_text_without_the_word_is_as_ever(home: Path, sd: Model) -> None:
    model = loaded(home, "sd", zqx="a1111")
    assert torch.equal(painted(model, prompt("a cat")), painted(sd, prompt("a cat")))
    assert not torch.equal(painted(model, prompt("zqx")), painted(sd, prompt("zqx")))


def test_the_word_takes_emphasis_capitals_and_its_own_place(home: Path) -> None:
    model = loaded(home, "sd", zqx="a1111")
    assert torch.equal(painted(model, prompt("a ZQX")), painted(model, prompt("a zqx")))
    assert not torch.equal(painted(model, prompt("a (zqx:1.4)")), painted(model, prompt("a zqx")))
    tokens = {"zqx": ("<zqx-0>", "<zqx-1>"), "zq": ("<zq-0>",)}
    assert expanded("a Zqx, (zqx:1.2) zqxx my-zqx zq", tokens) == (
        "a <zqx-0> <zqx-1>, (<zqx-0> <zqx-1>:1.2) zqxx my-zqx <zq-0>"
    )
    assert words_in(["a ZQX cat", "zqxx"], ["zqx", "zq"]) == ["zqx"]


def test_old_configs_pool_at_the_end_token(home: Path, tmp_path: Path) -> None:
    """With the wrong end token in the config CLIP takes the token of the highest number; new ones are higher."""
    import json

    old = Path(shutil.copytree(home / "sdxl", tmp_path / "old"))
    path = old / "text_encoder_2" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "eos_token_id": 2}))
    shutil.copy(home / "xl.safetensors", tmp_path)
    right, wrong = loaded(home, "sdxl", zqx="xl"), loaded(tmp_path, "old", zqx="xl")
    for text in ("a zqx cat", "a cat"):
        assert torch.equal(painted(wrong, prompt(text)), painted(right, prompt(text)))


TEXT = 'model = "KIND"\nframes = 4\n[prompts]\n0 = "a cat"\n2 = "a zqx cat"\n'


def keys(home: Path, lines: str, kind: str = "sd") -> list[str]:
    text = TEXT.replace("KIND", kind) + lines
    return keys_of(resolve(read_project(text, name="dream.toml", folder=home)))


def word(path: str, name: str = "zqx") -> str:
    return f'[embedding.{name}]\npath = "{path}"\n'


def test_it_is_in_the_key_where_a_prompt_has_it(home: Path) -> None:
    def first(one: str, two: str) -> int | None:
        pairs = zip(keys(home, one), keys(home, two), strict=True)
        return next((frame for frame, (a, b) in enumerate(pairs) if a != b), None)

    used = word("a1111.safetensors")
    assert first("", used) == 2
    assert first(used, word("learned.safetensors")) == 2
    assert first("", word("a1111.safetensors", "unused")) is None
    assert first(used, word("a1111.safetensors", "Zqx")) is None
    negative = "negative = 'zqx'\n"
    assert first(negative, negative + used) == 0


@pytest.mark.parametrize(
    ("kind", "lines", "said"),
    [
        ("sd", word("wide.safetensors"), "its vectors are 48 wide, and the model's text encoders 32."),
        ("sd", word("xl.safetensors"), "its vectors are 32 and 40 wide"),
        ("sdxl", word("a1111.safetensors"), "model's text encoders 32 and 40."),
        ("sd3", word("a1111.safetensors"), "textual inversion is for sd and sdxl models here"),
        ("sd", word("uneven.safetensors"), "differ in their number of vectors"),
        ("sd", word("cube.safetensors"), "is no textual inversion: it holds 1 tensors"),
        ("sd", word("lora.safetensors"), "is no textual inversion: it holds 2 tensors"),
        ("sd", word("old.pt"), '"old.pt" is a pickle, which can run code when it is opened'),
        ("sd", word("gone.safetensors"), "there is no file 'gone.safetensors'"),
        ("sd", word("../x.safetensors"), "lies outside the project's folder"),
        ("sd", word("xl.safetensors") + word("xl.safetensors", "ZQX"), "differ in capitals only"),
        ("sd", "[embedding.zqx]\n", 'Example: path = "mystyle.safetensors"'),
        ("sd", "[embedding.zqx]\npath = 'xl.safetensors'\nweight = 2\n", '"weight" is not a setting here'),
    ],
)
def test_mistakes_are_found_by_the_plan(home: Path, kind: str, lines: str, said: str) -> None:
    (home / "old.pt").write_bytes(b"cos\nsystem\n")
    with pytest.raises(ProjectError) as error:
        keys(home, lines, kind)
    assert said in str(error.value), str(error.value)
    assert re.search(r"dream.toml:[6-9] embedding\.", str(error.value))
