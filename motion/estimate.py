"""Depth networks: any transformers model for depth estimation, from a folder of its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from motion.depth import Measure

_METRIC = (
    "zoedepth",
    "glpn",
    "depth_pro",
)  # their output is in metres; the config of others says so, or it is relative


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What a network wants to see. size: (width, height); mean, spread: per channel, of pictures in [0, 1]."""

    size: tuple[int, int] = (384, 384)
    multiple: int = 1
    keep_aspect: bool = False
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    spread: tuple[float, ...] = (0.5, 0.5, 0.5)

    def fitted(self, width: int, height: int) -> tuple[int, int]:
        """The size (width, height) at which a picture of this size is shown to the network."""
        across, down = self.size[0] / width, self.size[1] / height
        if self.keep_aspect:  # the side that has to change less decides, as in the DPT processor
            across = down = across if abs(1 - across) < abs(1 - down) else down
        return self._rounded(across * width), self._rounded(down * height)

    def _rounded(self, length: float) -> int:
        return max(1, round(length / self.multiple)) * self.multiple


class DepthNetwork:
    """A loaded depth network. measure: what its numbers mean (see motion.to_units)."""

    def __init__(self, model: Any, measure: Measure, intake: Intake) -> None:
        self.model, self.measure, self.intake = model, measure, intake

    @torch.inference_mode()
    def __call__(self, picture: Tensor) -> Tensor:
        """The network's output for pictures (B, 3, H, W), RGB in [0, 1]: (B, 1, H, W), float32, as it is."""
        height, width = picture.shape[-2:]
        shown = self.intake.fitted(width, height)
        like = next(self.model.parameters())
        small = interpolate(picture, shown[::-1], mode="bicubic", align_corners=False, antialias=True)
        mean = picture.new_tensor(self.intake.mean).view(3, 1, 1)
        spread = picture.new_tensor(self.intake.spread).view(3, 1, 1)
        pixels = ((small.clamp(0, 1) - mean) / spread).to(device=like.device, dtype=like.dtype)
        depth: Tensor = self.model(pixel_values=pixels).predicted_depth
        depth = depth.reshape(len(picture), 1, *depth.shape[-2:]).float()
        return interpolate(depth, (height, width), mode="bilinear", align_corners=False)


def load_depth(folder: Path, device: torch.device) -> DepthNetwork:
    """Load a depth network from a folder in transformers' format (config.json, safetensors, preprocessor_config.json).

    Raises OSError or ValueError, as transformers says it, for a folder that holds no such model; pickles are not read.
    """
    from transformers import AutoModelForDepthEstimation

    model = AutoModelForDepthEstimation.from_pretrained(
        str(folder), use_safetensors=True, local_files_only=True, dtype=torch.float32
    )
    return DepthNetwork(model.to(device).eval(), measure_of(model.config), read_intake(folder))


def measure_of(config: Any) -> Measure:
    """Whether a network gives metres or relative inverse depth."""
    kind = getattr(config, "depth_estimation_type", None)
    metric = kind == "metric" if kind else config.model_type in _METRIC
    return "metric" if metric else "inverse"


def read_intake(folder: Path) -> Intake:
    """What the network's preprocessor_config.json asks for; the DPT processor's defaults without one."""
    file = folder / "preprocessor_config.json"
    if not file.is_file():
        return Intake()
    settings = json.loads(file.read_text(encoding="utf-8"))
    size = settings.get("size", 384)
    width, height = (
        (size.get("width", 384), size.get("height", 384)) if isinstance(size, dict) else (size, size)
    )
    normalised = settings.get("do_normalize", True)
    return Intake(
        size=(int(width), int(height)),
        multiple=int(settings.get("ensure_multiple_of") or settings.get("size_divisor") or 1),
        keep_aspect=bool(settings.get("keep_aspect_ratio", False)),
        mean=tuple(settings.get("image_mean", (0.5,) * 3)) if normalised else (0.0,) * 3,
        spread=tuple(settings.get("image_std", (0.5,) * 3)) if normalised else (1.0,) * 3,
    )
