"""Samplers by their usual names: those of A1111 and Deforum, of diffusers and of ComfyUI.

Importable without torch or diffusers. A scheduler is always made from the model's own unchanged config: diffusers'
from_config keeps flags of an earlier swap (Karras sigmas stay on), and solvers of higher order remember the last
frame's steps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

from keyframes.errors import Problem, ProjectError, did_you_mean
from render.diffusion.families.table import CONSISTENCY, DIFFUSION, FLOW, FamilyRow

DEFAULT = "default"
_REASONS = {
    DIFFUSION: "learned to take noise away",
    FLOW: "are trained by flow matching",
    CONSISTENCY: "have a sampler of their own",
}


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """A sampler: its diffusers scheduler, the flags that make it, and what else people call it.

    `if_unset` are settings that a config may lack: that of a model saved with another scheduler.
    """

    scheduler: str
    flags: Mapping[str, Any] = field(default_factory=dict)
    if_unset: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


_PLAIN = {"use_karras_sigmas": False, "use_exponential_sigmas": False, "use_beta_sigmas": False}
_KARRAS = {**_PLAIN, "use_karras_sigmas": True}
_ODE = {"algorithm_type": "dpmsolver++", "solver_order": 2}
_SDE = {"algorithm_type": "sde-dpmsolver++", "solver_order": 2}
_OPEN = {"clip_sample": False}  # latents are not pictures: clipping them to [-1, 1] burns the colours out

# their times are set afterwards, to those of flow matching's Euler (render.diffusion.schedule)
_AS_FLOW = {
    **_PLAIN,
    "use_flow_sigmas": True,
    "prediction_type": "flow_prediction",
    "use_dynamic_shifting": False,
}

_SAMPLERS: Mapping[str, Sampler] = {
    "euler": Sampler(scheduler="EulerDiscreteScheduler", flags=_PLAIN),
    "euler karras": Sampler(scheduler="EulerDiscreteScheduler", flags=_KARRAS),
    "euler a": Sampler(scheduler="EulerAncestralDiscreteScheduler", aliases=("euler ancestral",)),
    "heun": Sampler(scheduler="HeunDiscreteScheduler", flags=_PLAIN),
    "ddim": Sampler(scheduler="DDIMScheduler", if_unset=_OPEN, aliases=("ddim uniform",)),
    "ddpm": Sampler(scheduler="DDPMScheduler", if_unset=_OPEN),
    "dpm2": Sampler(scheduler="KDPM2DiscreteScheduler", flags=_PLAIN, aliases=("kdpm2", "dpm 2")),
    "dpm2 karras": Sampler(scheduler="KDPM2DiscreteScheduler", flags=_KARRAS),
    "dpm2 a": Sampler(
        scheduler="KDPM2AncestralDiscreteScheduler",
        flags=_PLAIN,
        aliases=("dpm2 ancestral", "kdpm2 ancestral"),
    ),
    "dpm2 a karras": Sampler(scheduler="KDPM2AncestralDiscreteScheduler", flags=_KARRAS),
    "dpm++ 2m": Sampler(scheduler="DPMSolverMultistepScheduler", flags={**_ODE, **_PLAIN}),
    "dpm++ 2m karras": Sampler(scheduler="DPMSolverMultistepScheduler", flags={**_ODE, **_KARRAS}),
    "dpm++ 2m sde": Sampler(scheduler="DPMSolverMultistepScheduler", flags={**_SDE, **_PLAIN}),
    "dpm++ 2m sde karras": Sampler(scheduler="DPMSolverMultistepScheduler", flags={**_SDE, **_KARRAS}),
    "dpm++ sde": Sampler(scheduler="DPMSolverSinglestepScheduler", flags={**_SDE, **_PLAIN}),
    "dpm++ sde karras": Sampler(scheduler="DPMSolverSinglestepScheduler", flags={**_SDE, **_KARRAS}),
    "unipc": Sampler(scheduler="UniPCMultistepScheduler", aliases=("uni pc",)),
    "plms": Sampler(scheduler="PNDMScheduler", flags={"skip_prk_steps": True}, aliases=("pndm",)),
    "lcm": Sampler(scheduler="LCMScheduler", if_unset=_OPEN),
    "tcd": Sampler(scheduler="TCDScheduler", if_unset=_OPEN),
}
_FLOW: Mapping[str, Sampler] = {
    "euler": Sampler(scheduler="FlowMatchEulerDiscreteScheduler"),
    "heun": Sampler(scheduler="FlowMatchHeunDiscreteScheduler"),
    "lcm": Sampler(scheduler="FlowMatchLCMScheduler"),
    "dpm++ 2m": Sampler(scheduler="DPMSolverMultistepScheduler", flags={**_ODE, **_AS_FLOW}),
    "unipc": Sampler(scheduler="UniPCMultistepScheduler", flags={"solver_order": 2, **_AS_FLOW}),
}
_KINDS: Mapping[str, Mapping[str, Sampler]] = {DIFFUSION: _SAMPLERS, FLOW: _FLOW, CONSISTENCY: {}}
SAMPLER_NAMES: tuple[str, ...] = (DEFAULT, *_SAMPLERS)


def sampler_name(name: str) -> str:
    """Return the name in SAMPLER_NAMES that `name` means: any case, "DPM++ 2M Karras", "dpmpp_2m", "DDIMScheduler".

    Raises ProjectError, with the nearest name, for one that is not known.
    """
    known = _spellings()
    found = known.get(_plain(name))
    if found is None:
        near = did_you_mean(_plain(name), known)
        allowed = f"Allowed are {', '.join(SAMPLER_NAMES)}."
        raise ProjectError(
            Problem(what=f'"{name}" is not a sampler.', where="sampler", hint=f"{near} {allowed}".strip())
        )
    return found


def samplers_of(kind: str) -> tuple[str, ...]:
    """Return the names that work for a kind of models (FamilyRow.samplers)."""
    return (DEFAULT, *_KINDS[kind])


def check_sampler(name: str, row: FamilyRow) -> str:
    """Return the name in SAMPLER_NAMES. Raises ProjectError if it is unknown or not for the family's models."""
    chosen = sampler_name(name)
    allowed = samplers_of(row.samplers)
    if chosen not in allowed:
        raise ProjectError(
            Problem(
                what=f'"{chosen}" does not work for {row.name} models, which {_REASONS[row.samplers]}.',
                where="sampler",
                hint=f"Allowed are {', '.join(allowed)}.",
            )
        )
    return chosen


