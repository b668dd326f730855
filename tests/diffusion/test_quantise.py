"""Weights of few bits, made on loading or stored so: in the key, in what memory is reckoned, refused clearly.

torchao is not among the packages that tests need (diffusers imports it wherever it is installed, which takes seconds);
where it is there, what it does is tested. bitsandbytes needs a GPU.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from keyframes import EnvironmentFault, ProjectError
from projects import Take, read_project
from render import render
from render.diffusion import Sampling, WeightOptions, find_denoiser, find_model, quantised_parts
from render.diffusion.memory import ENCODERS_OFF, fitting, needs_of, parts_of
from render.diffusion.model import Model
from render.diffusion.sampling import Painting, paint
from render.diffusion.weights import METHODS, check_device
from render.resolve import resolve
from tests.diffusion.conftest import prompt
from tests.fakes import keys_of
from tests.gguf_files import denoiser_tensors, save_gguf
from tests.lora_files import pairs_for, peft_state
from tests.models import load_model
from tests.packages import missing, present

FolderOf = Callable[[str], Path]
TEXT = 'model = "{kind}"\nsize = [64, 64]\nframes = 3\nprompts = "0: a cat"\n[diffusion]\n{lines}'
torchao = pytest.mark.skipif(find_spec("torchao") is None, reason="torchao is not installed")


def painted(model: Model) -> Tensor:
    settings = Sampling(steps=2, cfg_scale=3.0)
    ask = {"size": (64, 64), "prompt": prompt("a cat", "fog"), "settings": settings, "seed": 3}
    return paint(model, Painting(picture=None, frame=0, **ask))  # type: ignore[arg-type]


def project_of(folder: Path, lines: str, kind: str = "flux-dev"):  # type: ignore[no-untyped-def]
    return read_project(TEXT.format(kind=kind, lines=lines), name="dream.toml", folder=folder)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the plan find the packages."""
    present(monkeypatch, "torchao", "bitsandbytes")


