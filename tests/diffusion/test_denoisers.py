"""A denoiser from a file of its own: read as its numbers say, checked by the plan, painted with, in the key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from keyframes import EnvironmentFault, ProjectError
from projects import Take, read_project
from render import render
from render.cli import main
from render.diffusion import Sampling, WeightOptions, find_denoiser, find_model
from render.diffusion.denoiser_file import READABLE
from render.diffusion.layouts import LAYOUTS
from render.diffusion.memory import needs_of
from render.diffusion.model import Model
from render.diffusion.offload import stream
from render.diffusion.sampling import Painting, paint
from render.resolve import resolve
from tests.diffusion.conftest import prompt
from tests.diffusion.single_file import save_single_file
from tests.fakes import keys_of
from tests.gguf_files import Tensors, denoiser_tensors, original_z_image, save_gguf
from tests.lora_files import merged, pairs_for, peft_state
from tests.models import load_model
from tests.packages import missing

FolderOf = Callable[[str], Path]
WEIGHTS = "diffusion_pytorch_model.safetensors"
TEXT = 'model = "{kind}"\nsize = [64, 64]\nframes = {frames}\nprompts = "0: a cat, 4: a fox"\n[diffusion]\n{lines}'


@pytest.fixture(scope="module")
def home(folder_of: FolderOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with models whose denoisers have no weights, and those denoisers as files beside them."""
    folder = tmp_path_factory.mktemp("films")
    for kind in ("flux-dev", "flux-schnell", "z-image", "sd3", "sd"):
        shutil.copytree(folder_of(kind), folder / kind)
        for part in ("transformer", "unet"):
            (folder / kind / part / WEIGHTS).unlink(missing_ok=True)
    save_gguf(denoiser_tensors(folder_of("flux-dev")), folder / "dev-Q8_0.gguf", kind="Q8_0")
    save_gguf(original_z_image(denoiser_tensors(folder_of("z-image"))), folder / "z-Q4_0.gguf", kind="Q4_0")
    save_gguf(denoiser_tensors(folder_of("sd"), "unet"), folder / "sd-F16.gguf", kind="F16", arch="sd1")
    save_single_file(folder_of("sd"), folder / "whole.safetensors")
    shutil.copyfile(folder_of("sd3") / "transformer" / WEIGHTS, folder / "sd3.safetensors")
    return folder


def painted(model: Model) -> Tensor:
    settings = Sampling(steps=2, cfg_scale=3.0)
    ask = {"size": (64, 64), "prompt": prompt("a cat", "fog"), "settings": settings, "seed": 3}
    return paint(model, Painting(picture=None, frame=0, **ask))  # type: ignore[arg-type]


def with_file(home: Path, kind: str, file: str) -> Model:
    weights = WeightOptions(denoiser=find_denoiser(file, folder=home))
    return load_model(find_model(str(home / kind), weights=weights), device="cpu")


def as_stored(tensors: Tensors, kind: str) -> dict[str, Tensor]:
    """Each matrix as it comes back from GGUF; diffusers multiplies blocks with their scales in float16."""
    wanted = getattr(gguf.GGMLQuantizationType, kind)
    block = gguf.GGML_QUANT_SIZES[wanted][0]

    def back(tensor: Tensor) -> Tensor:
        if tensor.ndim != 2 or tensor.shape[1] % block:
            return tensor
        values = gguf.dequantize(gguf.quantize(tensor.numpy(), wanted), wanted)
        found = torch.from_numpy(np.array(values, dtype=np.float32))
        return found if block == 1 else found.half().float()

    return {name: back(tensor.contiguous()) for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    ("kind", "part", "file", "stored"),
    [
        ("flux-dev", "transformer", "dev-Q8_0.gguf", "Q8_0"),
        ("z-image", "transformer", "z-Q4_0.gguf", "Q4_0"),  # the names of its own code: converted
        ("sd", "unet", "sd-F16.gguf", "F16"),
        ("sd", "unet", "whole.safetensors", "F32"),  # the UNet of a whole model's file
        ("sd3", "transformer", "sd3.safetensors", "F32"),
    ],
)
def test_it_paints_what_its_numbers_say(
    kind: str, part: str, file: str, stored: str, home: Path, folder_of: FolderOf, tmp_path: Path
) -> None:
    shutil.copytree(folder_of(kind), tmp_path / kind)
    save_file(as_stored(denoiser_tensors(folder_of(kind), part), stored), tmp_path / kind / part / WEIGHTS)
    theirs = painted(load_model(find_model(str(tmp_path / kind)), device="cpu"))
    ours = painted(with_file(home, kind, file))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_eight_bits_are_near_the_full_model_and_not_it(home: Path, model_of: Callable[[str], Model]) -> None:
    far = (painted(with_file(home, "flux-dev", "dev-Q8_0.gguf")) - painted(model_of("flux-dev"))).abs().max()
    assert 1e-4 < float(far) < 0.02  # measured: 0.004


