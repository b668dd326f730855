"""Larger pictures by an upscaling network, one at a time, in tiles, on the device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from keyframes import EnvironmentFault
from projects import Picture

from ..assets.loading import loading
from ..diffusion.load import quiet_libraries
from ..diffusion.moving import release
from ..tensors import to_picture, to_tensor
from .tiles import Tiling, tiled
from .upscaler import Upscaler

Enlarge = Callable[[Picture], Picture]
_CPU = torch.device("cpu")


class Enlarger:
    """Makes the pictures of one film `upscale` times as large. The network is loaded at the first of them.

    A tile is halved, down to four windows and the overlap, when the device's memory runs out.
    """

    def __init__(self, upscaler: Upscaler, upscale: int, device: torch.device) -> None:
        self._upscaler, self._upscale, self._device = upscaler, upscale, device
        windows = -(-32 // upscaler.window) * upscaler.window  # as near to 32 px as windows go
        self._tiling = Tiling(
            factor=upscaler.factor, window=upscaler.window, side=8 * windows, overlap=windows
        )
        self._model: Any = None
        self._last: tuple[Picture, Picture] | None = None

    @torch.inference_mode()
    def __call__(self, picture: Picture) -> Picture:
        """A picture, uint8 (H, W, 3), `upscale` times as wide and high.

        Raises EnvironmentFault for a network that cannot be loaded or does not fit, RenderError where it gives nothing
        finite.
        """
        if self._last is not None and self._last[0] is picture:
            return self._last[1]  # the last stored frame stays to the film's end
        made = to_tensor(picture, _CPU)
        for _ in range(self._upscaler.runs(self._upscale)):
            made = self._run(made).clamp(0, 1)
        height, width = picture.shape[:2]
        large = _fitted(to_picture(made), width * self._upscale, height * self._upscale)
        self._last = (picture, large)
        return large

    def _run(self, picture: Tensor) -> Tensor:
        if self._model is None:
            self._model = load_upscaler(self._upscaler, self._device)
        while True:
            try:
                return tiled(picture, self._look, self._tiling)
            except torch.OutOfMemoryError as error:
                if self._tiling.side <= 2 * self._tiling.overlap:
                    raise EnvironmentFault(
                        f'upscaler "{self._upscaler.name}": the memory of {self._device} ran out even for tiles of '
                        f"{self._tiling.side} pixels. The painted frames are kept: end what else uses it and run the "
                        "same command again, or add --device cpu."
                    ) from error
            release(self._device)
            self._tiling = replace(self._tiling, side=self._tiling.side // 2)

    def _look(self, tile: Tensor) -> Tensor:
        answer: Tensor = self._model(pixel_values=tile.to(self._device)).reconstruction
        return answer


def load_upscaler(upscaler: Upscaler, device: torch.device) -> Any:
    """The network on the device, in float32. Raises EnvironmentFault for a folder that transformers cannot load."""
    from transformers import Swin2SRForImageSuperResolution

    quiet_libraries()
    with loading(f'upscaler "{upscaler.name}" ({upscaler.path})'):
        model, found = Swin2SRForImageSuperResolution.from_pretrained(
            str(upscaler.path),
            use_safetensors=True,
            local_files_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
        if found["missing_keys"]:  # transformers would put random numbers there
            raise ValueError(f"its weights lack {min(found['missing_keys'])}")
        return model.to(device).eval()


def _fitted(picture: Picture, width: int, height: int) -> Picture:
    """The picture at a size, by Lanczos' kernel."""
    if picture.shape[:2] == (height, width):
        return picture
    resized = Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(resized, dtype=np.uint8)
