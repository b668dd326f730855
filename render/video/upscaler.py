"""A network that makes the film larger: found and described before anything is rendered.

Swin2SR (Conde et al., ECCV 2022 workshops) as transformers has it. Importable without torch; nothing here touches the
network or reads weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keyframes import EnvironmentFault

from ..assets.files import WEIGHTS, read_header
from ..assets.find import Asset, find_asset
from ..assets.kinds import UPSCALER

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
    """Return a whole number of the config, `usual` where it is not said; 0 for anything else than a whole number."""
    value = asset.config.get(name)
    if value is None:
        return usual
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