def test_weights_stay_in_their_blocks(home: Path) -> None:
    model = with_file(home, "flux-dev", "dev-Q8_0.gguf")
    linear = model.denoiser.transformer_blocks[0].attn.to_q
    assert type(linear).__name__ == "GGUFLinear"
    assert linear.weight.dtype == torch.uint8
    before = painted(model)
    stream(model.denoiser, torch.device("cpu"))  # as at the level that brings weights block by block
    assert linear.weight.dtype == torch.uint8
    assert torch.equal(painted(model), before)
    assert not [name for name, weight in model.denoiser.named_parameters() if weight.is_meta]


def test_a_lora_works_on_top(home: Path, folder_of: FolderOf, tmp_path: Path) -> None:
    from render.diffusion import describe_lora

    own = load_model(find_model(str(folder_of("flux-dev"))), device="cpu").denoiser
    own.load_state_dict(as_stored(denoiser_tensors(folder_of("flux-dev")), "Q8_0"))
    pairs = pairs_for(own, ("to_q", "to_k", "proj_mlp"))
    save_file(peft_state("transformer", pairs), tmp_path / "x.safetensors")
    weights = WeightOptions(denoiser=find_denoiser("dev-Q8_0.gguf", folder=home))
    source = find_model(str(home / "flux-dev"), weights=weights)
    model = load_model(source, device="cpu", loras=[describe_lora(tmp_path / "x.safetensors")])
    without = painted(model)
    model.loras.use([0.5])
    merged(own, pairs, 0.5)
    (tmp_path / "m").mkdir()
    shutil.copytree(folder_of("flux-dev"), tmp_path / "m" / "flux-dev")
    own.save_pretrained(tmp_path / "m" / "flux-dev" / "transformer")
    theirs = painted(load_model(find_model(str(tmp_path / "m" / "flux-dev")), device="cpu"))
    torch.testing.assert_close(painted(model), theirs, atol=2e-5, rtol=0)
    assert float((theirs - without).abs().max()) > 0.01
    model.loras.use([0.0])
    assert torch.equal(painted(model), without)


def keys(home: Path, lines: str, kind: str = "flux-dev") -> list[str]:
    text = TEXT.format(kind=kind, frames=2, lines=lines)
    return keys_of(resolve(read_project(text, name="dream.toml", folder=home)))


def test_a_film_of_four_frames(home: Path, tmp_path: Path) -> None:
    lines = 'denoiser = "dev-Q8_0.gguf"\nsteps = 2\nstrength = 0.6\n'
    text = TEXT.format(kind="flux-dev", frames=4, lines=lines)
    project = read_project(text, name="dream.toml", folder=home)
    done = render(project, take=tmp_path / "take", film=False, device="cpu")
    take = Take(done.take)
    assert done.painted == (0, 1, 2, 3)
    assert len({take.read(frame).tobytes() for frame in range(4)}) == 4
    assert render(project, take=tmp_path / "take", film=False, device="cpu").painted == ()
    assert take.read(0).std() > 1


def test_it_is_in_the_key_and_the_folders_own_is_not(home: Path, folder_of: FolderOf, tmp_path: Path) -> None:
    tensors = denoiser_tensors(folder_of("flux-dev"))
    save_gguf(tensors, home / "other.gguf", kind="F16")
    found = [keys(home, f'denoiser = "{name}"\n') for name in ("dev-Q8_0.gguf", "other.gguf")]
    assert all(a != b for a, b in zip(*found, strict=True))
    shutil.copytree(folder_of("flux-dev"), tmp_path / "flux-dev")  # with weights that nobody uses
    shutil.copyfile(home / "dev-Q8_0.gguf", tmp_path / "dev-Q8_0.gguf")
    assert keys(tmp_path, 'denoiser = "dev-Q8_0.gguf"\n') == found[0]
    assert keys(tmp_path, "") != found[0]