@torchao
@pytest.mark.parametrize(
    ("kind", "way"), [("flux-dev", "int8"), ("flux-dev", "fp8"), ("kolors", "int8"), ("sd", "fp8")]
)
def test_it_paints_with_what_diffusers_quantises(
    kind: str, way: str, folder_of: FolderOf, model_of: Callable[[str], Model]
) -> None:
    source = find_model(str(folder_of(kind)), weights=WeightOptions(quantize=way))
    model = load_model(source, device="cpu")
    library = import_module("torchao.quantization")
    made = {"int8": library.Int8WeightOnlyConfig, "fp8": library.Float8WeightOnlyConfig}[way]()
    theirs = type(model.denoiser).from_pretrained(
        str(folder_of(kind) / model.family.row.denoiser),
        quantization_config=import_module("diffusers").TorchAoConfig(made),
        dtype=torch.float32,
    )
    weights = [type(m.weight).__name__ for m in model.denoiser.modules() if isinstance(m, torch.nn.Linear)]
    assert set(weights) == {"Int8Tensor" if way == "int8" else "Float8Tensor"}
    for own, other in zip(model.denoiser.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(*(w.dequantize() if hasattr(w, "dequantize") else w for w in (own, other)))
    far = (painted(model) - painted(model_of(kind))).abs().max()
    assert 1e-5 < float(far) < 0.1


@torchao
def test_a_film_and_a_lora_on_eight_bits(folder_of: FolderOf, tmp_path: Path) -> None:
    shutil.copytree(folder_of("flux-dev"), tmp_path / "flux-dev")
    own = import_module("diffusers").FluxTransformer2DModel.from_pretrained(
        str(tmp_path / "flux-dev" / "transformer")
    )
    pairs = pairs_for(own, ("to_q", "to_k", "proj_mlp"))
    save_file(peft_state("transformer", pairs), tmp_path / "x.safetensors")
    lines = 'quantize = "int8"\nsteps = 2\n[lora.x]\npath = "x.safetensors"\nweight = "0: (0), 1: (0.7)"\n'
    done = render(project_of(tmp_path, lines), film=False, device="cpu")
    with_lora = Take(done.take).read(1)
    again = render(project_of(tmp_path, lines), take=tmp_path / "again", film=False, device="cpu")
    assert (Take(again.take).read(1) == with_lora).all()
    plain = project_of(tmp_path, 'quantize = "int8"\nsteps = 2\n')
    without = Take(render(plain, take=tmp_path / "plain", film=False, device="cpu").take)
    assert (without.read(0) == Take(done.take).read(0)).all()
    assert (without.read(1) != with_lora).any()


@torchao
def test_what_torchao_stored_is_loaded_by_itself(folder_of: FolderOf, tmp_path: Path) -> None:
    made = load_model(
        find_model(str(folder_of("flux-dev")), weights=WeightOptions(quantize="int8")), device="cpu"
    )
    folder = Path(shutil.copytree(folder_of("flux-dev"), tmp_path / "stored"))
    shutil.rmtree(folder / "transformer")
    made.denoiser.save_pretrained(str(folder / "transformer"))
    source = find_model(str(folder))
    model = load_model(source, device="cpu")
    assert type(model.denoiser.proj_out.weight).__name__ == "Int8Tensor"
    for own, other in zip(model.denoiser.parameters(), made.denoiser.parameters(), strict=True):
        assert torch.equal(*(w.dequantize() if hasattr(w, "dequantize") else w for w in (own, other)))
    part = next(part for part in parts_of(source) if part.name == "transformer")
    assert part.quantised
    assert needs_of(source, (64, 64), bytes_each=2, guided=False).weights["transformer"] == part.size


@torchao
def test_a_denoisers_file_is_quantised_too(folder_of: FolderOf) -> None:
    weights = folder_of("flux-dev") / "transformer" / "diffusion_pytorch_model.safetensors"
    weights = WeightOptions(denoiser=find_denoiser(str(weights), folder=weights.parent), quantize="int8")
    from_file = load_model(find_model(str(folder_of("flux-dev")), weights=weights), device="cpu")
    own = load_model(
        find_model(str(folder_of("flux-dev")), weights=WeightOptions(quantize="int8")), device="cpu"
    )
    torch.testing.assert_close(painted(from_file), painted(own), atol=1e-5, rtol=0)


def test_which_parts(folder_of: FolderOf, tmp_path: Path) -> None:
    def parts(kind: str, weights: WeightOptions) -> dict[str, str]:
        return quantised_parts(find_model(str(folder_of(kind)), weights=weights))

    way = WeightOptions(quantize="int8")
    assert parts("flux-dev", way) == {"transformer": "diffusers", "text_encoder_2": "transformers"}
    assert parts("sd3", way) == {"transformer": "diffusers", "text_encoder_3": "transformers"}
    assert parts("sdxl", way) == {"unet": "diffusers"}
    assert parts("sd", WeightOptions()) == {}
    save_gguf(denoiser_tensors(folder_of("flux-dev")), tmp_path / "x.gguf", kind="Q8_0")
    held = WeightOptions(denoiser=find_denoiser("x.gguf", folder=tmp_path), quantize="int8")
    assert parts("flux-dev", held) == {"text_encoder_2": "transformers"}


@pytest.mark.usefixtures("here")
def test_it_is_in_the_key(folder_of: FolderOf) -> None:
    folder = folder_of("sd").parent
    found = [
        keys_of(resolve(project_of(folder, f'quantize = "{way}"\n' if way else "", folder_of("sd").name)))
        for way in ("", "int8", "nf4", "")
    ]
    assert found[0] == found[3]
    assert len({key[0] for key in found}) == 3


def test_without_the_package_it_is_one_line(folder_of: FolderOf, monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, "bitsandbytes")
    project = project_of(folder_of("sd").parent, 'quantize = "nf4"\n', folder_of("sd").name)
    wanted = r'quantize = "nf4" needs the package bitsandbytes. Install it with: pip install "reverie\[bitsandbytes'
    with pytest.raises(EnvironmentFault, match=wanted):
        resolve(project)


@pytest.mark.usefixtures("here")
def test_mistakes_are_found_by_the_plan(folder_of: FolderOf, tmp_path: Path) -> None:
    kind = folder_of("sd").name
    shutil.copytree(folder_of("sd"), tmp_path / kind)
    shutil.copyfile(
        tmp_path / kind / "unet" / "diffusion_pytorch_model.safetensors", tmp_path / "u.safetensors"
    )
    save_gguf(denoiser_tensors(tmp_path / kind, "unet"), tmp_path / "u.gguf", kind="Q8_0")
    for lines, said in (
        ('denoiser = "u.gguf"\nquantize = "int8"\n', "finds nothing to do"),
        ('denoiser = "u.safetensors"\nquantize = "nf4"\n', 'from a .safetensors file. Use "int8" or "fp8"'),
        ('quantize = "int4"\n', "quantize"),
    ):
        with pytest.raises(ProjectError, match=said) as error:
            resolve(project_of(tmp_path, lines, kind))
        assert "diffusion.quantize" in str(error.value)


def stored_by(folder: Path, part: str, method: str) -> Path:
    path = folder / part / "config.json"
    path.write_text(
        json.dumps({**json.loads(path.read_text()), "quantization_config": {"quant_method": method}})
    )
    return folder


def test_stored_by_others_is_refused_by_name(folder_of: FolderOf, tmp_path: Path) -> None:
    folder = stored_by(Path(shutil.copytree(folder_of("sd"), tmp_path / "sd")), "unet", "quanto")
    with pytest.raises(
        EnvironmentFault, match=r"its unet is quantised \(quanto\), which Reverie does not load"
    ):
        find_model(str(folder))


def test_stored_by_a_package_that_is_not_here(
    folder_of: FolderOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing(monkeypatch, "bitsandbytes")
    folder = stored_by(
        Path(shutil.copytree(folder_of("sd"), tmp_path / "sd")), "text_encoder", "bitsandbytes"
    )
    with pytest.raises(
        EnvironmentFault, match=r"text_encoder is quantised \(bitsandbytes\) and needs the package"
    ):
        find_model(str(folder))


@pytest.mark.usefixtures("here")
def test_bitsandbytes_wants_a_gpu(folder_of: FolderOf, tmp_path: Path) -> None:
    folder = stored_by(Path(shutil.copytree(folder_of("sd"), tmp_path / "sd")), "unet", "bitsandbytes")
    with pytest.raises(EnvironmentFault, match=r"its unet is quantised \(bitsandbytes\), which needs a GPU"):
        load_model(find_model(str(folder)), device="cpu")
    with pytest.raises(EnvironmentFault, match=r'quantize = "nf4" needs a GPU'):
        load_model(find_model(str(folder_of("sd")), weights=WeightOptions(quantize="nf4")), device="cpu")
    check_device(find_model(str(folder_of("sd")), weights=WeightOptions(quantize="nf4")), "cuda")
    check_device(find_model(str(folder_of("sd")), weights=WeightOptions(quantize="int8")), "cpu")


def test_memory_is_reckoned_with_it(folder_of: FolderOf) -> None:
    def needs(way: str):  # type: ignore[no-untyped-def]
        source = find_model(str(folder_of("flux-dev")), weights=WeightOptions(quantize=way))
        return needs_of(source, (64, 64), bytes_each=2, guided=False)

    tensors = denoiser_tensors(folder_of("flux-dev"))
    linear = sum(t.numel() for name, t in tensors.items() if t.ndim == 2)
    rest = sum(t.numel() for t in tensors.values()) - linear
    for way, size in {"": 2, **{name: known.bytes_each for name, known in METHODS.items()}}.items():
        assert needs(way).weights["transformer"] == int(2 * rest + size * linear)
    assert needs("nf4").weights["text_encoder"] == needs("").weights["text_encoder"]
    assert needs("nf4").weights["text_encoder_2"] < needs("").weights["text_encoder_2"]


def test_fewer_bits_need_fewer_rungs(folder_of: FolderOf) -> None:
    """As of Flux.1's sizes: on 24 GiB it streams in half precision, and with 4 bits stays where it is."""
    from render.diffusion.memory import GIB, Needs

    def needs(each: float) -> Needs:
        weights = {"transformer": int(11.9e9 * each), "text_encoder_2": int(4.76e9 * each), "vae": GIB // 6}
        return Needs(
            weights=weights, denoiser="transformer", painting=GIB // 2, decoding=3 * GIB // 2, tiled=GIB
        )

    rungs = [fitting(needs(each), 24 * GIB * 0.94) for each in (2.0, 1.0, METHODS["nf4"].bytes_each)]
    assert rungs[0] is not None
    assert rungs[0] > ENCODERS_OFF
    assert rungs[1:] == [0, 0]
