"""A depth network's output, or a guess, as distances in units that a camera can move through.

All sources of depth are brought to one scale: near things stand at `near`, and nothing is farther than `far`.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

Measure = Literal["inverse", "metric"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
_HORIZON = 0.5  # share of the height from the top
_ENDS = (0.02, 0.98)  # shares of the pixels that may lie beyond near and far: networks have outliers
_SAMPLE = 65_536


def to_units(raw: Tensor, measure: Measure, *, near: float, far: float) -> Tensor:
    """A network's output (B, 1, H, W) as distances in units (B, 1, H, W), float32, between `near` and `far`.

    "inverse": relative inverse depth, larger is nearer (MiDaS, DPT, Depth Anything). Its scale and offset mean nothing
    (Ranftl et al. 2022, sec. 5), so its 2nd and 98th percentiles become 1/far and 1/near:
    1/z = 1/far + d (1/near - 1/far). "metric": distance in metres. Proportions are kept: the 2nd percentile is put at
    `near`, and what is farther than `far` stands at `far`. A flat map is a wall at `near`.

    Raises ValueError for planes that are not 0 < near < far and for a measure that does not exist.
    """
    _check_planes(near, far)
    if measure not in MEASURES:
        raise ValueError(f"a depth map is {' or '.join(MEASURES)}, not {measure!r}")
    raw = raw.float()
    low, high = _percentiles(raw)
    if measure == "metric":
        return (raw * (near / low.clamp(min=1e-6))).clamp(near, far)
    spread = (high - low).clamp(min=1e-12)
    share = torch.where(high - low > 1e-6 * high.abs(), (raw - low) / spread, 1.0).clamp(0, 1)
    return (1 / far + share * (1 / near - 1 / far)).reciprocal_()


def ground(size: tuple[int, int], *, near: float, far: float) -> Tensor:
    """The depth of open country, (1, 1, H, W): flat ground up to a horizon half way up, sky at `far` above it.

    size: (width, height). A plane seen at a slant has its inverse depth grow evenly down the picture: 0 at the horizon,
    1/near at the lower edge.

    Raises ValueError for planes that are not 0 < near < far.
    """
    _check_planes(near, far)
    width, height = size
    row = (torch.arange(height, dtype=torch.float32) + 0.5) / height
    share = ((row - _HORIZON) / (1 - _HORIZON)).clamp(0, 1)
    return (share / near).clamp(min=1 / far).reciprocal_()[None, None, :, None].repeat(1, 1, 1, width)


def _percentiles(raw: Tensor) -> tuple[Tensor, Tensor]:
    """The ends of each map, (B, 1, 1, 1) each; of at most 65,536 of its pixels, evenly strewn."""
    flat = raw.flatten(1)
    flat = flat[:, :: max(1, flat.shape[1] // _SAMPLE)]
    ends = torch.quantile(flat, torch.tensor(_ENDS, device=raw.device), dim=1)
    return ends[0].view(-1, 1, 1, 1), ends[1].view(-1, 1, 1, 1)


def _check_planes(near: float, far: float) -> None:
    if not 0 < near < far:
        raise ValueError(f"the near plane lies between 0 and the far plane, got near {near:g}, far {far:g}")
