"""What a model is best run with, as far as its files say.

Importable without torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from keyframes.errors import EnvironmentFault, ProjectError, did_you_mean
from render.diffusion.families.table import FamilyRow
from render.diffusion.samplers import DEFAULT, sampler_name
from render.diffusion.sides import vae_factor

FILE = "reverie.json"
FEW_STEPS = 4
OFF = 1.0
LCM_SCALE = 8.5


@dataclass(frozen=True, kw_only=True)
class ModelDefaults:
    """Settings for a project that does not give them.

    `size` is the side in pixels of the square the model was trained on; `size_multiple` what sides should be
    multiples of (the VAE's factor).
    """

    steps: int = 20
    cfg_scale: float = 7.0
    strength: float = 0.5
    sampler: str = DEFAULT
    size: int = 512
    size_multiple: int = 8


_LIMITS: Mapping[str, tuple[float, float]] = {
    "steps": (1, 1000),
    "cfg_scale": (0, 100),
    "strength": (0, 1),
    "size": (8, 8192),
}


def defaults_of_folder(folder: Path, row: FamilyRow, name: str = "") -> ModelDefaults:
    """Return a diffusers folder's defaults: its reverie.json, then what its configs say, then its family's.

    `name` is what the model is called: a folder of the hub's cache is named by a number.
    Raises EnvironmentFault for a reverie.json or config that is wrong.
    """
    denoiser, vae = (read_json(folder / part / "config.json") for part in (row.denoiser, "vae"))
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    factor, sample = vae_factor(vae), denoiser.get("sample_size")
    size = sample * factor if isinstance(sample, int) else row.size
    configs = {row.denoiser: denoiser, "vae": vae, "scheduler": scheduler}
    steps, cfg_scale = _published(row, configs)
    found = ModelDefaults(steps=steps, cfg_scale=cfg_scale, size=size, size_multiple=factor * row.patch)
    if denoiser.get("time_cond_proj_dim"):
        found = replace(found, steps=FEW_STEPS, cfg_scale=LCM_SCALE)
    elif scheduler.get("_class_name") == "LCMScheduler" or _is_turbo(
        f"{Path(name).name} {folder.name}", scheduler
    ):
        found = replace(found, steps=row.few_steps, cfg_scale=OFF)
    return _with_file(found, folder / FILE)


def defaults_of_file(path: Path, row: FamilyRow) -> ModelDefaults:
    """Return a single file's defaults: what its name and its family say."""
    found = ModelDefaults(size=row.size, steps=row.steps, cfg_scale=row.cfg_scale)
    return replace(found, steps=row.few_steps, cfg_scale=OFF) if _is_turbo(path.name, {}) else found


def defaults_of_name(name: str) -> ModelDefaults:
    """Return the defaults of a model that is not here yet: what its name says."""
    return (
        replace(ModelDefaults(), steps=FEW_STEPS, cfg_scale=OFF) if _is_turbo(name, {}) else ModelDefaults()
    )


def read_json(path: Path) -> dict[str, Any]:
    """Return a config file's object, {} where there is none. Raises EnvironmentFault for a damaged one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise EnvironmentFault(f"{path}: not readable as JSON: {error}.") from error
    if not isinstance(found, dict):
        raise EnvironmentFault(f"{path}: expected a JSON object.")
    return found


def _published(row: FamilyRow, configs: Mapping[str, Mapping[str, Any]]) -> tuple[int, float]:
    """Return the steps and the guidance that models with such configs are published with."""
    for variant in row.variants:
        if configs[variant.part].get(variant.key) == variant.value:
            return variant.steps, variant.cfg_scale
    return row.steps, row.cfg_scale


def _is_turbo(name: str, scheduler: Mapping[str, Any]) -> bool:
    """Tell whether a model was distilled to a few steps without guidance.

    Such models step from the very end of the schedule (trailing); so do zero-SNR models, which are
    v-prediction.
    """
    named = re.search(r"turbo|lightning|lcm|hyper", name.lower()) is not None
    trailing = scheduler.get("timestep_spacing") == "trailing"
    velocity = scheduler.get("prediction_type") == "v_prediction" or scheduler.get("rescale_betas_zero_snr")
    return named or (trailing and not velocity)


def _with_file(defaults: ModelDefaults, path: Path) -> ModelDefaults:
    """Overlay a model's own reverie.json."""
    given = read_json(path)
    allowed = {**_LIMITS, "sampler": None}
    for key, value in given.items():
        if key not in allowed:
            raise EnvironmentFault(
                f'{path}: "{key}" is not a setting. {did_you_mean(key, allowed)} '
                f"Allowed are {', '.join(allowed)}."
            )
        if key != "sampler":
            _check_number(path, key, value)
    if "sampler" in given:
        try:
            given["sampler"] = sampler_name(str(given["sampler"]))
        except ProjectError as error:
            raise EnvironmentFault(f"{path}: {error}") from error
    return ModelDefaults(**{**asdict(defaults), **given})


def _check_number(path: Path, key: str, value: object) -> None:
    low, high = _LIMITS[key]
    kinds = int if key in ("steps", "size") else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if kinds is int else "a number"
        raise EnvironmentFault(
            f"{path}: {key} is {json.dumps(value)}; allowed is {kind} from {low} to {high}."
        )
