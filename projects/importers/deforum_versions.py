"""Which version of Deforum wrote a file, and its defaults for settings that are not in the file.

A setting that a version does not have has no default: the feature does not exist in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .rules import table_rows

FIRST = "2022-11-15"
# Settings that are new in a version, newest first: a file with one of them is at least that new.
MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("2023-10-15", ("parseq_non_schedule_overrides",)),
    ("2023-08-20", ("motion_preview_mode",)),
    ("2023-07-15", ("delete_input_frames",)),
    ("2023-06-15", ("frame_interpolation_use_upscaled",)),
    ("2023-05-20", ("legacy_colormatch", "depth_algorithm", "enable_ancestral_eta_scheduling")),
    ("2023-05-01", ("hybrid_flow_consistency", "hybrid_consistency_blur")),
    ("2023-04-15", ("use_zoe_depth", "aspect_ratio_use_old_formula", "hybrid_use_init_image")),
    ("2023-04-01", ("diffusion_redo", "optical_flow_redo_generation", "reroll_patience")),
    ("2023-03-15", ("transform_center_x", "noise_multiplier_schedule", "aspect_ratio_schedule")),
    ("2023-02-15", ("enable_perspective_flip", "clipskip_schedule", "color_force_grayscale", "make_gif")),
    ("2023-01-31", ("use_looper", "checkpoint_schedule", "mask_schedule", "frame_interpolation_engine")),
    ("2023-01-15", ("seed_iter_N", "noise_type", "amount_schedule", "hybrid_composite")),
    ("2022-12-15", ("histogram_matching", "parseq_manifest")),
)
# Every default, and how it changed: setting | default | default since date ...
_HISTORY = r"""
W | 512
H | 512
seed | -1
sampler | "klms" | "euler_ancestral" since 2023-01-31
steps | 21 | 25 since 2023-01-31
seed_behavior | "iter"
strength | 0.0 | 0.8 since 2023-03-15
use_init | false
animation_mode | "2D"
max_frames | 120
border | "replicate"
angle | "0: (0)"
zoom | "0: (1.02+0.02*sin(2*3.14*t/20))" | "0: (1.0025+0.002*sin(1.25*3.14*t/30))" since 2023-02-15
translation_x | "0: (0)"
translation_y | "0: (0)"
translation_z | "0: (10)" | "0: (1.75)" since 2023-02-15
rotation_3d_x | "0: (0)"
rotation_3d_y | "0: (0)"
rotation_3d_z | "0: (0)"
perspective_flip_theta | "0: (0)"
perspective_flip_phi | "0: (t%15)" | "0: (0)" since 2023-02-15
perspective_flip_gamma | "0: (0)"
perspective_flip_fv | "0: (53)"
noise_schedule | "0: (0.08)" | "0: (0.065)" since 2023-02-15
strength_schedule | "0: (0.6)" | "0: (0.65)" since 2023-02-15
contrast_schedule | "0: (1.0)"
cfg_scale_schedule | "0: (7)"
fov_schedule | "0: (40)" | "0: (70)" since 2023-01-31
seed_schedule | "0: (t%4294967293)" | "0:(5), 1:(-1), 219:(-1), 220:(5)" since 2023-01-31 | "0:(s), 1:(-1),
    \"max_f-2\":(-1), \"max_f-1\":(s)" since 2023-03-15
color_coherence | "Match Frame 0 LAB" | "LAB" since 2023-03-15
diffusion_cadence | "1" | "2" since 2023-02-15 | 1 since 2023-08-20 | 2 since 2024-03-14
use_depth_warping | true
padding_mode | "border"
sampling_mode | "bicubic"
fps | 12 | 15 since 2023-02-15
noise_type | "perlin" since 2023-01-15
amount_schedule | "0: (0.1)" since 2023-01-15 | "0: (0.35)" since 2023-02-15 | "0: (0.1)" since 2023-03-15
kernel_schedule | "0: (5)" since 2023-01-15
sigma_schedule | "0: (1)" since 2023-01-15
threshold_schedule | "0: (0)" since 2023-01-15
seed_iter_N | 1 since 2023-01-15
steps_schedule | "0: (25)" since 2023-01-15
sampler_schedule | "0: (\"Euler a\")" since 2023-01-15
transform_center_x | "0: (0.5)" since 2023-03-15
transform_center_y | "0: (0.5)" since 2023-03-15
aspect_ratio_schedule | "0: (1)" since 2023-03-15
enable_noise_multiplier_scheduling | true since 2023-03-15
depth_algorithm | "Midas-3-Hybrid" since 2023-05-20
ddim_eta_schedule | "0: (0)" since 2023-05-20
"""


def _read(table: str) -> dict[str, list[tuple[str, object]]]:
    """Setting -> (date, default from then on), the oldest first."""
    history: dict[str, list[tuple[str, object]]] = {}
    for name, *cells in table_rows(table):
        defaults = (cell.partition(" since ") for cell in cells)
        history[name] = [(date or FIRST, json.loads(default)) for default, _, date in defaults]
    return history


DEFAULTS = _read(_HISTORY)


def version_of(values: Mapping[str, Any]) -> str:
    """Date of the oldest version that can have written the file."""
    return next((date for date, names in MARKS if any(name in values for name in names)), FIRST)


def is_notebook(values: Mapping[str, Any]) -> bool:
    """Whether the notebook wrote the file: it has a list of prompts for stills, or settings of its own."""
    if isinstance(values.get("prompts"), list) or "bit_depth_output" in values:
        return True
    return "enable_schedule_samplers" in values


def defaults_of(version: str) -> dict[str, object]:
    """The defaults of a version, by its date."""
    found: dict[str, object] = {}
    for name, history in DEFAULTS.items():
        for date, default in history:
            if date <= version:
                found[name] = default
    return found
