"""A film made larger by a network: as transformers' own, in tiles without seams, found before anything is painted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

from keyframes import EnvironmentFault, ProjectError, RenderError
from projects import Picture
from projects.files import digest_of
from render.api import export
from render.assets.find import Asset
from render.assets.kinds import UPSCALER
from render.cli.app import cli
from render.resolve import resolve
from render.resolve.models import project_upscaler
from render.tensors import to_tensor
from render.video.upscaler import NetworkUpscaler, Tiling, Upscaler, load_upscaler, tiled
from tests.fakes import Studio, load, project_text, render, write_project
from tests.films import probe
from tests.tiny_upscaler import WINDOW, tiny_upscaler

CPU = torch.device("cpu")
NET = Asset(kind=UPSCALER, name="net", path=Path(), digest="", config={"model_type": "swin2sr"})


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_upscaler(tmp_path_factory.mktemp("upscalers") / "x2")


def found(folder: Path, name: str, upscale: int = 2) -> Upscaler:
    text = project_text(3, output=f'upscale = {upscale}\nupscaler = "{name}"')
    upscaler = project_upscaler(load(folder, text))
    assert upscaler is not None
    return upscaler


def picture(width: int = 40, height: int = 30, seed: int = 0) -> Picture:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def network(upscaler: Upscaler) -> Callable[[Tensor], Tensor]:
    model = load_upscaler(upscaler, CPU)

    def look(pixels: Tensor) -> Tensor:
        with torch.inference_mode():
            answer: Tensor = model(pixel_values=pixels).reconstruction
        return answer

    return look


@pytest.mark.parametrize(
    ("factor", "upsampler"),
    [(2, "pixelshuffle"), (3, "pixelshuffledirect"), (4, "nearest+conv"), (4, "pixelshuffle_aux")],
)
def test_as_transformers_own_processor_and_model(tmp_path: Path, factor: int, upsampler: str) -> None:
    from PIL import Image
    from transformers import Swin2SRForImageSuperResolution, Swin2SRImageProcessorPil

    tiny_upscaler(tmp_path / "net", factor=factor, upsampler=upsampler)
    given = picture(width=4 * WINDOW + 3)
    pixels = Swin2SRImageProcessorPil(size_divisor=WINDOW)(Image.fromarray(given), return_tensors="pt")
    # its processor adds a whole window where nothing is missing; the sides here are no multiples
    model = Swin2SRForImageSuperResolution.from_pretrained(tmp_path / "net").eval()
    with torch.inference_mode():
        whole = model(**pixels).reconstruction
    theirs = (whole.clamp(0, 1) * 255).round()[0, :, : 30 * factor, : 19 * factor]
    mine = NetworkUpscaler(found(tmp_path, "net", factor), factor, CPU)(given)
    assert mine.shape == (30 * factor, 19 * factor, 3)
    assert np.array_equal(mine, theirs.permute(1, 2, 0).to(torch.uint8).numpy())
    assert mine.std() > 5, "a network of zeros proves nothing"


def test_tiles_make_what_the_whole_picture_makes(tmp_path: Path, weights: Path) -> None:
    look = network(found(tmp_path, str(weights)))
    given = to_tensor(picture(150, 101), CPU)
    whole = tiled(given, look, Tiling(factor=2, window=WINDOW, side=1000))
    # the two layers see 7 pixels around each, convolutions 5 more: a quarter of 48 is as much
    wide = tiled(given, look, Tiling(factor=2, window=WINDOW, side=96, overlap=48))
    torch.testing.assert_close(wide, whole, atol=1e-4, rtol=0)  # of a spread of 3, in float32
    usual = tiled(given, look, Tiling(factor=2, window=WINDOW, side=64, overlap=32))
    assert float((usual - whole).abs().max()) < 0.02 * float(whole.std())
    alone = tiled(given, look, Tiling(factor=2, window=WINDOW, side=64, overlap=0))
    assert float((alone - whole).abs().max()) > float(whole.std()) / 4, "seams are seen without an overlap"


@pytest.mark.parametrize("length", [8, 60, 64, 65, 96, 97, 200, 511])
@pytest.mark.parametrize(("side", "overlap"), [(64, 32), (96, 48), (64, 0)])
def test_the_weights_of_tiles_make_one_everywhere(length: int, side: int, overlap: int) -> None:
    tiling = Tiling(factor=2, window=8, side=side, overlap=overlap)
    total = torch.zeros(2 * length)
    for start, stop in tiling.spans(length):
        assert start % 8 == 0
        assert stop - start <= side
        total[2 * start : 2 * stop] += tiling.weights(start, stop, length)
    torch.testing.assert_close(total, torch.ones(2 * length))


def test_a_plain_network_leaves_no_trace_of_tiles() -> None:
    """Nearest pixels need no surroundings: any tiling gives them exactly."""
    given = torch.rand(1, 3, 77, 130, generator=torch.Generator().manual_seed(0))
    seen: list[tuple[int, int]] = []

    def nearest(pixels: Tensor) -> Tensor:
        seen.append((pixels.shape[-2], pixels.shape[-1]))
        return torch.nn.functional.interpolate(pixels, scale_factor=3, mode="nearest")

    made = tiled(given, nearest, Tiling(factor=3, window=8, side=64, overlap=32))
    torch.testing.assert_close(made, nearest(given))
    assert max(max(size) for size in seen[:-1]) == 64
    assert all(side % 8 == 0 for size in seen[:-1] for side in size)


def test_a_network_that_gives_no_numbers_is_told() -> None:
    with pytest.raises(RenderError, match="no numbers"):
        tiled(torch.rand(1, 3, 8, 8), lambda p: p.repeat(1, 1, 2, 2) * float("nan"), Tiling(factor=2))


@pytest.mark.parametrize(
    ("factor", "upscale", "runs"),
    [
        (2, 2, 1),
        (2, 3, 2),
        (2, 4, 2),
        (2, 5, 3),
        (2, 8, 3),
        (3, 2, 1),
        (3, 8, 2),
        (4, 2, 1),
        (4, 5, 1),
        (4, 8, 1),
    ],
)
def test_how_often_it_is_run(factor: int, upscale: int, runs: int) -> None:
    upscaler = Upscaler(asset=NET, factor=factor, window=8)
    assert upscaler.runs(upscale) == runs
    told = upscaler.describe(upscale)
    assert (f"{runs} times" in told) == (runs > 1)
    assert ("then resampled" in told) == (factor**runs != upscale)


@pytest.mark.parametrize("upscale", [3, 4, 5])
def test_other_factors(tmp_path: Path, weights: Path, upscale: int) -> None:
    given = np.full((24, 20, 3), 128, dtype=np.uint8)
    given[8:16, 5:15] = 200
    upscaler = found(tmp_path, str(weights), upscale)
    made = NetworkUpscaler(upscaler, upscale, CPU)(given)
    assert made.shape == (24 * upscale, 20 * upscale, 3)
    if upscale == 4:
        look, once = network(upscaler), to_tensor(given, CPU)
        for _ in range(2):
            once = tiled(once, look, Tiling(factor=2, window=WINDOW)).clamp(0, 1)
        assert np.array_equal(made, (once[0] * 255).round().permute(1, 2, 0).to(torch.uint8).numpy())


def test_smaller_tiles_when_memory_runs_out(tmp_path: Path, weights: Path) -> None:
    """A device that holds tiles of 128 pixels makes the same picture; one that holds none gives an error."""

    class Short(NetworkUpscaler):
        limit = 128

        def _look(self, tile: Tensor) -> Tensor:
            if max(tile.shape[-2:]) > self.limit:
                raise torch.OutOfMemoryError("no memory")
            return super()._look(tile)

    upscaler, given = found(tmp_path, str(weights)), picture(200, 24)
    expected = NetworkUpscaler(upscaler, 2, CPU)(given)
    made = Short(upscaler, 2, CPU)(given)
    assert np.abs(made.astype(int) - expected).mean() < 0.01
    Short.limit = 10
    with pytest.raises(EnvironmentFault, match=r"memory of cpu ran out even for tiles of 64 pixels.*kept"):
        Short(upscaler, 2, CPU)(given)


def test_a_film_of_frames_between_on_a_loop_made_larger(home: Path, weights: Path) -> None:
    plain = load(home, project_text(6, top="fps = 10"))
    first = render(plain)
    extra = f'interpolate = 2\nloop = 2\nupscale = 2\nupscaler = "{weights}"'
    large = load(home, project_text(6, top="fps = 10", output=extra))
    studio = Studio()
    done = render(large, make_painter=studio.painter)
    assert studio.painted == [], "the frames stay as they are"
    assert done.film is not None
    seen = probe(done.film)
    assert (seen.frames, seen.width, seen.height) == (8, 128, 128)
    assert render(large).up_to_date
    assert first.take == done.take


def test_new_weights_make_the_film_anew(home: Path) -> None:
    tiny_upscaler(home / "net")
    project = load(home, project_text(4, output='upscale = 2\nupscaler = "net"'))
    film = render(project).film
    assert film is not None
    first = digest_of(film)
    tiny_upscaler(home / "net", seed=1)
    done = render(project)
    assert (done.painted, done.up_to_date) == ((), False)
    assert digest_of(film) != first


def test_a_sequence_of_pictures_is_made_larger(home: Path, weights: Path) -> None:
    project = load(home, project_text(3, output=f'upscale = 2\nupscaler = "{weights}"'))
    take = render(project, film=False).take
    made = export(take, home / "pictures", device="cpu")
    assert (made.frames, made.width, made.height) == (3, 128, 128)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", r'upscaler "nothing" was not found.*hf download caidas/swin2SR'),
        ("org/net", r"hf download org/net"),
        ("net.pth", r"is a single file.*transformers' format"),
        ("other", r'is a "clip". Allowed: swin2sr'),
        ("huge", r"enlarges 5 times.*Allowed: 2, 3, 4, 8 times"),
        ("grey", r"other channels than red, green and blue"),
        ("pickled", r"only pickles"),
        ("foreign", r"are not those of a swin2sr model"),
    ],
)
def test_what_plan_refuses(home: Path, weights: Path, name: str, said: str) -> None:
    config = json.loads((weights / "config.json").read_text())
    changes: dict[str, dict[str, object]] = {
        "other": {"model_type": "clip"},
        "huge": {"upscale": 5},
        "grey": {"num_channels": 1},
        "pickled": {},
        "foreign": {},
    }
    if name in changes:
        (home / name).mkdir()
        (home / name / "config.json").write_text(json.dumps({**config, **changes[name]}))
    if name in ("huge", "grey"):
        shutil.copy(weights / "model.safetensors", home / name)
    if name == "pickled":
        (home / name / "pytorch_model.bin").write_bytes(b"\x80\x04")
    if name == "foreign":
        from safetensors.numpy import save_file

        save_file({"weight": np.zeros(3, np.float32)}, home / name / "model.safetensors")
    path = write_project(home, project_text(3, output=f'upscale = 2\nupscaler = "{name}"'))
    with pytest.raises(ProjectError, match=said) as told:
        resolve(load(home, path.read_text()))
    assert (told.value.problems[0].where, told.value.problems[0].line) == ("output.upscaler", 20)


def test_weights_that_lack_some_are_told_of(tmp_path: Path, weights: Path) -> None:
    from safetensors.torch import load_file, save_file

    kept = load_file(weights / "model.safetensors")
    del kept["upsample.conv.weight"]
    (tmp_path / "cut").mkdir()
    save_file(kept, tmp_path / "cut" / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "cut" / "config.json").write_bytes((weights / "config.json").read_bytes())
    upscaler = found(tmp_path, "cut")
    with pytest.raises(
        EnvironmentFault, match=r'could not be loaded: "its weights lack upsample.conv.weight"'
    ):
        load_upscaler(upscaler, CPU)


def test_plan_tells_of_it(home: Path, weights: Path) -> None:
    path = write_project(home, project_text(3, output=f'upscale = 3\nupscaler = "{weights}"'))
    done = CliRunner().invoke(cli, ["plan", str(path)])
    assert done.exit_code == 0, done.output
    assert "upscaler  " in done.output
    assert "(swin2sr x2, 2 times, then resampled to x3)" in done.output


def test_an_upscaler_needs_a_factor(home: Path, weights: Path) -> None:
    with pytest.raises(ProjectError, match="upscaler does nothing without a factor"):
        load(home, project_text(3, output=f'upscaler = "{weights}"'))
