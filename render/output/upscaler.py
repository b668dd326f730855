"""A network that makes the film larger: found and described before anything is rendered.

Swin2SR (Conde et al., ECCV 2022 workshops) as transformers has it. Importable without torch; nothing here touches the
network or reads weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keyframes import EnvironmentFault, Problem, ProjectError
from keyframes.errors import quoted
from projects import Project

from ..diffusion.defaults import read_json
from ..diffusion.hub import fetching, in_cache
from ..diffusion.weights import PICKLES, WEIGHTS, fingerprint, read_header, weights_in

KIND = "swin2sr"
CONFIG = "config.json"
EXAMPLE = "caidas/swin2SR-classical-sr-x2-64"
WHERE = "output.upscaler"
_FACTORS = (2, 3, 4, 8)
_FIRST = "swin2sr.first_convolution.weight"


@dataclass(frozen=True, kw_only=True)
class Upscaler:
    """An upscaling network's folder. factor: so many times as wide and high; window: its sides must be multiples of
    that many pixels; digest: of its files.
    """

    name: str
    path: Path
    factor: int
    window: int
    digest: str

    def runs(self, upscale: int) -> int:
        """How often it is run for a film `upscale` times as large: as often as it takes, but not once more where that
        would be twice too large. What is left is resampled.
        """
        count = 1
        while self.factor**count < upscale and self.factor ** (count + 1) < 2 * upscale:
            count += 1
        return count

    def told(self, upscale: int) -> str:
        """What is done for a film `upscale` times as large, in a line."""
        runs = self.runs(upscale)
        times = "" if runs == 1 else f", {runs} times"
        rest = "" if self.factor**runs == upscale else f", then resampled to x{upscale}"
        return f"{self.name} ({KIND} x{self.factor}{times}{rest})"


def find_upscaler(project: Project) -> Upscaler | None:
    """Find what `[output] upscaler` names: a folder in transformers' format, or org/name in the hub's local cache; None
    without one.

    Paths are relative to the project, then to the working directory. Raises ProjectError for one that is not there, is
    damaged, is a pickle, or is another kind of network.
    """
    given = project.file.output.upscaler.strip()
    if not given:
        return None
    try:
        return _described(given, _place(given, project.folder))
    except EnvironmentFault as error:
        line = project.lines.get(WHERE)
        raise ProjectError(
            Problem(what=str(error), where=WHERE, file=project.file_name, line=line)
        ) from error


def upscaler_settings(upscaler: Upscaler | None) -> dict[str, object]:
    """What the film's key holds of it: its files, whatever their folder is called."""
    return {} if upscaler is None else {"upscaler": upscaler.digest}


def _place(given: str, folder: Path) -> Path:
    if given.lower().endswith((*PICKLES, WEIGHTS)):
        raise EnvironmentFault(
            f'upscaler "{given}" is a single file. Here an upscaler is a folder in transformers\' format, with '
            f"{CONFIG} and {WEIGHTS} weights. Example: {EXAMPLE}"
        )
    places = [base / Path(given).expanduser() for base in (folder, Path.cwd())]
    for place in places:
        if (place / CONFIG).is_file():
            return place
    cached = in_cache(given)
    if cached is not None:
        return cached.parent
    looked = ", ".join(dict.fromkeys(str(place) for place in places))
    raise EnvironmentFault(
        f'upscaler "{given}" was not found. Looked for {looked} (with a {CONFIG} in it) and in the hub\'s cache. '
        f"Fetch one of the hub with: {fetching(given if given.count('/') == 1 else EXAMPLE)}"
    )


def _described(name: str, path: Path) -> Upscaler:
    config = read_json(path / CONFIG)
    kind = config.get("model_type")
    if kind != KIND:
        raise EnvironmentFault(
            f'upscaler "{name}" is a {quoted(str(kind), 60)} model. Allowed: {KIND} (Swin2SR). Example: {EXAMPLE}'
        )
    factor, window = _number(config, "upscale", 2), _number(config, "window_size", 8)
    if factor not in _FACTORS or not 1 <= window <= 64:
        raise EnvironmentFault(
            f'upscaler "{name}" enlarges {factor} times in windows of {window} pixels. Allowed: '
            f"{', '.join(map(str, _FACTORS))} times, windows of 1 to 64."
        )
    if _number(config, "num_channels", 3) != 3 or _number(config, "num_channels_out", 3) != 3:
        raise EnvironmentFault(
            f'upscaler "{name}" is for pictures of other channels than red, green and blue.'
        )
    weights = weights_in(path, f'upscaler "{name}"')
    if not any(_FIRST in read_header(file) for file in weights):
        raise EnvironmentFault(f'upscaler "{name}": the weights in {path} are not those of a {KIND} model.')
    files = [(file.name, file) for file in (path / CONFIG, *weights)]
    return Upscaler(name=name, path=path, factor=factor, window=window, digest=fingerprint(files))


def _number(config: dict[str, Any], name: str, usual: int) -> int:
    """A whole number of the config, which need not say what is usual; 0 for what is none."""
    value = config.get(name)
    if value is None:
        return usual
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
