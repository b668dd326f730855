"""IP-Adapters of a project: pictures by key, mixed between them; checked by the plan, part of a frame's key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import render as api
from keyframes import ProjectError
from projects import read_project
from projects.png import encode_png
from render.diffusion import DiffusionPainter
from render.resolve import ResolvedProject, resolve
from tests.fakes import keys_of
from tests.models import load_model

from ..fakes import files
from ..tiny import tiny_sd
from ..tiny_adapter import tiny_adapter


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, an IP-Adapter for it, and pictures."""
    from diffusers import UNet2DConditionModel

    folder = tmp_path_factory.mktemp("films")
    tiny_sd(folder / "tiny")
    denoiser = UNet2DConditionModel.from_pretrained(str(folder / "tiny" / "unet"))
    tiny_adapter(folder, denoiser)
    tiny_adapter(folder, denoiser, seed=1, name="other.safetensors")
    rng = np.random.default_rng(2)
    for name in "abc":
        small = rng.integers(0, 255, (4, 4, 3), np.uint8)
        (folder / f"{name}.png").write_bytes(encode_png(small.repeat(10, 0).repeat(10, 1)))
    return folder


def text(adapters: str = "", frames: int = 5) -> str:
    return (
        f'model = "tiny"\nframes = {frames}\nsize = [32, 32]\nprompts = "0: a cat"\n'
        f"[diffusion]\nsteps = 2\nstrength = 1\n[motion]\nborder = 'replicate'\n{adapters}"
    )


def adapter(pictures: str = "0 = 'a.png'", **lines: object) -> str:
    given = {"model": "ip-adapter.safetensors", **lines}
    table = "".join(f"{key} = {value!r}\n" for key, value in given.items())
    return f"[ip_adapter.style]\n{table}[ip_adapter.style.pictures]\n{pictures}\n"


def setup(folder: Path, adapters: str) -> ResolvedProject:
    return resolve(read_project(text(adapters), name="dream.toml", folder=folder))


def film(folder: Path, out: Path, adapters: str, only: str | None = None) -> dict[str, bytes]:
    """Render with a model loaded anew, as after a kill."""
    project = read_project(text(adapters), name="dream.toml", folder=folder)
    studio = api.Studio(device="cpu")
    api.render(project, take=out, studio=studio, film=False, metadata=False, frames=only)
    return files(out)


RAMP = adapter("1 = 'a.png'\n3 = 'b.png'", weight="0: (0), 1: (0), 4: (1)")


def test_a_ramp_is_seen_from_its_key_on_and_is_the_same_when_killed(films: Path, tmp_path: Path) -> None:
    plain, ramp = film(films, tmp_path / "plain", ""), film(films, tmp_path / "ramp", RAMP)
    assert [plain[name] == ramp[name] for name in plain] == [True, True, False, False, False]
    film(films, tmp_path / "parts", RAMP, "0-2")
    assert film(films, tmp_path / "parts", RAMP) == ramp


def test_embeddings_are_mixed_between_keys(films: Path) -> None:
    made = setup(films, adapter("1 = 'a.png'\n3 = 'b.png'"))
    (use,) = made.models
    model = load_model(use.spec.source, device="cpu", adapters=use.spec.adapters)
    pictures = {digest: path for one in use.adapters for _, path, digest in one.keys}
    painter = DiffusionPainter(model, pictures)

    def seen(frame: int) -> torch.Tensor:
        (prompt,) = made.paint.inputs(made.rows[frame]).job.image_prompts
        return painter._shown(prompt).embedding

    assert torch.equal(seen(0), seen(1)), "held before the first key"
    assert torch.equal(seen(3), seen(4)), "and after the last one"
    torch.testing.assert_close(seen(2), (seen(1) + seen(3)) / 2)
    assert (seen(1) - seen(3)).abs().max() > 0.01


HELD, BOTH = adapter(), adapter("0 = 'a.png'\n2 = 'b.png'")


@pytest.mark.parametrize(
    ("one", "two", "first"),
    [
        ("", adapter(weight=0), None),
        ("", HELD, 0),
        ("", RAMP, 2),
        (HELD, HELD.replace("style", "paint"), None),
        (HELD, BOTH, 1),
        (BOTH, adapter("0 = 'a.png'\n2 = 'b.png'\n3 = 'c.png'"), 3),
        (HELD, HELD.replace("ip-adapter.", "other."), 0),
        (HELD, adapter(weight="0: (1), 3: (1), 4: (0.5)"), 4),
        (HELD, adapter("'0%' = 'a.png'"), None),
    ],
)
def test_all_that_changes_a_frame_is_in_its_key(films: Path, one: str, two: str, first: int | None) -> None:
    keys = [keys_of(setup(films, given)) for given in (one, two)]
    assert next((frame for frame, (a, b) in enumerate(zip(*keys, strict=True)) if a != b), None) == first


@pytest.mark.parametrize(
    ("adapters", "said"),
    [
        (adapter(model="gone.safetensors"), ["dream.toml:11 ip_adapter.style.model", "was not found"]),
        (adapter(weight=11), ["ip_adapter.style.weight", "Allowed: 0 to 10"]),
        (adapter("0 = 'gone.png'"), ["dream.toml:13 ip_adapter.style.pictures.0", "there is no file"]),
        (adapter("0 = 'tiny/model_index.json'"), ["is not a picture"]),
        (adapter("x = 'a.png'"), ["ip_adapter.style.pictures.x"]),
        (adapter(""), ["ip_adapter.style.pictures"]),
        (adapter(encoder="elsewhere"), ["its image encoder is not in elsewhere"]),
        ("[ip_adapter.style]\nweight = 1\n", ['"ip_adapter.style.model" is missing', "Example: model ="]),
    ],
)
def test_mistakes_are_found_by_the_plan(films: Path, adapters: str, said: list[str]) -> None:
    with pytest.raises(ProjectError) as error:
        setup(films, adapters)
    assert all(words in str(error.value) for words in said), str(error.value)


def test_plan_says_what_an_adapter_is(films: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from render.cli import main

    (films / "dream.toml").write_text(text(RAMP), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["plan", str(films / "dream.toml"), "--frames", "4"])
    out = capfd.readouterr().out
    assert ended.value.code == 0
    assert "  picture   style: ip-adapter.safetensors (whole pictures), 2 pictures" in out.splitlines()
    assert "ip_adapter.style     1 " in out
