"""What a model is best run with, as far as its files say.

Importable without torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault, ProjectError, did_you_mean
from render.assets.files import read_json
from render.diffusion.families.table import FamilyRow, vae_factor
from render.diffusion.samplers import DEFAULT, sampler_name

FILE = "reverie.json"
FEW_STEPS = 4
OFF = 1.0
LCM_SCALE = 8.5


@dataclass(frozen=True, kw_only=True)
class ModelDefaults:
    """Settings for a project that leaves them out.

    `size`: the side in pixels of the squares that the model was trained on; `size_multiple`: what sides should be
    multiples of (the VAE's factor). `color_from`: whose colours a film of prompts alone keeps best, "" for none;
    `color_pictures`: from how many pictures, for "prompt"; `color_amount` and `detail_amount`: how much of their
    colours and detail, for that `color_from` only. `max_embedded_scale`: for denoisers that take the guidance scale as
    an input, the largest that they know; given 1 they answer as if unguided. 0 if this is not known.
    """

    steps: int = 20
    cfg_scale: float = 7.0
    strength: float = 0.5
    sampler: str = DEFAULT
    size: int = 512
    size_multiple: int = 8
    color_from: str = ""
    color_pictures: int = 1
    color_amount: float = 1.0
    detail_amount: float = 0.0
    max_embedded_scale: float = 0.0


_LIMITS: Mapping[str, tuple[float, float]] = {
    "steps": (1, 1000),
    "cfg_scale": (0, 100),
    "strength": (0, 1),
    "size": (8, 8192),
    "color_pictures": (1, 64),
    "color_amount": (0, 1),
    "detail_amount": (0, 1),
    "max_embedded_scale": (0, 100),
}
_COLORS_FROM = ("frame", "previous", "prompt")


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Settings (fields of ModelDefaults) and where they come from. A later layer covers an earlier one."""

    where: str
    values: Mapping[str, Any]


def layers_of_folder(folder: Path, row: FamilyRow, name: str = "") -> tuple[Layer, ...]:
    """Return what a diffusers folder's defaults are made of: its family's, those of its configs, its reverie.json.

    `name` is what the model is called: a folder of the hub's cache is named by a number.
    Raises EnvironmentFault for a reverie.json or config that is wrong.
    """
    denoiser, vae = (read_json(folder / part / "config.json") for part in (row.denoiser, "vae"))
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    configs = {row.denoiser: denoiser, "vae": vae, "scheduler": scheduler}
    factor, sample = vae_factor(vae), denoiser.get("sample_size")
    layers = [_of_family(row), *_published(row, configs)]
    if isinstance(sample, int):
        layers.append(
            Layer(where=f"{row.denoiser}/config.json (sample_size)", values={"size": sample * factor})
        )
    layers.append(Layer(where="vae/config.json", values={"size_multiple": factor * row.patch}))
    called = f"{Path(name).name} {folder.name}"
    if denoiser.get("time_cond_proj_dim"):
        values = {"steps": FEW_STEPS, "cfg_scale": LCM_SCALE}
        layers.append(Layer(where=f"{row.denoiser}/config.json (time_cond_proj_dim)", values=values))
    elif scheduler.get("_class_name") == "LCMScheduler" or _is_turbo(called, scheduler):
        where = "its name" if _is_turbo(called, {}) else "scheduler/scheduler_config.json"
        layers.append(Layer(where=where, values={"steps": row.few_steps, "cfg_scale": OFF}))
    return (*layers, *_of_file(folder / FILE))


def layers_of_file(path: Path, row: FamilyRow) -> tuple[Layer, ...]:
    """Return what a single file's defaults are made of: its family's, and what its name says."""
    few = Layer(where="its name", values={"steps": row.few_steps, "cfg_scale": OFF})
    return (_of_family(row), few) if _is_turbo(path.name, {}) else (_of_family(row),)


def layers_of_name(name: str) -> tuple[Layer, ...]:
    """Return what the defaults of a model that is not here yet are made of: its name."""
    few = Layer(where="its name", values={"steps": FEW_STEPS, "cfg_scale": OFF})
    usual = Layer(where="all models, until it is here", values=asdict(ModelDefaults()))
    return (usual, few) if _is_turbo(name, {}) else (usual,)


def merged(layers: Iterable[Layer]) -> ModelDefaults:
    """Return the defaults that layers make, the last of them on top."""
    return ModelDefaults(**{key: value for layer in layers for key, value in layer.values.items()})


def _of_family(row: FamilyRow) -> Layer:
    known = ModelDefaults(size=row.size, steps=row.steps, cfg_scale=row.cfg_scale)
    return Layer(where=f"the family {row.name}", values=asdict(known))


def _published(row: FamilyRow, configs: Mapping[str, Mapping[str, Any]]) -> list[Layer]:
    """Return the steps and the guidance that models with such configs are published with, where they differ from
    the family's.
    """
    for variant in row.variants:
        if configs[variant.part].get(variant.key) == variant.value:
            where = f"{variant.part}'s config ({variant.key})"
            return [Layer(where=where, values={"steps": variant.steps, "cfg_scale": variant.cfg_scale})]
    return []


def _is_turbo(name: str, scheduler: Mapping[str, Any]) -> bool:
    """Tell whether a model was distilled to a few steps without guidance.

    Such models step from the very end of the schedule (trailing); so do zero-SNR models, which are
    v-prediction.
    """
    named = re.search(r"turbo|lightning|lcm|hyper", name.lower()) is not None
    trailing = scheduler.get("timestep_spacing") == "trailing"
    velocity = scheduler.get("prediction_type") == "v_prediction" or scheduler.get("rescale_betas_zero_snr")
    return named or (trailing and not velocity)


def _of_file(path: Path) -> list[Layer]:
    """Return what a model's own reverie.json says, checked."""
    given = read_json(path)
    allowed = {**_LIMITS, "sampler": None, "color_from": None}
    for key, value in given.items():
        if key not in allowed:
            raise EnvironmentFault(
                f'{path}: "{key}" is not a setting. {did_you_mean(key, allowed)} '
                f"Allowed are {', '.join(allowed)}."
            )
        if key in _LIMITS:
            _check_number(path, key, value)
    if given.get("color_from", "") not in ("", *_COLORS_FROM):
        known = ", ".join(_COLORS_FROM)
        raise EnvironmentFault(
            f"{path}: color_from is {json.dumps(given['color_from'])}; allowed are {known}."
        )
    if "sampler" in given:
        try:
            given["sampler"] = sampler_name(str(given["sampler"]))
        except ProjectError as error:
            raise EnvironmentFault(f"{path}: {error}") from error
    return [Layer(where=FILE, values=given)] if given else []


def _check_number(path: Path, key: str, value: object) -> None:
    low, high = _LIMITS[key]
    kinds = int if key in ("steps", "size", "color_pictures") else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if kinds is int else "a number"
        raise EnvironmentFault(
            f"{path}: {key} is {json.dumps(value)}; allowed is {kind} from {low} to {high}."
        )
