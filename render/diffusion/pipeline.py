"""Loading a model: diffusers reads the files, the parts are kept."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from keyframes.errors import EnvironmentFault
from render.assets.files import CONFIG, HALF, INDEX, first_line, read_json, weights_variant
from render.assets.find import Asset
from render.assets.loading import load_part, loading, quiet_libraries, why_not_fetched
from render.devices import find_device, find_dtype
from render.diffusion.catalogue import source_of_folder
from render.diffusion.clipguidance.clip_model import ClipModels
from render.diffusion.control import load_controls
from render.diffusion.denoiser_file import load_denoiser
from render.diffusion.embeddings import Notice, TextEncoder, drop_notice
from render.diffusion.families.table import FamilyRow
from render.diffusion.inversions import attach_inversions
from render.diffusion.ip_adapters import attach_adapters
from render.diffusion.job import ModelSpec
from render.diffusion.loras.attach import attach_loras
from render.diffusion.memory import ENCODERS_OFF, NONE, MemoryPolicy, least_level, needs_of
from render.diffusion.model import Family, Model
from render.diffusion.model_source import ModelSource
from render.diffusion.offload import stays
from render.diffusion.weights import (
    check_device,
    check_vae,
    check_weights,
    in_pipeline,
    in_place,
    quantised_parts,
)


def load_model(spec: ModelSpec, notice: Notice | None = None) -> Model:
    """Load a model with all that is attached to it.

    `notice` is called with what a person should know, such as words beyond the model's window, one sentence
    each. The network is used only for a hub name that is not in the local cache. LoRAs have no weight at first
    (see Loras.use). On a GPU, the memory that pictures of `spec.size` need decides which parts stay on it
    (render.diffusion.memory).

    Raises EnvironmentFault where the device is not there, a part does not fit the model, or files cannot be read.
    """
    device = find_device(spec.device)
    quiet_libraries()
    source = spec.source
    if source.kind == "hub" and source.path is None:
        source = fetch_model(source, device=spec.device, dtype=spec.dtype)
    row = source.row
    dtype = find_dtype(row.half if spec.dtype == "auto" and device.type != "cpu" else spec.dtype, device)
    _check_packages(source)
    check_weights(source)
    check_device(source, device.type)
    if spec.vae is not None:
        check_vae(spec.vae, source)
    pipe = _read(source, dtype, spec.vae)
    words = attach_inversions(pipe, dict(spec.embeddings))
    memory = MemoryPolicy(_least_level(source, device, dtype, spec.size))
    _place(pipe, device, memory)
    denoiser = getattr(pipe, row.denoiser)
    notice = notice or drop_notice
    return Model(
        source=source,
        family=_family(row),
        encoders=_text_encoders(pipe),
        denoiser=denoiser,
        vae=pipe.vae,
        scheduler=type(pipe.scheduler).__name__,
        scheduler_config=dict(pipe.scheduler.config),
        flags=dict(pipe.config),
        device=device,
        dtype=dtype,
        notice=notice,
        loras=attach_loras(pipe, row, spec.loras, dtype),
        adapters=attach_adapters(denoiser, spec.adapters, device=device, dtype=dtype),
        controls=load_controls(spec.controls, denoiser=denoiser, device=device, dtype=dtype),
        inversions=words,
        clip=ClipModels(spec.clip_models, spec.clip_decoder, device=device, dtype=dtype, notice=notice),
        memory=memory,
    )


def _family(row: FamilyRow) -> Family:
    module, _, name = row.code.partition(".")
    family: Family = getattr(import_module(f"render.diffusion.families.{module}"), name)(row)
    return family


def _place(pipe: Any, device: torch.device, memory: MemoryPolicy) -> None:
    """Freeze the parts, and move to the device those that stay there."""
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(False)
            if memory.level < ENCODERS_OFF and not stays(part):
                part.to(device)


def _text_encoders(pipe: Any) -> tuple[TextEncoder, ...]:
    pairs = [
        (getattr(pipe, f"tokenizer{end}", None), getattr(pipe, f"text_encoder{end}", None))
        for end in ("", "_2", "_3")
    ]
    return tuple(TextEncoder(tokenizer=tokenizer, encoder=encoder) for tokenizer, encoder in pairs if encoder)


def _least_level(
    source: ModelSource, device: torch.device, dtype: torch.dtype, size: tuple[int, int] | None
) -> int:
    """Return the first memory level at which a model fits its GPU."""
    if device.type != "cuda":
        return NONE
    side = source.defaults.size
    needs = needs_of(source, size or (side, side), bytes_each=dtype.itemsize, guided=True)
    total = torch.cuda.get_device_properties(device).total_memory
    return least_level(needs, total)


def fetch_model(source: ModelSource, *, device: str = "auto", dtype: str = "auto") -> ModelSource:
    """Fetch a hub model that is not in the local cache, safetensors only, and return its full description.

    Where it will run in half precision, such files are preferred. Raises EnvironmentFault if it cannot be had.
    """
    quiet_libraries()
    half = find_dtype(dtype, find_device(device)) != torch.float32
    failed: Exception | None = None
    download = import_module("diffusers").DiffusionPipeline.download
    for variant in (HALF, None) if half else (None, HALF):
        try:
            path = Path(download(source.name, use_safetensors=True, variant=variant))
        except (OSError, ValueError) as error:
            failed = error
            continue
        return source_of_folder(source.name, path, kind="hub", weights=source.weights)
    usual = f"{first_line(failed)} Check the name and the network"
    why = why_not_fetched(source.name, failed) or usual
    raise EnvironmentFault(
        f'model "{source.name}" could not be fetched from the hub: {why}, or use a model that is here, for '
        'example "sketch".'
    ) from failed


def _check_packages(source: ModelSource) -> None:
    """Refuse a model whose parts need a package that is not installed."""
    for package in source.row.needs:
        if find_spec(package) is None:
            raise EnvironmentFault(
                f'model "{source.name}" is a {source.family} model, which needs the package {package}. Install it '
                f"with: pip install {package}"
            )


def _read(source: ModelSource, dtype: torch.dtype, vae: Asset | None) -> Any:
    """Return the diffusers pipeline of a model's files."""
    assert source.path is not None
    row = source.row
    read = _read_file if source.kind == "single-file" else _read_folder
    with loading(f'model "{source.name}" ({source.path})'), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the age of config files, which nobody here can change
        given = {} if vae is None else {"vae": load_part(vae, _vae_dtype(row, vae.config, dtype))}
        return read(source.path, row, dtype, {**given, **_held(source, dtype)})


