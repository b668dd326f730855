"""What families refuse, say and default to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import util
from pathlib import Path

import pytest
import torch

from keyframes.errors import EnvironmentFault, ProjectError
from keyframes.prompts import TextShare
from render.diffusion import ModelDefaults, ModelSpec, Sampling, find_model, pipeline, sampler_name
from render.diffusion.embeddings import Embedding, mix, stack
from render.diffusion.families.table import FAMILIES, family_named
from render.diffusion.guidance import make_guidance
from render.diffusion.model import Model, PromptEncoder
from render.diffusion.samplers import check_sampler, samplers_of
from render.diffusion.schedule import make_schedule, plan_steps
from render.resolve import resolve
from tests.diffusion.conftest import prompt
from tests.fakes import load as load_project
from tests.packages import missing

ModelOf = Callable[[str], Model]
FolderOf = Callable[[str], Path]
needs_sentencepiece = pytest.mark.skipif(
    util.find_spec("sentencepiece") is None, reason="Kolors needs sentencepiece"
)


@pytest.mark.parametrize(
    "name", ["ddim", "DPM++ 2M Karras", "euler a", "EulerDiscreteScheduler Karras", "tcd"]
)
def test_samplers_that_are_not_for_flow_matching(name: str) -> None:
    with pytest.raises(ProjectError, match=r"sampler"):
        check_sampler(name, family_named("flux"))


def test_the_refusal_says_why_and_what_is_allowed(model_of: ModelOf) -> None:
    model, settings = model_of("flux-dev"), Sampling(sampler="ddim")
    with pytest.raises(
        ProjectError,
        match=r'"ddim" does not work for flux models, which are trained by flow matching\. '
        r"Allowed are default, euler, heun, lcm",
    ):
        make_schedule(model, settings, plan_steps(model, settings, pictured=False), seed=1, shape=(4, 8, 8))
    with pytest.raises(ProjectError, match=r"have a sampler of their own. Allowed are default"):
        check_sampler("euler", family_named("sana-sprint"))


@pytest.mark.parametrize(
    "name", ["euler", "Euler", "FlowMatchEulerDiscreteScheduler", "k_euler", "EulerDiscreteScheduler"]
)
def test_euler_means_each_familys_own(name: str) -> None:
    assert sampler_name(name) == "euler"
    assert check_sampler(name, family_named("flux")) == check_sampler(name, family_named("sd")) == "euler"


def test_a_project_is_refused_before_the_model_is_loaded(folder_of: FolderOf, tmp_path: Path) -> None:
    text = f"model = {json.dumps(str(folder_of('flux-dev')))}\nframes = 3\n"
    resolve(load_project(tmp_path, text + '[diffusion]\nsampler = "heun"\n[prompts]\n0 = "x"\n'))
    with pytest.raises(ProjectError, match="ddim") as caught:
        resolve(load_project(tmp_path, text + '[diffusion]\nsampler = "ddim"\n[prompts]\n0 = "x"\n'))
    assert "default, euler, heun, lcm" in str(caught.value)
    assert "karras" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("kolors", ModelDefaults(steps=25, cfg_scale=5.0, size=64), marks=needs_sentencepiece),
        ("sd3", ModelDefaults(steps=28, cfg_scale=7.0, size=64, size_multiple=16)),
        ("flux-dev", ModelDefaults(steps=28, cfg_scale=3.5, size=1024, size_multiple=16)),
        ("flux-schnell", ModelDefaults(steps=4, cfg_scale=1.0, size=1024, size_multiple=16)),
        ("chroma", ModelDefaults(steps=40, cfg_scale=3.0, size=1024, size_multiple=16)),
        ("qwen-image", ModelDefaults(steps=50, cfg_scale=4.0, size=1024, size_multiple=16)),
        ("z-image", ModelDefaults(steps=9, cfg_scale=1.0, size=1024, size_multiple=16)),
        ("sana-sprint", ModelDefaults(steps=2, cfg_scale=4.5, size=64, size_multiple=8)),
    ],
)
def test_defaults(kind: str, expected: ModelDefaults, folder_of: FolderOf) -> None:
    assert find_model(str(folder_of(kind))).defaults == expected


@pytest.mark.parametrize("kind", ["flux-dev", "sana-sprint"])
def test_a_negative_prompt_that_is_not_read_is_told_once(kind: str, model_of: ModelOf) -> None:
    told: list[str] = []
    model = replace(model_of(kind), notice=told.append)
    for _ in range(2):
        rows = make_guidance(model, prompt("a cat", "fog"), Sampling(cfg_scale=4.0), frame=0)
        assert rows.negatives == 0
    make_guidance(model, prompt("a cat"), Sampling(cfg_scale=4.0), frame=0)
    assert len(told) == 1
    assert 'reads no negative prompt: "fog" changes nothing' in told[0]


def test_every_family_says_what_it_is() -> None:
    assert len({row.name for row in FAMILIES}) == len(FAMILIES)
    assert all(samplers_of(row.samplers)[0] == "default" for row in FAMILIES)


def test_the_page_of_models_has_every_family() -> None:
    """Its table's defaults are those of the families and of their variants."""
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:] for line in page.splitlines() if line.startswith("| `")]
    lines = [cells for cells in rows if cells[2].strip().isdigit()]  # the page has other tables too
    told = {(cells[0].split("`")[1], int(cells[2]), float(cells[3])) for cells in lines}
    known = {(row.name, row.steps, row.cfg_scale) for row in FAMILIES}
    known |= {(row.name, v.steps, v.cfg_scale) for row in FAMILIES for v in row.variants if row.name != "sd3"}
    assert told == known
    assert {(cells[0].split("`")[1], cells[1].strip()) for cells in lines} == {
        (row.name, row.pipelines[0]) for row in FAMILIES
    }


