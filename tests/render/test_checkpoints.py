"""Films of several models: each from its key on, one at a time on the device, checked before any is loaded."""

from __future__ import annotations

import gc
import shutil
import weakref
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import render as api
from keyframes import EnvironmentFault, ProjectError
from projects import read_project
from render.cache import remember_seconds
from render.cli import main
from render.diffusion import ModelSpec, pipeline
from render.diffusion.embeddings import Notice
from render.diffusion.model import Model
from render.plans import make_plan
from render.resolve import ResolvedProject, resolve
from tests.fakes import keys_of

from ..fakes import fake_model, files
from ..tiny import tiny_sd

BOTH = '{ 0 = "one", 2 = "two" }'


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tiny models, a flow matching one and an SDXL that are never loaded, and a LoRA for the tiny ones."""
    folder = tmp_path_factory.mktemp("films")
    tiny_sd(folder / "one", seed=0)
    tiny_sd(folder / "two", seed=1)
    fake_model(folder / "few", steps=4, cfg_scale=1.0)
    for name, kind in (("flow", "FluxPipeline"), ("xl", "StableDiffusionXLPipeline")):
        index = fake_model(folder / name) / "model_index.json"
        index.write_text(f'{{"_class_name": "{kind}"}}')
    module = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    torch.manual_seed(4)
    state = {
        f"unet.{module}.lora_A.weight": torch.randn(4, 32),
        f"unet.{module}.lora_B.weight": torch.randn(32, 4),
    }
    save_file(state, folder / "style.safetensors")
    return folder


def text(model: str, more: str = "", frames: int = 4) -> str:
    return (
        f"model = {model}\nframes = {frames}\nsize = [32, 32]\n"
        f"[prompts]\nblend = 'linear'\n0 = 'a cat'\n3 = 'the sea'\n"
        f"[motion]\nborder = 'replicate'\n[diffusion]\nsteps = 2\nstrength = 0.5\ncfg_scale = 3\n{more}"
    )


def setup(folder: Path, model: str, more: str = "", frames: int = 4) -> ResolvedProject:
    return resolve(read_project(text(model, more, frames), name="dream.toml", folder=folder))


def first_change(one: list[str], two: list[str]) -> int | None:
    return next((frame for frame, (a, b) in enumerate(zip(one, two, strict=True)) if a != b), None)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of models as they are loaded; each is gone before the next one comes."""
    names: list[str] = []
    before: list[weakref.ref[torch.nn.Module]] = []
    load = pipeline.load_model

    def watched(spec: ModelSpec, notice: Notice) -> Model:
        assert all(part() is None for part in before), "the model before is still there"
        model = load(spec, notice)
        names.append(model.source.name)
        before.append(weakref.ref(model.denoiser))
        return model

    monkeypatch.setattr(pipeline, "load_model", watched)
    return names


def film(folder: Path, take: Path, model: str, more: str = "", frames: str | None = None) -> dict[str, bytes]:
    project = read_project(text(model, more), name="dream.toml", folder=folder)
    studio = api.Studio(device="cpu")
    api.render(project, take=take, studio=studio, film=False, metadata=False, frames=frames)
    del studio
    gc.collect()  # a model and its encoder know each other
    return files(take)


def test_a_film_changes_its_model_at_the_key(films: Path, tmp_path: Path, loads: list[str]) -> None:
    plain, both = film(films, tmp_path / "plain", '"one"'), film(films, tmp_path / "both", BOTH)
    assert [plain[name] == both[name] for name in plain] == [True, True, False, False]
    assert loads == ["one", "one", "two"]
    # the second model alone paints the same over the stored frame: nothing of the first one is left
    film(films, tmp_path / "parts", BOTH, frames="0-1")
    del loads[:]
    assert film(films, tmp_path / "parts", BOTH) == both
    assert loads == ["two"], "going on after the switch loads only what is needed"
    back = film(films, tmp_path / "back", '{ 0 = "one", 2 = "two", 3 = "one" }')
    assert [both[name] == back[name] for name in both] == [True, True, True, False]


def test_keys_know_the_model_of_their_own_frame(films: Path, tmp_path: Path) -> None:
    plain, both = keys_of(setup(films, '"one"')), keys_of(setup(films, BOTH))
    assert first_change(plain, both) == 2
    assert first_change(plain, keys_of(setup(films, '{ 0 = "one" }'))) is None
    assert first_change(plain, keys_of(setup(films, '{ 0 = "one", 2 = "one" }'))) is None
    assert first_change(both, keys_of(setup(films, '{ 0 = "one", "50%" = "two" }'))) is None, (
        "1.5 is from 2 on"
    )
    other = Path(shutil.copytree(films, tmp_path / "other"))
    shutil.rmtree(other / "two")
    tiny_sd(other / "two", seed=7)
    assert first_change(both, keys_of(setup(other, BOTH))) == 2
    assert first_change(keys_of(setup(films, '{ 1 = "two" }')), keys_of(setup(films, '"two"'))) is None


