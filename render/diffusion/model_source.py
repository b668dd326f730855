"""A model: where it is, what it is, and what it is best run with, as far as its files say.

Importable without torch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from keyframes.errors import EnvironmentFault, ProjectError, did_you_mean
from render.assets.files import CONFIG, INDEX, read_json
from render.diffusion.denoiser_file import DenoiserFile
from render.diffusion.families.table import FamilyRow, family_named, vae_factor
from render.diffusion.samplers import DEFAULT, SAMPLER_NAMES, sampler_name, samplers_of

FILE = "reverie.json"
FEW_STEPS = 4
OFF = 1.0
LCM_SCALE = 8.5
Form = Literal["folder", "single-file", "hub"]
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
class ModelDefaults:
    """Settings for a project that leaves them out.

    `size`: the side in pixels of the squares that the model was trained on; `size_multiple`: what sides should be
    multiples of (the VAE's factor). `color_from`: whose colours a film of prompts alone keeps best, "" for none;
    `color_pictures`: from how many pictures, for "prompt"; `color_amount` and `detail_amount`: how much of their
    colours and detail, for that `color_from` only. `max_embedded_scale`: for denoisers that take the guidance scale as
    an input, the largest that they know; given 1 they answer as if unguided. 0 if this is not known. `origins` says
    where each of these comes from.
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
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


# where settings (fields of ModelDefaults) come from, and the settings; a later layer covers an earlier one
_Layer = tuple[str, Mapping[str, Any]]
SETTINGS = tuple(setting.name for setting in fields(ModelDefaults) if setting.name != "origins")


@dataclass(frozen=True, kw_only=True)
class WeightOptions:
    """Which weights are loaded. `denoiser`: a file in place of the model's own. `quantize`: a method of
    render.diffusion.weights; "" for none.
    """

    denoiser: DenoiserFile | None = None
    quantize: str = ""

    def stamped(self, fingerprint: str) -> str:
        """Return a model's fingerprint with what changes its pixels: its own denoiser, quantised weights."""
        if not fingerprint or self == WeightOptions():
            return fingerprint
        digest = self.denoiser.digest if self.denoiser else ""
        return sha256(f"{fingerprint}\0{digest}\0{self.quantize}".encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """Where a model is, and what it is.

    A hub model that is not in the local cache has no `path` yet, and its `family` and `fingerprint` are "": they are
    known once it has been fetched (render.diffusion.fetch). `weights` is part of the fingerprint.
    """

    name: str
    kind: Form
    path: Path | None
    family: str
    fingerprint: str
    defaults: ModelDefaults
    weights: WeightOptions = field(default_factory=WeightOptions)

    @property
    def row(self) -> FamilyRow:
        """Its family's row of the table; KeyError while its family is not known."""
        return family_named(self.family)

    @property
    def samplers(self) -> tuple[str, ...]:
        """Names of the samplers that work for it; all names while its family is not known."""
        return samplers_of(self.row.samplers) if self.family else SAMPLER_NAMES

    def config(self, part: str) -> dict[str, Any]:
        """Return the config of a part; {} where there is none, as in a single file or before the model is fetched."""
        return {} if self.path is None or self.path.is_file() else read_json(self.path / part / CONFIG)

    @property
    def parts(self) -> dict[str, tuple[str, str]]:
        """The parts of a diffusers folder that are loaded, with the library and the name of their classes; {} for a
        single file, and before the model is fetched.
        """
        if self.path is None or self.path.is_file():
            return {}
        return parts_of_index(read_json(self.path / INDEX), omitted=self.row.omitted)


def parts_of_index(index: Mapping[str, Any], *, omitted: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the parts that a model_index.json names, with their library and class."""
    return {
        part: (str(entry[0]), str(entry[-1]))
        for part, entry in index.items()
        if not part.startswith("_") and part not in omitted and isinstance(entry, list) and None not in entry
    }


def defaults_of_folder(folder: Path, row: FamilyRow, name: str = "") -> ModelDefaults:
    """Return a diffusers folder's defaults, by its family, its configs, and its reverie.json.

    `name` is what the model is called: a folder of the hub's cache is named by a number.
    Raises EnvironmentFault for a reverie.json or config that is wrong.
    """
    denoiser, vae = (read_json(folder / part / CONFIG) for part in (row.denoiser, "vae"))
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    configs = {row.denoiser: denoiser, "vae": vae, "scheduler": scheduler}
    factor, sample = vae_factor(vae), denoiser.get("sample_size")
    layers = [_of_family(row), *_published(row, configs)]
    if isinstance(sample, int):
        where = f"{row.denoiser}/config.json (sample_size)"
        layers.append((where, {"size": sample * factor}))
    layers.append(("vae/config.json", {"size_multiple": factor * row.patch}))
    called = f"{Path(name).name} {folder.name}"
    if denoiser.get("time_cond_proj_dim"):
        where = f"{row.denoiser}/config.json (time_cond_proj_dim)"
        layers.append((where, {"steps": FEW_STEPS, "cfg_scale": LCM_SCALE}))
    elif _is_turbo(called):
        layers.append(_few_steps(row.few_steps))
    elif scheduler.get("_class_name") == "LCMScheduler" or _ends_late(scheduler):
        layers.append(_few_steps(row.few_steps, "scheduler/scheduler_config.json"))
    return _merged([*layers, *_of_file(folder / FILE)])


def defaults_of_file(path: Path, row: FamilyRow) -> ModelDefaults:
    """Return a single file's defaults, by its family and its name."""
    return _merged([_of_family(row), *([_few_steps(row.few_steps)] if _is_turbo(path.name) else [])])


def defaults_of_name(name: str) -> ModelDefaults:
    """Return the defaults of a model that is not here yet, by its name."""
    usual = ("all models, until it is here", _settings(ModelDefaults()))
    return _merged([usual, *([_few_steps(FEW_STEPS)] if _is_turbo(name) else [])])


def _merged(layers: Sequence[_Layer]) -> ModelDefaults:
    """Return the defaults that layers make, the last of them on top."""
    values = {key: value for _, settings in layers for key, value in settings.items()}
    return ModelDefaults(**values, origins={key: where for where, settings in layers for key in settings})


def _settings(defaults: ModelDefaults) -> dict[str, Any]:
    return {name: getattr(defaults, name) for name in SETTINGS}


def _of_family(row: FamilyRow) -> _Layer:
    known = ModelDefaults(size=row.size, steps=row.steps, cfg_scale=row.cfg_scale)
    return (f"the family {row.name}", _settings(known))


def _few_steps(steps: int, where: str = "its name") -> _Layer:
    """Return what models that were distilled to a few steps without guidance are run with."""
    return (where, {"steps": steps, "cfg_scale": OFF})


def _published(row: FamilyRow, configs: Mapping[str, Mapping[str, Any]]) -> list[_Layer]:
    """Return the steps and the guidance that models with such configs are published with, where they differ from
    the family's.
    """
    for variant in row.variants:
        if configs[variant.part].get(variant.key) == variant.value:
            where = f"{variant.part}'s config ({variant.key})"
            return [(where, {"steps": variant.steps, "cfg_scale": variant.cfg_scale})]
    return []


def _is_turbo(name: str) -> bool:
    """Tell by its name whether a model was distilled to a few steps without guidance."""
    return re.search(r"turbo|lightning|lcm|hyper", name.lower()) is not None


def _ends_late(scheduler: Mapping[str, Any]) -> bool:
    """Tell whether a model steps from the very end of the schedule (trailing), as those of a few steps do.

    So do zero-SNR models, which are v-prediction.
    """
    trailing = scheduler.get("timestep_spacing") == "trailing"
    velocity = scheduler.get("prediction_type") == "v_prediction" or scheduler.get("rescale_betas_zero_snr")
    return trailing and not velocity


def _of_file(path: Path) -> list[_Layer]:
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
    return [(FILE, given)] if given else []


def _check_number(path: Path, key: str, value: object) -> None:
    low, high = _LIMITS[key]
    kinds = int if key in ("steps", "size", "color_pictures") else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if kinds is int else "a number"
        raise EnvironmentFault(
            f"{path}: {key} is {json.dumps(value)}; allowed is {kind} from {low} to {high}."
        )