@pytest.mark.parametrize(
    ("kind", "file", "said"),
    [
        ("sd3", "dev-Q8_0.gguf", "it is of the family flux, the model of sd3"),
        ("flux-schnell", "dev-Q8_0.gguf", "it has an input for the guidance scale, and the model has none"),
        ("flux-dev", "gone.gguf", 'denoiser "gone.gguf" was not found. Looked for'),
        ("flux-dev", "flux.pt", "is a pickle, which can run code"),
        ("flux-dev", "flux-dev", "is not a .gguf or .safetensors file"),
        ("flux-dev", "flux-dev/vae/" + WEIGHTS, "is no denoiser of a family that paints here"),
        ("flux-dev", "cut.gguf", "cut.gguf: not a readable GGUF file"),
        ("flux-dev", "noise.gguf", "noise.gguf: not a readable GGUF file"),
        ("flux-dev", "deep.gguf", "it has 2 blocks transformer_blocks, and the model has 1 (num_layers)"),
        ("sd3", "wide.safetensors", "it has joint_attention_dim 96, and the model has 64"),
        ("sd3", "scaled.safetensors", "is stored with scales of its own"),
        ("whole.safetensors", "sd-F16.gguf", "a single file with a denoiser in it"),
    ],
)
def test_mistakes_are_found_by_the_plan(
    kind: str, file: str, said: str, home: Path, folder_of: FolderOf
) -> None:
    whole = (home / "dev-Q8_0.gguf").read_bytes()
    (home / "cut.gguf").write_bytes(whole[: len(whole) // 2])
    (home / "noise.gguf").write_bytes(b"GGUF" + bytes(range(200)))
    deep = denoiser_tensors(folder_of("flux-dev"))
    deep |= {n.replace(".0.", ".1.", 1): t for n, t in deep.items() if n.startswith("transformer_blocks.")}
    save_gguf(deep, home / "deep.gguf")
    sd3 = load_file(home / "sd3.safetensors")
    save_file({**sd3, "context_embedder.weight": torch.zeros(32, 96)}, home / "wide.safetensors")
    save_file({**sd3, "proj_out.scale_weight": torch.ones(1)}, home / "scaled.safetensors")
    with pytest.raises(ProjectError) as error:
        keys(home, f'denoiser = "{file}"\n', kind)
    assert said in str(error.value), str(error.value)
    assert "dream.toml:6 diffusion.denoiser" in str(error.value)


def test_a_denoiser_lacking_weights_is_no_black_film(home: Path, folder_of: FolderOf) -> None:
    tensors = original_z_image(denoiser_tensors(folder_of("z-image")))
    tensors.pop("layers.0.feed_forward.w1.weight")
    save_gguf(tensors, home / "holes.gguf")
    with pytest.raises(EnvironmentFault, match=r'denoiser "holes.gguf" .* "weights are missing". It may'):
        with_file(home, "z-image", "holes.gguf")
    tensors = denoiser_tensors(folder_of("flux-dev"))
    tensors.pop("single_transformer_blocks.0.attn.to_v.weight")
    save_gguf(tensors, home / "holes.gguf")
    with pytest.raises(
        EnvironmentFault, match=r'denoiser "holes.gguf" .* could not be loaded: .* incomplete'
    ):
        with_file(home, "flux-dev", "holes.gguf")


def test_without_the_package_it_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, "gguf")
    with pytest.raises(
        ProjectError, match=r'needs the package gguf. Install it with: pip install "reverie\[gguf'
    ):
        keys(home, 'denoiser = "dev-Q8_0.gguf"\n')


def test_a_gguf_file_is_no_model(home: Path) -> None:
    with pytest.raises(EnvironmentFault, match=r'holds a denoiser alone.*denoiser = "dev-Q8_0.gguf"'):
        find_model("dev-Q8_0.gguf", folder=home)


def test_without_its_denoiser_a_folder_is_no_model(home: Path) -> None:
    with pytest.raises(EnvironmentFault, match=r"has no .safetensors weights"):
        find_model("flux-dev", folder=home)


def test_a_hub_model_in_the_cache_needs_no_denoiser(home: Path, hub_cache: Path) -> None:
    folder = hub_cache / "models--some--flux"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    shutil.copytree(home / "flux-dev", folder / "snapshots" / "abc")
    assert find_model("some/flux").path is None
    weights = WeightOptions(denoiser=find_denoiser("dev-Q8_0.gguf", folder=home))
    assert find_model("some/flux", weights=weights).path == folder / "snapshots" / "abc"


def test_plan_and_doctor_tell_of_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "told.toml"
    path.write_text(TEXT.format(kind="flux-dev", frames=2, lines='denoiser = "dev-Q8_0.gguf"\n'))
    told = "dev-Q8_0.gguf (flux, GGUF: Q8_0, F32, 0.00 GiB)"
    for command in ("plan", "doctor"):
        with pytest.raises(SystemExit, match="0"):
            main([command, str(path)])
        assert f"denoiser  {told}" in capsys.readouterr().out.replace("denoiser   ", "denoiser  ")


def test_memory_is_reckoned_as_it_is_stored(home: Path, folder_of: FolderOf) -> None:
    source = partial(needs_of, size=(64, 64), bytes_each=2, guided=False)
    file = find_denoiser("dev-Q8_0.gguf", folder=home)
    held = source(find_model(str(home / "flux-dev"), weights=WeightOptions(denoiser=file)))
    own = source(find_model(str(folder_of("flux-dev"))))
    assert held.weights["transformer"] == file.size
    assert {**held.weights, "transformer": 0} == {**own.weights, "transformer": 0}
    # 34 bytes for each 32 numbers in blocks
    assert file.size < 0.6 * own.weights["transformer"]


def test_the_tables_are_diffusers_own() -> None:
    types = import_module("diffusers.quantizers.gguf.utils").SUPPORTED_GGUF_QUANT_TYPES
    assert {kind.name for kind in types} | {"F32", "F16"} == READABLE
    marks = import_module("diffusers.loaders.single_file_utils").CHECKPOINT_KEY_NAMES
    known = {layout.family: set(layout.needs.split()) for layout in reversed(LAYOUTS)}
    for family, theirs in (("flux", "flux"), ("sd3", "sd3"), ("z-image", "z-image-turbo")):
        assert known[family] & set(marks[theirs]), family