def test_what_the_project_leaves_open_changes_with_the_model(films: Path) -> None:
    given = read_project(
        'model = { 0 = "one", 2 = "few" }\nframes = 4\nprompts = "0: x"\n', name="dream.toml", folder=films
    )
    rows = [resolve(given).rows[frame] for frame in range(4)]
    assert [(row.lanes["steps"], row.lanes["cfg_scale"]) for row in rows] == [(20, 7)] * 2 + [(4, 1)] * 2
    assert "default" in next(why for lane, _, why in resolve(given).timeline.explain(2) if lane == "steps")
    assert resolve(given).size == (64, 64)


LORA = '[lora.style]\npath = "style.safetensors"\n'


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        (
            '{ 0 = "one", 2 = "flow" }',
            "sampler = 'dpm++ 2m sde'",
            ['frame 2: "dpm++ 2m sde" does not work for flow'],
        ),
        ('{ 0 = "one", 2 = "flow" }', "clipskip = 2", ["frame 2: flux models have no layers"]),
        ('{ 0 = "one", "2x" = "two" }', "", ["dream.toml:1 model.2x"]),
        ('{ 0 = "one", 2 = "two", "2.0" = "one" }', "", ["are both at frame 2"]),
        ("{ }", "", ["dream.toml:1 model"]),
        ("{ 0 = 3 }", "", ["dream.toml:1 model"]),
        ("3", "", ["dream.toml:1 model"]),
        (
            '{ 0 = "one", 2 = "flow" }',
            LORA,
            ["style.safetensors does not fit", '"flow" paints frames 2 to 3', "its weight must be 0"],
        ),
        (
            '{ 0 = "one", 2 = "flow" }',
            "vae = 'one'\n",
            ["diffusion.vae", 'does not fit "flow"'],
        ),
    ],
)
def test_all_models_are_checked_by_the_plan(films: Path, model: str, more: str, said: list[str]) -> None:
    if "vae" in more:
        (films / "flow" / "vae").mkdir(exist_ok=True)
        (films / "flow" / "vae" / "config.json").write_text('{"latent_channels": 16}')
    with pytest.raises(ProjectError) as error:
        setup(films, model, more)
    assert all(words in str(error.value) for words in said), str(error.value)


def test_every_model_that_is_not_there_is_told(films: Path) -> None:
    with pytest.raises(EnvironmentFault) as error:
        setup(films, '{ 0 = "onn", 2 = "two", 3 = "twoo" }')
    first, second = str(error.value).splitlines()
    assert 'model "onn" was not found' in first
    assert 'model "twoo" was not found' in second


def test_a_lora_is_with_the_model_that_it_fits(films: Path, tmp_path: Path) -> None:
    ramp = LORA + 'weight = "0: (1) hold, 2: (0)"\n'
    made = setup(films, '{ 0 = "one", 2 = "flow" }', ramp)
    assert [made.paint.model(frame).loras for frame in range(4)] == [("style",)] * 2 + [()] * 2
    assert [what for what, _ in made.described] == ["lora"]
    plain, styled = film(films, tmp_path / "plain", BOTH), film(films, tmp_path / "styled", BOTH, ramp)
    assert plain["000000.png"] != styled["000000.png"]
    assert len(styled) == 4


def test_plan_tells_the_models_and_the_time_of_each(films: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (films / "dream.toml").write_text(text(BOTH), encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["plan", str(films / "dream.toml")])
    told = capfd.readouterr().out.splitlines()
    assert "  model     one (sd), frames 0-1" in told
    assert "  model     two (sd), frames 2-3" in told
    made = setup(films, BOTH)
    assert make_plan(made, None).seconds is None
    for frame, seconds in ((0, 30.0), (2, 10.0)):  # 10 and 10 calls
        remember_seconds(made.paint.model(frame).spec.source.fingerprint, made.size, seconds, 10)
    assert make_plan(made, None).seconds == pytest.approx(3 * 3 + 1 * 2)


def test_words_go_with_the_model_that_reads_them(films: Path) -> None:
    save_file({"emb_params": torch.ones(1, 32)}, films / "word.safetensors")
    word = '[embedding.zqx]\npath = "word.safetensors"\n'
    made = setup(films, '{ 0 = "one", 2 = "flow" }', word)
    assert made.paint.model(3).spec.embeddings == ()
    given = text('{ 0 = "one", 2 = "flow" }', word).replace("the sea", "the zqx sea")
    with pytest.raises(ProjectError, match='"flow" paints frames 2 to 3, and their prompts have the word'):
        resolve(read_project(given, name="dream.toml", folder=films))
