"""Whether a model has the layers of CLIP that a project skips, known before it is loaded."""

from __future__ import annotations

from keyframes import Problem, ProjectError, Timeline
from projects import Project, located

from ..assets.files import read_json
from ..diffusion import ModelSource

_FAMILIES = {"sd": 0, "sdxl": 1, "sd3": 1}  # how many layers before the last one is the usual one
_ENCODERS = ("text_encoder", "text_encoder_2")


def check_clipskip(
    project: Project, source: ModelSource, timeline: Timeline, frames: range | None = None
) -> None:
    """Raise ProjectError where the lane `clipskip` asks for a layer that the model, which paints `frames` (all by
    default), does not have.
    """
    painted = range(len(timeline)) if frames is None else frames
    lane = timeline.numbers["clipskip"]
    most = _most(source)
    wrong = (lane[painted.start : painted.stop] > most).nonzero()[0]
    if wrong.size == 0:
        return
    frame = painted.start + int(wrong[0])
    what = f"{lane[frame]:g} is more than {most}, the layers that can be skipped in {source.name}."
    hint = f"Allowed: 1 to {most}."
    if source.family not in _FAMILIES:
        what = f"{source.family} models have no layers of CLIP to skip."
        hint = f"Leave clipskip out, or use a model of {', '.join(_FAMILIES)}."
    raise ProjectError(located(project, [Problem(what=what, where="clipskip", frame=frame, hint=hint)]))


def _most(source: ModelSource) -> int:
    """The highest clipskip of a model; the lane's own limit where its files do not tell."""
    if not source.family:
        return 32
    if source.family not in _FAMILIES:
        return 1
    if source.path is None or source.kind == "single-file":
        return 12  # the layers of the smallest CLIP that single files have
    counts = [
        int(read_json(path).get("num_hidden_layers", 12))
        for encoder in _ENCODERS
        if (path := source.path / encoder / "config.json").is_file()
    ]
    return min(counts, default=12) - _FAMILIES[source.family]
