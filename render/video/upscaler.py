"""A network that makes the film larger: found before anything is rendered, and run in tiles without seams.

Swin2SR (Conde et al., ECCV 2022 workshops) as transformers has it. Memory depends on the tile, not on the picture.
Tiles begin at multiples of the network's windows, so that inside each the windows lie as they do in the whole picture.
Where two overlap, the outer quarter of each, which saw too little of its surroundings, is left out, and in the middle
half one fades into the other. Importable without torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from keyframes import EnvironmentFault, RenderError
from projects.png import Picture

from ..assets.files import WEIGHTS, read_header
from ..assets.find import Asset, find_asset
from ..assets.kinds import UPSCALER
from ..assets.loading import loading, quiet_libraries

if TYPE_CHECKING:
    import torch
    from torch import Tensor

_FACTORS = (2, 3, 4, 8)
_FIRST = "swin2sr.first_convolution.weight"


@dataclass(frozen=True, kw_only=True)
class Upscaler:
    """An upscaling network. factor: it multiplies width and height by this; window: the sides of what it is given must
    be multiples of so many pixels.
    """

    asset: Asset
    factor: int
    window: int

    def runs(self, upscale: int) -> int:
        """How often it is run for a film `upscale` times as large; the rest is resampled. It is not run once more where
        that would make the picture at least twice too large.
        """
        count = 1
        while self.factor**count < upscale and self.factor ** (count + 1) < 2 * upscale:
            count += 1
        return count

    def describe(self, upscale: int) -> str:
        """Describe what it does for a film `upscale` times as large, in a line."""
        runs = self.runs(upscale)
        times = "" if runs == 1 else f", {runs} times"
        rest = "" if self.factor**runs == upscale else f", then resampled to x{upscale}"
        return f"{self.asset.name} ({self.asset.class_name} x{self.factor}{times}{rest})"


def find_upscaler(name: str, *, folder: Path) -> Upscaler:
    """Find a folder in transformers' format, or org/name in the hub's local cache.

    Paths are relative to `folder` (the project's), then to the working directory. Raises EnvironmentFault for one that
    is not there, is damaged, is a pickle, or is another kind of network.
    """
    asset = find_asset(UPSCALER, name, folder=folder)
    what = f'upscaler "{asset.name}"'
    factor, window = _number(asset, "upscale", 2), _number(asset, "window_size", 8)
    if factor not in _FACTORS or not 1 <= window <= 64:
        raise EnvironmentFault(
            f"{what} enlarges {factor} times in windows of {window} pixels. Allowed: {', '.join(map(str, _FACTORS))} "
            "times, windows of 1 to 64."
        )
    if _number(asset, "num_channels", 3) != 3 or _number(asset, "num_channels_out", 3) != 3:
        raise EnvironmentFault(f"{what} is for pictures of other channels than red, green and blue.")
    if not any(_FIRST in read_header(file) for file in asset.path.glob(f"*{WEIGHTS}")):
        raise EnvironmentFault(
            f"{what}: the weights in {asset.path} are not those of a {asset.class_name} model."
        )
    return Upscaler(asset=asset, factor=factor, window=window)


def _number(asset: Asset, name: str, usual: int) -> int:
    """Return a whole number of the config: `usual` if it is missing, 0 if it is not a whole number."""
    value = asset.config.get(name)
    if value is None:
        return usual
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


class NetworkUpscaler:
    """Enlarges the pictures of one film `upscale` times. The network is loaded at the first of them.

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

    def __call__(self, picture: Picture) -> Picture:
        """A picture, uint8 (H, W, 3), `upscale` times as wide and high.

        Raises EnvironmentFault for a network that cannot be loaded or does not fit, RenderError where it gives nothing
        finite.
        """
        import torch

        from ..tensors import to_picture, to_tensor

        if self._last is not None and self._last[0] is picture:
            return self._last[1]  # the last stored frame stays to the film's end
        with torch.inference_mode():
            made = to_tensor(picture, torch.device("cpu"))
            for _ in range(self._upscaler.runs(self._upscale)):
                made = self._run(made).clamp(0, 1)
        height, width = picture.shape[:2]
        large = _fitted(to_picture(made), width * self._upscale, height * self._upscale)
        self._last = (picture, large)
        return large

    def _run(self, picture: Tensor) -> Tensor:
        import torch

        from ..devices import release

        if self._model is None:
            self._model = load_upscaler(self._upscaler, self._device)
        while True:
            try:
                return tiled(picture, self._look, self._tiling)
            except torch.OutOfMemoryError as error:
                if self._tiling.side <= 2 * self._tiling.overlap:
                    raise EnvironmentFault(
                        f"{self._upscaler.asset}: the memory of {self._device} ran out even for tiles of "
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
    import torch
    from transformers import Swin2SRForImageSuperResolution

    quiet_libraries()
    with loading(str(upscaler.asset)):
        model, found = Swin2SRForImageSuperResolution.from_pretrained(
            str(upscaler.asset.path),
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


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """How a picture is split. factor: the network multiplies width and height by this.

    side: of a tile, at most; overlap: of two neighbours. Both are in pixels of the small picture and multiples of
    `window`, as the sides of the network's input must be.
    """

    factor: int
    window: int = 8
    side: int = 256
    overlap: int = 32

    def spans(self, length: int) -> list[tuple[int, int]]:
        """(start, stop) of the tiles along a side of `length` pixels."""
        step = self.side - self.overlap
        starts = range(0, max(length - self.overlap, 1), step)
        return [(start, min(start + self.side, length)) for start in starts]

    def weights(self, start: int, stop: int, length: int) -> Tensor:
        """How much each large pixel of a tile counts, (factor * (stop - start),): with its neighbours' it sums to 1."""
        import torch

        size, margin = (stop - start) * self.factor, self.overlap * self.factor
        place = torch.arange(size, dtype=torch.float32) + 0.5
        rising = ((place / margin - 0.25) * 2).clamp(0, 1) if start > 0 else torch.ones(size)
        falling = (((size - place) / margin - 0.25) * 2).clamp(0, 1) if stop < length else torch.ones(size)
        return rising * falling


def tiled(picture: Tensor, network: Callable[[Tensor], Tensor], tiling: Tiling) -> Tensor:
    """What a network makes of a picture (1, 3, H, W) on the CPU: (1, 3, factor * H, factor * W), float32, on the CPU.

    `network`: (1, 3, h, w), sides multiples of the window, to (1, 3, factor * h, factor * w), on any device. The
    picture's right and lower sides are mirrored up to such a multiple, as transformers' processor for Swin2SR does.
    Raises RenderError where the network's answer is not finite.
    """
    import torch

    height, width = picture.shape[-2:]
    whole = _mirrored(picture, tiling.window)
    down, across = tiling.spans(whole.shape[-2]), tiling.spans(whole.shape[-1])
    made = torch.zeros(1, 3, whole.shape[-2] * tiling.factor, whole.shape[-1] * tiling.factor)
    for top, bottom in down:
        rows = tiling.weights(top, bottom, whole.shape[-2]).view(-1, 1)
        for left, right in across:
            columns = tiling.weights(left, right, whole.shape[-1])
            large = network(whole[..., top:bottom, left:right]).float().cpu()
            if not large.isfinite().all():
                raise RenderError("the upscaler gives pixels that are no numbers; its weights may be damaged")
            here = slice(left * tiling.factor, right * tiling.factor)
            made[..., top * tiling.factor : bottom * tiling.factor, here] += large * rows * columns
    return made[..., : height * tiling.factor, : width * tiling.factor]


def _mirrored(picture: Tensor, window: int) -> Tensor:
    """The picture with its right and lower sides mirrored until they are multiples of the window."""
    import torch
    from torch.nn.functional import pad

    height, width = picture.shape[-2:]
    below, right = -height % window, -width % window
    if below > height or right > width:  # too small to mirror
        return pad(picture, (0, right, 0, below), mode="replicate")
    parts = torch.cat([picture, picture[..., width - right :].flip(-1)], -1)
    return torch.cat([parts, parts[..., height - below :, :].flip(-2)], -2)