def make_scheduler(name: str, *, own: str, config: Mapping[str, Any], kind: str = DIFFUSION) -> Any:
    """Make a sampler's scheduler from a model's pristine config; `own` is the class of its own scheduler."""
    chosen = sampler_name(name)
    sampler = Sampler(scheduler=own) if chosen == DEFAULT else _KINDS[kind][chosen]
    flags = dict(sampler.flags)
    if sampler.scheduler == "PNDMScheduler":
        flags["skip_prk_steps"] = True  # nine warm-up calls that latents do not need (CompVis' PLMS)
    settings = {**sampler.if_unset, **config}
    return getattr(import_module("diffusers"), sampler.scheduler).from_config(settings, **flags)


@cache
def _spellings() -> dict[str, str]:
    """Every accepted spelling, made plain, and the name it means."""
    spellings = {DEFAULT: DEFAULT}
    for samplers in _KINDS.values():
        for name, sampler in samplers.items():
            for spelling in (name, *sampler.aliases, sampler.scheduler):
                spellings.setdefault(_plain(spelling), name)
    return spellings


def _plain(name: str) -> str:
    """Reduce spellings such as "DPM++ 2M Karras", "dpmpp_2m_karras" and "EulerDiscreteScheduler" to one form."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name.strip()).lower().replace("dpmpp", "dpm++")
    words = re.sub(r"[\s_-]+", " ", words)
    words = re.sub(r" (discrete|scheduler)\b", "", words)
    return re.sub(r"^k ?(?=(lms|euler|heun|dpm)\b)", "", words)
