"""Guidance by a picture-text model in a project: checked by the plan, part of a frame's key, the same when killed."""

from __future__ import annotations

from pathlib import Path

import pytest

import render as api
from keyframes import ProjectError
from projects import read_project
from render.cli import main
from render.resolve import ResolvedProject, resolve
from tests.fakes import keys_of

from ..fakes import files
from ..tiny import tiny_sd
from ..tiny_clip import tiny_clip, tiny_decoder


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model that has a picture-text model of its own, another one, and decoders."""
    folder = tmp_path_factory.mktemp("films")
    tiny_sd(folder / "tiny")
    tiny_clip(folder / "tiny" / "picture_text")
    tiny_clip(folder / "other", seed=1)
    tiny_decoder(folder / "taesd")
    tiny_decoder(folder / "wide", channels=6)
    return folder


def text(guidance: str = "", frames: int = 4) -> str:
    table = f"[clip_guidance]\n{guidance}" if guidance else ""
    return (
        f'model = "tiny"\nframes = {frames}\nsize = [32, 32]\nprompts = "0: a cat"\n'
        f"[diffusion]\nsteps = 2\nstrength = 1\n[motion]\nborder = 'replicate'\n{table}"
    )


def setup(folder: Path, guidance: str) -> ResolvedProject:
    return resolve(read_project(text(guidance), name="dream.toml", folder=folder))


RAMP = "clip_guidance_scale = '0: (0), 1: (0), 3: (9000)'\ncut_overview = 1\ncut_innercut = 2\n"


def test_it_is_seen_from_its_key_on_and_is_the_same_when_killed(films: Path, tmp_path: Path) -> None:
    def film(guidance: str, take: str, studio: api.Studio, frames: str | None = None) -> dict[str, bytes]:
        project = read_project(text(guidance), name="dream.toml", folder=films)
        api.render(project, take=tmp_path / take, studio=studio, film=False, metadata=False, frames=frames)
        return files(tmp_path / take)

    studio = api.Studio(device="cpu")
    plain, ramp = film("", "plain", studio), film(RAMP, "ramp", studio)
    assert [plain[name] == ramp[name] for name in plain] == [True, True, False, False]
    film(RAMP, "parts", studio, "0-2")
    again = film(RAMP, "parts", api.Studio(device="cpu"))  # as after a kill: everything is loaded anew
    assert again == ramp
    assert film("clip_guidance_scale = 0\nmodel = 'gone'", "off", studio) == plain


PULLED = "clip_guidance_scale = '0: (0), 2: (5) hold, 3: (0)'\n"


@pytest.mark.parametrize(
    ("one", "two", "changed"),
    [
        ("", "clip_guidance_scale = 0\nmodel = 'gone'\ncut_overview = 3\nclamp_max = 9\n", []),
        ("", PULLED.replace("'0: (0), 2: (5) hold", "'0: (0) hold, 2: (5) hold"), [2, 3]),
        ("", "init_scale = '0: (0), 2: (0), 3: (1)'\n", [3]),
        (PULLED, PULLED + "clamp_max = '0: (0.4), 2: (0.4), 3: (0.5)'\n", []),
        (PULLED, PULLED + "model = 'tiny/picture_text'\n", []),
        (PULLED, PULLED + "model = 'other'\n", [1, 2, 3]),
        (PULLED, PULLED + "model = ['auto', 'other']\n", [1, 2, 3]),
        (PULLED, PULLED + "decoder = 'taesd'\n", [1, 2, 3]),
        (PULLED, PULLED + "cut_innercut = '[8]*1000'\n", [1, 2, 3]),
        (PULLED, PULLED + "skip_augs = true\n", [1, 2, 3]),
        (PULLED, PULLED + "cutn_batches = '0: (1), 1: (1), 2: (3)'\n", [2, 3]),
        (PULLED, PULLED + "clip_guidance_end = 1\n", [1, 2, 3]),
    ],
)
def test_what_is_in_the_key(films: Path, one: str, two: str, changed: list[int]) -> None:
    before, after = (keys_of(setup(films, guidance)) for guidance in (one, two))
    assert [frame for frame in range(4) if before[frame] != after[frame]] == changed


@pytest.mark.parametrize(
    ("guidance", "said"),
    [
        ("model = 'gone'", ["clip_guidance.model", "was not found. Looked for"]),
        ("model = ['other', 'taesd', 'gone']", ['"taesd" is a "AutoencoderTiny"', '"gone" was not found']),
        ("decoder = 'wide'", ["clip_guidance.decoder", "6 channels"]),
        ("decoder = 'other'\nmodel = 'gone'", ["clip_guidance.decoder", "clip_guidance.model"]),
        ("tv_scale = -1", ["clip_guidance.tv_scale", "Allowed: 0 to"]),
    ],
)
def test_mistakes_are_found_by_the_plan(films: Path, guidance: str, said: list[str]) -> None:
    with pytest.raises(ProjectError) as error:
        setup(films, f"clip_guidance_scale = 1\n{guidance}")
    assert all(words in str(error.value) for words in said), str(error.value)
    assert "dream.toml:" in str(error.value)


def test_plan_says_what_guides(films: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (films / "dream.toml").write_text(text(PULLED + "decoder = 'taesd'\n"))
    with pytest.raises(SystemExit):
        main(["plan", str(films / "dream.toml")])
    assert "  guided by tiny/picture_text, shown by taesd; 2 frames" in capfd.readouterr().out


def test_other_pulls_need_no_picture_text_model(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a small decoder, and two readers, paint other pictures than one."""
    monkeypatch.chdir(tmp_path)
    studio = api.Studio(device="cpu")

    def still(guidance: str, take: str) -> bytes:
        project = read_project(text(guidance, frames=2), name="dream.toml", folder=films)
        done = api.render(project, take=tmp_path / take, studio=studio, film=False, metadata=False)
        return list(files(done.take).values())[-1]

    common = "clip_guidance_scale = 9000\nclamp_max = 1\ncut_innercut = 1\ncut_overview = 1\n"
    ways = {
        "none": "",
        "smooth": "tv_scale = 9000\nclamp_max = 1\nmodel = 'gone'\n",
        "init": "init_scale = 9000\nclamp_max = 1\n",
        "one": common,
        "two": common + "model = ['auto', 'other']\n",
        "tiny": common + "decoder = 'taesd'\n",
    }
    made = [still(guidance, name) for name, guidance in ways.items()]
    assert len(set(made)) == len(made)


def test_the_built_in_model_has_its_own() -> None:
    project = read_project(
        "frames = 1\nprompts = 'a boat'\n[clip_guidance]\nclip_guidance_scale = 1\n",
        name="a.toml",
        folder=Path.cwd(),
    )
    (use,) = resolve(project).models
    assert [found.name for found in use.spec.clip_models] == ["sketch/picture_text"]