def _held(source: ModelSource, dtype: torch.dtype) -> dict[str, Any]:
    """Return the arguments that load the weights as the model's WeightOptions say."""
    held: dict[str, Any] = {}
    part = source.row.denoiser
    parts, file, method = quantised_parts(source), source.weights.denoiser, source.weights.quantize
    if file is not None and source.path is not None:
        held[part] = load_denoiser(file, source.path / part, dtype)
        if parts.pop(part, None):
            in_place(held[part], method)
    if parts:
        held["quantization_config"] = in_pipeline(method, parts, dtype)
    return held


def _read_folder(path: Path, row: FamilyRow, dtype: torch.dtype, given: Mapping[str, Any]) -> Any:
    index = read_json(path / INDEX)
    absent = [part for part, entry in index.items() if isinstance(entry, list) and None in entry]
    sampled = path / ("vae" if row.denoiser in given else row.denoiser)
    return import_module("diffusers").DiffusionPipeline.from_pretrained(
        str(path),
        dtype={"default": dtype, "vae": _vae_dtype(row, read_json(path / "vae" / CONFIG), dtype)},
        variant=weights_variant(sampled, half=dtype == torch.float16),
        use_safetensors=True,
        local_files_only=True,
        **{part: None for part in (*row.omitted, *absent) if part in index},
        **given,
    )


def _read_file(path: Path, row: FamilyRow, dtype: torch.dtype, given: Mapping[str, Any]) -> Any:
    """Read a single file; its configs and tokenizer lie in a folder of its name beside it, or in the hub's cache."""
    beside = path.with_suffix("")
    options: dict[str, Any] = {"config": str(beside)} if (beside / INDEX).is_file() else {}
    pipeline = getattr(import_module("diffusers"), row.pipelines[0])
    try:
        pipe = pipeline.from_single_file(str(path), dtype=dtype, local_files_only=True, **options, **given)
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            f"{path} holds weights only, and its configs and tokenizer are not here ({first_line(error)}) "
            f'Fetch them once with: hf download {row.reference} --include "*.json" "*.txt", or put a '
            f"diffusers folder of the same family beside it as {beside.name}/."
        ) from error
    pipe.vae.to(dtype=_vae_dtype(row, pipe.vae.config, dtype))
    return pipe


def _vae_dtype(row: FamilyRow, config: Any, dtype: torch.dtype) -> torch.dtype:
    """Return the VAE's precision: SDXL's overflows in float16 unless it says that it does not (force_upcast false)."""
    upcast = row.upcasts_vae and config.get("force_upcast", True)
    return torch.float32 if upcast and dtype == torch.float16 else dtype