@pytest.mark.parametrize(
    ("kind", "file", "change", "expected"),
    [
        ("sd3", "transformer/config.json", {"qk_norm": "rms_norm"}, (28, 4.5)),
        ("z-image", "scheduler/scheduler_config.json", {"shift": 6.0}, (50, 5.0)),
    ],
)
def test_configs_tell_variants(
    kind: str,
    file: str,
    change: dict[str, object],
    expected: tuple[int, float],
    folder_of: FolderOf,
    tmp_path: Path,
) -> None:
    path = shutil.copytree(folder_of(kind), tmp_path / "dream") / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    defaults = find_model("dream", folder=tmp_path).defaults
    assert (defaults.steps, defaults.cfg_scale) == expected


@pytest.mark.parametrize(
    ("kind", "name", "steps"), [("z-image", "Z-Image-Turbo", 9), ("sd3", "sd3.5-large-turbo", 4)]
)
def test_few_steps_by_name(kind: str, name: str, steps: int, folder_of: FolderOf, tmp_path: Path) -> None:
    folder = shutil.copytree(folder_of(kind), tmp_path / name)
    defaults = find_model(name, folder=tmp_path).defaults
    assert (defaults.steps, defaults.cfg_scale, folder.name) == (steps, 1.0, name)


def test_texts_of_different_lengths_are_filled_up() -> None:
    """A blend goes on to the end of the longest text; stacked rows are masked where they are filled up."""
    short, long = Embedding(tokens=torch.ones(1, 2, 3)), Embedding(tokens=torch.ones(1, 4, 3))
    both = mix([short, long], [0.25, 0.75])
    assert both.tokens[0, :, 0].tolist() == [1.0, 1.0, 0.75, 0.75]
    assert both.mask is not None
    assert both.mask.tolist() == [[1.0] * 4]
    rows = stack([short, both])
    assert rows.mask is not None
    assert rows.mask.tolist() == [[1.0, 1.0, 0.0, 0.0], [1.0] * 4]
    assert stack([long, long]).mask is None


@needs_sentencepiece
def test_kolors_reads_chinese_with_emphasis(model_of: ModelOf) -> None:
    """The weights stand at the end of the window, where the text is; the pooled embedding has none."""
    encoder = model_of("kolors").encoder
    plain, loud = encoder.text("一只猫在海边"), encoder.text("一只猫(在海边:1.5)")
    weighted = plain.tokens.clone()
    count = len(model_of("kolors").encoders[0].tokenizer.tokenizer.sp_model.encode("一只猫在海边"))
    before = len(model_of("kolors").encoders[0].tokenizer.tokenizer.sp_model.encode("一只猫"))
    weighted[:, 256 - count + before :] *= 1.5
    torch.testing.assert_close(loud.tokens, weighted * (plain.tokens.mean() / weighted.mean()))
    assert loud.pooled is not None
    assert plain.pooled is not None
    assert torch.equal(loud.pooled, plain.pooled)


@pytest.mark.parametrize(
    "kind", ["flux-dev", "sd3", "z-image", "qwen-image", pytest.param("kolors", marks=needs_sentencepiece)]
)
def test_words_beyond_the_window(kind: str, model_of: ModelOf) -> None:
    """CLIP loses words that T5 reads: no news. What nobody reads is told."""
    told: list[str] = []
    encoder = PromptEncoder(replace(model_of(kind), notice=told.append))
    encoder.text("the sea at night, and " * 3)
    assert told == []
    encoder.text("the sea at night, and " * 70 + "fog")
    assert len(told) == 1
    assert told[0].endswith('fog".')


def test_mixes_of_texts(model_of: ModelOf) -> None:
    encoder = model_of("qwen-image").encoder
    shares = (TextShare(text="a cat", share=0.5), TextShare(text="the sea at night", share=0.5))
    cat, sea, both = encoder.text("a cat"), encoder.text("the sea at night"), encoder.mix(shares)
    length = cat.tokens.shape[1]
    assert both.tokens.shape == sea.tokens.shape
    torch.testing.assert_close(both.tokens[:, :length], (cat.tokens + sea.tokens[:, :length]) / 2)


def test_a_package_that_is_missing(folder_of: FolderOf, monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, "sentencepiece")
    source = replace(find_model(str(folder_of("sd"))), family="kolors")
    with pytest.raises(
        EnvironmentFault, match=r"needs the package sentencepiece. Install it with: pip install"
    ):
        pipeline.load_model(ModelSpec(source=source, device="cpu"))
